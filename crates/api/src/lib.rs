//! Petrel's API: Mastodon-compatible REST, OAuth 2 and streaming.
//!
//! A request passes, in this order: CORS, the door (its name, a deadline, a net for panics, who
//! calls and how often), and a handler of at most 40 lines that calls one service of the domain
//! and presents what it answers as a wire type. Wire types live here and nowhere lower.

mod areas;
mod caller;
mod cookies;
mod entities;
mod error;
mod handlers;
mod middleware;
pub mod openapi;
mod pages;
mod paging;
mod params;
mod path;
mod render;
mod reply;
mod routes;
mod state;
mod streaming;
mod totals;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, any};

use crate::error::ApiError;
use crate::middleware::Door;
pub use areas::route_table;
pub use middleware::{Counted, Limit, RateLimits, Who};
pub use params::{AskedAs, BODY_BYTES_MAX, Heard};
pub use render::Fragments;
pub use routes::{Returns, Route, Surface};
pub use state::{ApiConfig, ApiState, SiteTexts};
pub use totals::{ACTIVE_MS, Totals};

/// Everything under `/api`, `/oauth`, `/auth`, `/.well-known` and `/nodeinfo`. Other paths are
/// left to whom it is merged with.
pub fn router(state: ApiState) -> Router {
    let door = |limit, is_slow, is_page| {
        let door = Door {
            api: state.clone(),
            counts: state.rates.clone(),
            limit,
            is_slow,
            is_page,
        };
        from_fn_with_state(Arc::new(door), middleware::door)
    };
    let mut programs = Router::new();
    let mut pages = Router::new();
    for route in route_table() {
        let is_page = route.surface == Surface::Page;
        let door = door(route.limit, route.is_slow, is_page);
        let handler = (route.mount)(filter(&route.method)).layer(door);
        let target = match route.surface {
            Surface::Api => &mut programs,
            Surface::Page => &mut pages,
        };
        *target = mount(std::mem::take(target), route.path, handler);
    }
    for nowhere in ["/api", "/api/{*rest}", "/oauth", "/oauth/{*rest}"] {
        programs = mount(
            programs,
            nowhere,
            any(no_route).layer(door(None, false, false)),
        );
    }
    let programs = programs
        .method_not_allowed_fallback(no_route)
        .layer(middleware::cors());
    let pages = pages.method_not_allowed_fallback(no_route);
    programs.merge(pages).with_state(state)
}

/// The door of the API before routes of others, which browsers ask for: a deadline, a net for
/// panics, and how often a caller may ask, under this limit if it stands alone, and else the general
/// one beside it.
pub fn behind_the_door(routes: Router, state: &ApiState, limit: Option<&'static Limit>) -> Router {
    let door = Door {
        api: state.clone(),
        counts: state.rates.clone(),
        limit,
        is_slow: false,
        is_page: true,
    };
    routes.layer(from_fn_with_state(Arc::new(door), middleware::door))
}

/// Some clients put a slash at the end.
fn mount(
    router: Router<ApiState>,
    path: &str,
    handler: MethodRouter<ApiState>,
) -> Router<ApiState> {
    let router = router.route(path, handler.clone());
    match path.contains("{*") {
        // It takes the slash with the rest.
        true => router,
        false => router.route(&format!("{path}/"), handler),
    }
}

async fn no_route() -> ApiError {
    ApiError::no_route()
}

/// Every method in the table is one that axum can route.
fn filter(method: &Method) -> MethodFilter {
    MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET)
}

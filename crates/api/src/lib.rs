//! Petrel's API: Mastodon-compatible REST, OAuth 2 and streaming.
//!
//! A request passes, in this order: its name and deadline, CORS, a net for panics, the guard
//! (who calls, and how often), and a handler of at most 40 lines that calls one service of the
//! domain and presents what it answers as a wire type. Wire types live here and nowhere lower.

mod caller;
mod cookies;
mod entities;
mod error;
mod handlers;
mod middleware;
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
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, any};
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::ApiError;
use crate::middleware::{Guard, RateLimits};
pub use params::BODY_BYTES_MAX;
pub use render::Fragments;
pub use routes::{Returns, Route, Surface, route_table};
pub use state::{ApiConfig, ApiState};
pub use totals::Totals;

/// Everything under `/api`, `/oauth`, `/auth`, `/.well-known` and `/nodeinfo`. Other paths are
/// left to whom it is merged with.
pub fn router(state: ApiState) -> Router {
    let counts = Arc::new(RateLimits::default());
    let mut programs = Router::new();
    let mut pages = Router::new();
    for route in route_table() {
        let guard = Guard {
            api: state.clone(),
            counts: counts.clone(),
            limit: route.limit,
        };
        let handler = (route.mount)(filter(&route.method));
        let handler = handler.layer(from_fn_with_state(guard, middleware::guard));
        let target = match route.surface {
            Surface::Api => &mut programs,
            Surface::Page => &mut pages,
        };
        *target = mount(std::mem::take(target), route.path, handler);
    }
    for nowhere in [
        "/api",
        "/api/",
        "/api/{*rest}",
        "/oauth",
        "/oauth/",
        "/oauth/{*rest}",
    ] {
        programs = programs.route(nowhere, any(no_route));
    }
    let programs = finish(programs).layer(middleware::cors());
    let all = programs.merge(finish(pages));
    all.layer(from_fn_with_state(state.clone(), middleware::request))
        .with_state(state)
}

/// Some clients put a slash at the end.
fn mount(
    router: Router<ApiState>,
    path: &str,
    handler: MethodRouter<ApiState>,
) -> Router<ApiState> {
    router
        .route(path, handler.clone())
        .route(&format!("{path}/"), handler)
}

fn finish(router: Router<ApiState>) -> Router<ApiState> {
    router
        .method_not_allowed_fallback(no_route)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::custom(middleware::panicked))
}

async fn no_route() -> ApiError {
    ApiError::no_route()
}

/// Every method in the table is one that axum can route.
fn filter(method: &Method) -> MethodFilter {
    MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET)
}

//! Pages for people: what this place is, profiles, statuses in their threads, hashtags. Rendered on
//! the server, readable without script, and shown only what the gate shows an anonymous caller.

mod assets;
mod error;
mod headers;
mod layout;
mod pages;
mod parts;
mod state;
mod text;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state, map_response, map_response_with_state};
use axum::response::Response;
use axum::routing::get;

pub use pages::not_found;
pub use state::{WebConfig, WebState};

/// The pages, without a fallback: what is unknown is the binary's to answer, for browsers with
/// [`not_found`]. The binary also puts before them what every request must pass.
pub fn pages(state: WebState) -> Router {
    let pages = [
        ("/about", get(pages::about)),
        ("/tags/{name}", get(pages::tag)),
        ("/@{name}", get(pages::profile)),
        ("/@{name}/with_replies", get(pages::profile_with_replies)),
        ("/@{name}/{id}", get(pages::thread)),
        ("/users/{name}", get(pages::profile_redirect)),
        ("/users/{name}/statuses/{id}", get(pages::status_redirect)),
    ];
    let mut router = Router::new().route("/", get(pages::home));
    for (path, page) in pages {
        // People put a slash at the end; the page names its one address itself.
        router = router
            .route(&format!("{path}/"), page.clone())
            .route(path, page);
    }
    router
        .layer(map_response_with_state(state.clone(), unreadable))
        .layer(from_fn_with_state(state.clone(), attend))
        .layer(map_response(headers::secure))
        .with_state(state)
}

/// What the pages, and clients, show beside texts; it needs nothing of the store.
pub fn assets() -> Router {
    Router::new()
        .route(assets::STYLE_PATH, get(assets::style))
        .route(assets::ICON_PATH, get(assets::icon))
        .route("/favicon.ico", get(assets::icon))
        .route("/avatars/original/missing.png", get(assets::avatar))
        .route("/headers/original/missing.png", get(assets::header))
        .route("/robots.txt", get(assets::robots))
        .layer(map_response(headers::secure))
}

/// A page shows nothing of a node that is left behind by the others.
async fn attend(State(state): State<WebState>, request: Request, next: Next) -> Response {
    match state.social.store.attend(None).await {
        Ok(()) => next.run(request).await,
        Err(error) => {
            tracing::warn!(%error, "this node cannot tell how old what it knows is");
            pages::unavailable(&state)
        }
    }
}

/// Nothing stands at an address that is no text.
async fn unreadable(State(state): State<WebState>, response: Response) -> Response {
    match response.status() {
        StatusCode::BAD_REQUEST => not_found(&state).await,
        _ => response,
    }
}

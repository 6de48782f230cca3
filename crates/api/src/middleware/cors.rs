//! Clients in browsers may call from anywhere: they bring a token, never a cookie.

use axum::http::{HeaderName, Method, header};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

/// What a client in a browser may read of an answer, as Mastodon exposes it.
const EXPOSED: [HeaderName; 6] = [
    header::LINK,
    HeaderName::from_static("x-ratelimit-reset"),
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("mastodon-async-refresh"),
];
/// How long a browser may believe a preflight's answer.
const PREFLIGHT_AGE: std::time::Duration = std::time::Duration::from_secs(7_200);

pub fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(PREFLIGHT_AGE)
}

//! What all pages share, and the headers that keep them from being framed, cached or scripted.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Where the style sheet is.
const STYLE: &str = "/auth/style.css";
const STYLE_SHEET: &str = include_str!("style.css");
/// No `form-action`: browsers apply it to where a consent leads, and apps have schemes of their own.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `place` is the name of this server.
pub fn html(status: StatusCode, place: &str, title: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · " (place) }
                link rel="stylesheet" href=(STYLE);
            }
            body {
                main {
                    p.place { (place) }
                    h1 { (title) }
                    (body)
                }
            }
        }
    };
    let headers: [(HeaderName, HeaderValue); 5] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            // Without any referrer, browsers would not say where our own forms come from.
            HeaderValue::from_static("same-origin"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    (status, headers, page.into_string()).into_response()
}

/// A page that says one thing.
pub fn message(status: StatusCode, place: &str, title: &str, text: &str) -> Response {
    html(status, place, title, &html! { p { (text) } })
}

pub async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, STYLE_SHEET).into_response()
}

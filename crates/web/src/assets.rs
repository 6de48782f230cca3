//! Files that never change while this version runs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

pub(crate) const STYLE_PATH: &str = "/assets/style.css";
pub(crate) const ICON_PATH: &str = "/assets/icon.svg";

const STYLE: &str = include_str!("../assets/style.css");
const ICON: &str = include_str!("../assets/icon.svg");
const AVATAR: &[u8] = include_bytes!("../assets/avatar.png");
const HEADER: &[u8] = include_bytes!("../assets/header.png");

/// Pages name the style sheet by its content, so it may be kept for a year.
const FOREVER: &str = "public, max-age=31536000, immutable";
const A_DAY: &str = "public, max-age=86400";

/// Robots may read what is public; each page says itself whether it may be kept.
const ROBOTS: &str = "User-agent: *\nDisallow: /api/\nDisallow: /oauth/\nDisallow: /auth/\n";

/// The style sheet's address, which changes with its content.
pub(crate) fn style_href() -> &'static str {
    static HREF: LazyLock<String> = LazyLock::new(|| {
        let mut hasher = DefaultHasher::new();
        STYLE.hash(&mut hasher);
        format!("{STYLE_PATH}?v={:016x}", hasher.finish())
    });
    &HREF
}

pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", FOREVER, STYLE)
}

pub(crate) async fn icon() -> Response {
    file("image/svg+xml", A_DAY, ICON)
}

pub(crate) async fn avatar() -> Response {
    file("image/png", A_DAY, AVATAR)
}

pub(crate) async fn header() -> Response {
    file("image/png", A_DAY, HEADER)
}

pub(crate) async fn robots() -> Response {
    file("text/plain; charset=utf-8", A_DAY, ROBOTS)
}

fn file(kind: &'static str, cache: &'static str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, cache)], body).into_response()
}

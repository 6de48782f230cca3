//! The API's description of itself.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::openapi;

/// It changes with the server only; by then a client may as well ask again.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=3600");

static TAG: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::digest(openapi::served());
    let hex: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
});

pub async fn document(headers: HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known.as_bytes() == TAG.as_bytes());
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let kind = (header::CONTENT_TYPE, "application/json; charset=utf-8");
            ([kind], openapi::served()).into_response()
        }
    };
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, CACHED);
    if let Ok(tag) = HeaderValue::from_str(&TAG) {
        own.insert(header::ETAG, tag);
    }
    response
}

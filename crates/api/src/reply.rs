//! Answers in JSON, and the `Link` header of a page.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use petrel_model::id::Id;
use petrel_social::page::Page;
use serde::Serialize;
use url::form_urlencoded;

use crate::error::ApiError;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// A home of 20 fits, so that the buffer grows seldom.
const BODY_BYTES_USUAL: usize = 4 * 1024;
/// What a page's address says of where it lies, and what must not be handed on.
const LEFT_OUT_OF_LINKS: [&str; 4] = ["max_id", "min_id", "since_id", "access_token"];

pub fn json(body: &impl Serialize) -> Response {
    json_with(StatusCode::OK, body)
}

pub fn json_with(status: StatusCode, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(BODY_BYTES_USUAL);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => {
            let mut response = Response::new(Body::from(bytes));
            *response.status_mut() = status;
            response.headers_mut().insert(header::CONTENT_TYPE, JSON);
            response
        }
        Err(why) => {
            tracing::error!(%why, "an answer could not be written");
            ApiError::internal().into_response()
        }
    }
}

/// As [`json`], with another media type such as `application/jrd+json`.
pub fn json_as(media_type: &'static str, body: &impl Serialize) -> Response {
    let mut response = json(body);
    let value = HeaderValue::from_static(media_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

/// Mastodon's empty answer.
pub fn empty() -> Response {
    json(&serde_json::Map::new())
}

/// One page of a list: its items as `present` shows them, and the links to its neighbours.
///
/// `origin` is scheme and host, `asked` what the client asked for; its other parameters are kept.
pub fn page<'a, T, E: Serialize>(
    origin: &str,
    asked: &Uri,
    page: &'a Page<T>,
    present: impl Fn(&'a T) -> E,
) -> Response {
    let items: Vec<E> = page.items.iter().map(present).collect();
    with_links(json(&items), origin, asked, page)
}

/// As [`page`], of items that are JSON already.
pub fn rendered_page<T>(origin: &str, asked: &Uri, page: &Page<T>, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    with_links(response, origin, asked, page)
}

fn with_links<T>(mut response: Response, origin: &str, asked: &Uri, page: &Page<T>) -> Response {
    if let Some(links) = links(origin, asked, page.next_max_id, page.prev_min_id) {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

fn links(origin: &str, asked: &Uri, next: Option<Id>, prev: Option<Id>) -> Option<HeaderValue> {
    let kept = kept_parameters(asked);
    let path = asked.path();
    let mut text = String::new();
    for (cursor, id, rel) in [("max_id", next, "next"), ("min_id", prev, "prev")] {
        let Some(id) = id else { continue };
        let comma = if text.is_empty() { "" } else { ", " };
        text += &format!("{comma}<{origin}{path}?{kept}{cursor}={id}>; rel=\"{rel}\"");
    }
    // Both the path and the parameters are percent-encoded, so this always succeeds.
    (!text.is_empty())
        .then(|| HeaderValue::from_str(&text).ok())
        .flatten()
}

fn kept_parameters(asked: &Uri) -> String {
    let query = asked.query().unwrap_or_default();
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !LEFT_OUT_OF_LINKS.contains(&&*name) {
            kept.append_pair(&name, &value);
        }
    }
    let mut kept = kept.finish();
    if !kept.is_empty() {
        kept.push('&');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links_of(asked: &str, next: Option<u64>, prev: Option<u64>) -> Option<String> {
        let uri: Uri = asked.parse().unwrap();
        let links = links("https://p.example", &uri, next.map(Id), prev.map(Id))?;
        Some(links.to_str().unwrap().to_owned())
    }

    #[test]
    fn links_are_absolute_and_keep_what_else_was_asked() {
        assert_eq!(
            links_of(
                "/api/v1/x?limit=2&max_id=9&types[]=a%20b&access_token=s",
                Some(3),
                Some(5)
            ),
            Some(
                "<https://p.example/api/v1/x?limit=2&types%5B%5D=a+b&max_id=3>; rel=\"next\", \
                 <https://p.example/api/v1/x?limit=2&types%5B%5D=a+b&min_id=5>; rel=\"prev\""
                    .to_owned()
            )
        );
        assert_eq!(
            links_of("/api/v1/x", None, Some(5)),
            Some("<https://p.example/api/v1/x?min_id=5>; rel=\"prev\"".to_owned())
        );
        assert_eq!(links_of("/api/v1/x?limit=2", None, None), None);
    }

    #[test]
    fn a_parameter_cannot_break_out_of_the_header() {
        let links = links_of("/api/v1/x?a=%0d%0aSet-Cookie:%20x%3E;", Some(1), None).unwrap();
        assert!(!links.contains('\n') && links.matches('>').count() == 1);
    }
}

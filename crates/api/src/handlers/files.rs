//! The files themselves. Each fetch asks the gate, whoever was shown the address.

use std::ops::Range;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use petrel_media::DepotError;
use petrel_model::id::MediaId;
use petrel_social::context::{Caller, Ctx};
use petrel_social::media::{self, Fetched, Ticket};
use petrel_social::oauth;

use super::byte_range::{Asked, asked};
use crate::cookies;
use crate::error::{ApiError, Result};
use crate::params::{Params, of_depot};
use crate::path::PathFile;
use crate::state::ApiState;

/// What everybody may have is kept by whoever passes it on, for no longer than what was deleted may
/// stay on our own disk.
const OPEN: HeaderValue = HeaderValue::from_static("public, max-age=60, must-revalidate");
/// All else is asked for each time, so that a block counts at once.
const CLOSED: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Whatever a file may be besides a picture, it is not run as a page.
const GUARDS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("inline"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    ),
];

pub async fn show(
    State(api): State<ApiState>,
    ctx: Ctx,
    headers: HeaderMap,
    PathFile { id, file }: PathFile<MediaId>,
    params: Params,
) -> Result {
    let ticket = params.fields().text("t")?;
    let ticket = ticket.as_deref().and_then(Ticket::parse);
    let ctx = with_session(&api, ctx, &headers).await?;
    let fetched = media::fetch(&ctx, id, &file, ticket).await?;
    let tag = format!("\"{id}.{file}\"");
    let mut response = match is_known(&headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            body(
                &api,
                &fetched,
                asked(&headers, &tag, fetched.variant.size_bytes),
            )
            .await?
        }
    };
    let own = response.headers_mut();
    own.insert(
        header::CACHE_CONTROL,
        if fetched.is_open { OPEN } else { CLOSED },
    );
    guard(own);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        own.insert(header::ETAG, tag);
    }
    Ok(response)
}

pub(super) fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.insert(name, value);
    }
}

/// A browser that is logged in shows pages with pictures that are not for everybody.
async fn with_session(api: &ApiState, ctx: Ctx, headers: &HeaderMap) -> Result<Ctx> {
    let secret = cookies::session(api.settings(), headers);
    let (Caller::Anonymous, Some(secret)) = (&ctx.caller, secret) else {
        return Ok(ctx);
    };
    Ok(match oauth::session(&api.social, secret).await? {
        Some(account) => Ctx::acting_for(api.social.clone(), account),
        None => ctx,
    })
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).into_iter();
    let mut known = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    known.any(|one| one.trim().trim_start_matches("W/") == tag)
}

async fn body(api: &ApiState, fetched: &Fetched, asked: Asked) -> Result<Response> {
    let (size_bytes, key) = (fetched.variant.size_bytes, &fetched.variant.key);
    let (status, range) = match asked {
        Asked::Whole => (StatusCode::OK, None),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Asked::Nowhere => return Ok(no_such_range(size_bytes)),
    };
    let piece = match api.depot.get(key, range.clone()).await {
        Ok(piece) => piece.ok_or_else(ApiError::not_found)?,
        Err(DepotError::NoSuchRange) => return Ok(no_such_range(size_bytes)),
        Err(error) => return Err(of_depot(error)),
    };
    let length = piece.range.end - piece.range.start;
    let mut response = Response::new(Body::from_stream(piece.stream));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let kind = HeaderValue::from_str(&fetched.variant.content_type);
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    if range.is_some() {
        headers.insert(
            header::CONTENT_RANGE,
            content_range(Some(&piece.range), size_bytes),
        );
    }
    Ok(response)
}

fn no_such_range(size_bytes: u64) -> Response {
    let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    let value = content_range(None, size_bytes);
    response.headers_mut().insert(header::CONTENT_RANGE, value);
    response
}

fn content_range(range: Option<&Range<u64>>, size_bytes: u64) -> HeaderValue {
    let text = match range {
        Some(range) => format!("bytes {}-{}/{size_bytes}", range.start, range.end - 1),
        None => format!("bytes */{size_bytes}"),
    };
    // Digits and signs, so this always succeeds.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("bytes */*"))
}

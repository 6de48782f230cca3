//! Custom emojis, and their files, which everybody may have.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Extensions, HeaderValue, header};
use axum::response::Response;
use petrel_media::Sniffed;
use petrel_model::id::Id;
use petrel_social::context::{Caller, Ctx};
use petrel_social::emojis;

use super::files::guard;
use crate::caller::context;
use crate::entities::CustomEmoji;
use crate::error::{ApiError, Result};
use crate::params::of_depot;
use crate::path::PathFile;
use crate::reply;
use crate::state::ApiState;

/// What replaces an emoji has another address.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub async fn list(State(api): State<ApiState>) -> Result {
    let mut all = emojis::list(&nobody(&api)).await?;
    all.retain(|emoji| emoji.visible_in_picker);
    Ok(reply::json(&CustomEmoji::all(&all)))
}

pub async fn show(State(api): State<ApiState>, PathFile { id, file }: PathFile<Id>) -> Result {
    if !emojis::file(&nobody(&api), id, &file).await? {
        return Err(ApiError::not_found());
    }
    let kind = file.rsplit('.').next().and_then(Sniffed::of_extension);
    let kind = kind.ok_or_else(ApiError::not_found)?.content_type();
    let piece = api.depot.get(&emojis::key(id, &file), None).await;
    let piece = piece.map_err(of_depot)?.ok_or_else(ApiError::not_found)?;
    let mut response = Response::new(Body::from_stream(piece.stream));
    let own = response.headers_mut();
    own.insert(header::CONTENT_LENGTH, HeaderValue::from(piece.size_bytes));
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    own.insert(header::CACHE_CONTROL, FOR_EVER);
    guard(own);
    Ok(response)
}

/// They are the same for everybody, so a token that is not valid is in nobody's way.
fn nobody(api: &ApiState) -> Ctx {
    context(api, Caller::Anonymous, &Extensions::new())
}

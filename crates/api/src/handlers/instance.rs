//! What this place is.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::entities::{Document, Instance, InstanceV1, Language, Rule, TermsOfService};
use crate::error::{ApiError, Result};
use crate::reply;
use crate::state::ApiState;

pub async fn v1(State(api): State<ApiState>) -> Result {
    let instance = InstanceV1::new(&api.config, api.settings(), api.figures());
    Ok(reply::json(&instance))
}

pub async fn v2(State(api): State<ApiState>) -> Result {
    let instance = Instance::new(&api.config, api.settings(), api.figures());
    Ok(reply::json(&instance))
}

pub async fn rules(State(api): State<ApiState>) -> Response {
    reply::json(&Rule::all(&api.config))
}

pub async fn extended_description(State(api): State<ApiState>) -> Response {
    let texts = &api.config.texts;
    reply::json(&Document::extended_description(texts, api.settings()))
}

pub async fn privacy_policy(State(api): State<ApiState>) -> Response {
    let texts = &api.config.texts;
    reply::json(&Document::privacy_policy(texts, api.settings()))
}

pub async fn terms_of_service(State(api): State<ApiState>) -> Result {
    let now_ms = api.social.clock.now_ms();
    let terms = TermsOfService::new(&api.config.texts, api.settings(), now_ms);
    Ok(reply::json(&terms.ok_or_else(ApiError::not_found)?))
}

pub async fn languages() -> Response {
    reply::json(&Language::all())
}

/// For lists of what there is nothing of: other servers.
pub async fn nothing() -> Response {
    reply::json(&[(); 0])
}

pub async fn health() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "OK").into_response()
}

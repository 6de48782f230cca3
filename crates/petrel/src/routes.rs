//! All routes of the server, and what answers where there is none.

use std::sync::Arc;

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use petrel_web::{WebConfig, WebState};
use tokio::sync::watch;

use crate::config::Config;
use crate::node::Node;
use crate::version;
use crate::views::Views;

/// Where the source of this version is found.
const SOURCE_URL: &str = "https://github.com/petrel-social/petrel";

pub fn router(
    config: &Config,
    node: &Node,
    views: &Views,
    _stopped: watch::Receiver<bool>,
) -> Router {
    let pages = pages(config, node, views);
    petrel_web::router(pages.clone()).fallback(move |headers| nowhere(pages, headers))
}

/// What no route answers: a page for people, an error in the API's shape for programs.
async fn nowhere(pages: WebState, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return petrel_web::not_found(&pages).await;
    }
    let error = serde_json::json!({ "error": "Record not found" });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}

fn pages(config: &Config, node: &Node, views: &Views) -> WebState {
    let site = config.site.clone();
    WebState {
        social: node.social.clone(),
        timelines: views.timelines.clone(),
        config: Arc::new(WebConfig {
            title: site.title,
            description: site.description,
            contact_email: site.contact_email,
            rules: site.rules,
            source_url: SOURCE_URL.to_owned(),
            version: version::NUMBER.to_owned(),
        }),
    }
}

//! All routes of the server, and what answers where there is none.

use std::sync::Arc;

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use petrel_api::{ApiConfig, ApiState, Limit, Returns, SiteTexts, behind_the_door};
use petrel_web::{WebConfig, WebState};
use tokio::sync::watch;

use crate::config::{Config, Day};
use crate::media::Media;
use crate::node::Node;
use crate::version;
use crate::views::Views;

pub fn router(
    config: &Config,
    node: &Node,
    views: &Views,
    media: &Media,
    stopped: watch::Receiver<bool>,
) -> Router {
    let api = api(config, node, views, media, stopped);
    let pages = pages(config, node, views);
    let elsewhere = Router::new().fallback({
        let pages = pages.clone();
        move |headers| nowhere(pages, headers)
    });
    let before = |routes, limit| behind_the_door(routes, &api, limit);
    petrel_api::router(api.clone())
        .merge(before(petrel_web::pages(pages), None))
        .merge(before(petrel_web::assets(), Some(&Limit::FETCH)))
        .fallback_service(before(elsewhere, None))
}

/// Method, path and what it returns of others' doings, for each route of the API.
pub fn lines() -> Vec<[String; 3]> {
    let lines = petrel_api::route_table().iter().map(|route| {
        let returns = match route.returns {
            Returns::Statuses => "statuses",
            Returns::Accounts => "accounts",
            Returns::Nothing => "nothing",
        };
        [route.method.as_str(), route.path, returns].map(str::to_owned)
    });
    lines.collect()
}

fn api(
    config: &Config,
    node: &Node,
    views: &Views,
    media: &Media,
    stopped: watch::Receiver<bool>,
) -> ApiState {
    let site = config.site.clone();
    let (changed_on, now_ms) = (site.texts_changed_on, node.social.clock.now_ms());
    ApiState {
        fragments: Default::default(),
        rates: views.rates.clone(),
        social: node.social.clone(),
        timelines: views.timelines.clone(),
        streams: views.streams.clone(),
        search: views.search.clone(),
        depot: media.depot.clone(),
        converts_films: media.processor.has_ffmpeg(),
        totals: views.totals.clone(),
        config: Arc::new(ApiConfig {
            dev: node.is_dev(),
            rate_limits: !node.is_dev(),
            trusted_proxies: config.http.trusted_proxies as usize,
            title: site.title,
            description: site.description,
            contact_email: site.contact_email,
            rules: site.rules,
            texts: SiteTexts {
                extended_description: site.extended_description,
                privacy_policy: site.privacy_policy,
                terms_of_service: site.terms_of_service,
                changed_at_ms: changed_on.unwrap_or(Day::of_ms(now_ms)).begins_at_ms(),
            },
            source_url: source_url(config, node),
            version: version::NUMBER.to_owned(),
            commit: version::COMMIT.to_owned(),
        }),
        shutdown: stopped,
    }
}

fn source_url(config: &Config, node: &Node) -> String {
    match config.site.source_url.as_str() {
        "" => format!("{}/about", node.social.settings.url),
        url => url.to_owned(),
    }
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
            source_url: source_url(config, node),
            version: version::NUMBER.to_owned(),
        }),
    }
}

//! What is found at well-known places: NodeInfo 2.0, WebFinger (RFC 7033), host-meta (RFC 6415),
//! and what the authorization server can do (RFC 8414).

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use petrel_model::scope::Scope;
use petrel_social::accounts;
use petrel_social::context::{Caller, Ctx};
use serde_json::json;

use crate::caller::context;
use crate::error::{ApiError, Result};
use crate::params::Params;
use crate::reply;
use crate::state::ApiState;

const JRD: &str = "application/jrd+json; charset=utf-8";
const XRD: &str = "application/xrd+xml; charset=utf-8";
const NODEINFO_2_0: &str = "http://nodeinfo.diaspora.software/ns/schema/2.0";
const NODEINFO_TYPE: &str =
    "application/json; profile=\"http://nodeinfo.diaspora.software/ns/schema/2.0#\"; charset=utf-8";

pub async fn nodeinfo_links(State(api): State<ApiState>) -> Response {
    let href = format!("{}/nodeinfo/2.0", api.settings().url);
    reply::json(&json!({ "links": [{ "rel": NODEINFO_2_0, "href": href }] }))
}

pub async fn nodeinfo(State(api): State<ApiState>) -> Response {
    let (config, facts) = (&api.config, api.figures());
    let body = json!({
        "version": "2.0",
        "software": { "name": "petrel", "version": config.version },
        "protocols": [],
        "services": { "inbound": [], "outbound": [] },
        "usage": {
            "users": { "total": facts.accounts, "activeMonth": facts.active_month },
            "localPosts": facts.statuses,
        },
        "openRegistrations": api.settings().registrations_open,
        "metadata": {
            "nodeName": config.title,
            "nodeDescription": config.description,
            "commit": config.commit,
        },
    });
    reply::json_as(NODEINFO_TYPE, &body)
}

pub async fn webfinger(State(api): State<ApiState>, params: Params) -> Result {
    let resource = params.fields().filled("resource")?;
    let resource = resource.ok_or_else(|| {
        ApiError::new(StatusCode::BAD_REQUEST, "The resource parameter is missing")
    })?;
    let settings = api.settings();
    let name = local_name(&resource, &settings.domain, &settings.url);
    let name = name.ok_or_else(ApiError::not_found)?;
    let ctx: Ctx = context(&api, Caller::Anonymous, &axum::http::Extensions::new());
    let account = accounts::lookup(&ctx, name).await?;
    let (page, actor) = (&account.url, &account.uri);
    let body = json!({
        "subject": format!("acct:{}@{}", account.username, settings.domain),
        "aliases": [page, actor],
        "links": [
            { "rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page },
            { "rel": "self", "type": "application/activity+json", "href": actor },
        ],
    });
    Ok(reply::json_as(JRD, &body))
}

/// The user name out of `acct:name@domain` or an address of ours.
fn local_name<'a>(resource: &'a str, domain: &str, url: &str) -> Option<&'a str> {
    if let Some(path) = resource.strip_prefix(url) {
        let name = path
            .strip_prefix("/@")
            .or_else(|| path.strip_prefix("/users/"));
        return name.filter(|name| !name.is_empty() && !name.contains('/'));
    }
    let acct = resource.strip_prefix("acct:").unwrap_or(resource);
    let (name, host) = acct.trim_start_matches('@').rsplit_once('@')?;
    (host.eq_ignore_ascii_case(domain) && !name.is_empty()).then_some(name)
}

pub async fn host_meta(State(api): State<ApiState>) -> Response {
    let template = webfinger_template(&api);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" template=\"{template}\"/>\n</XRD>\n"
    );
    ([(header::CONTENT_TYPE, XRD)], body).into_response()
}

pub async fn host_meta_json(State(api): State<ApiState>) -> Response {
    let template = webfinger_template(&api);
    let body = json!({ "links": [{ "rel": "lrdd", "template": template }] });
    reply::json_as(JRD, &body)
}

fn webfinger_template(api: &ApiState) -> String {
    format!(
        "{}/.well-known/webfinger?resource={{uri}}",
        api.settings().url
    )
}

pub async fn authorization_server(State(api): State<ApiState>) -> Response {
    let url = &api.settings().url;
    let scopes: Vec<_> = Scope::all().map(Scope::as_str).collect();
    let mut grants = vec!["authorization_code", "client_credentials"];
    if api.config.dev {
        grants.push("password");
    }
    reply::json(&json!({
        "issuer": format!("{url}/"),
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "revocation_endpoint": format!("{url}/oauth/revoke"),
        "userinfo_endpoint": format!("{url}/oauth/userinfo"),
        "service_documentation": "https://docs.joinmastodon.org/",
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "app_registration_endpoint": format!("{url}/api/v1/apps"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_taken() {
        let name = |resource| local_name(resource, "p.example", "https://p.example");
        assert_eq!(name("acct:ann@p.example"), Some("ann"));
        assert_eq!(name("acct:ann@P.Example"), Some("ann"));
        assert_eq!(name("@ann@p.example"), Some("ann"));
        assert_eq!(name("https://p.example/@ann"), Some("ann"));
        assert_eq!(name("https://p.example/users/ann"), Some("ann"));
        for other in [
            "acct:ann@q.example",
            "acct:ann",
            "https://q.example/@ann",
            "https://p.example/@ann/1",
            "https://p.example/@",
            "",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}

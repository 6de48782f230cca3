//! What this place says of itself, to clients and to other servers.

use crate::handlers::{discovery, emojis, empty, instance, openapi};
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::routes::*;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/instance", Nothing, |m| on(m, instance::v1)),
    api(GET, "/api/v2/instance", Nothing, |m| on(m, instance::v2)),
    api(GET, "/api/v1/instance/rules", Nothing, |m| on(m, instance::rules)),
    api(GET, "/api/v1/instance/extended_description", Nothing, |m| on(m, instance::extended_description)),
    api(GET, "/api/v1/instance/privacy_policy", Nothing, |m| on(m, instance::privacy_policy)),
    api(GET, "/api/v1/instance/terms_of_service", Nothing, |m| on(m, instance::terms_of_service)),
    api(GET, "/api/v1/instance/peers", Nothing, |m| on(m, instance::nothing)),
    api(GET, "/api/v1/custom_emojis", Nothing, |m| on(m, emojis::list)),
    api(GET, "/emojis/{id}/{file}", Nothing, |m| on(m, emojis::show)).limited(&Limit::FETCH),
    api(GET, "/api/openapi.json", Nothing, |m| on(m, openapi::document)),
    api(GET, "/api/v1/instance/domain_blocks", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/instance/languages", Nothing, |m| on(m, instance::languages)),
    api(GET, "/api/v1/instance/translation_languages", Nothing, |m| on(m, empty::map_for_everyone)),
    api(GET, "/api/v1/announcements", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v1/trends", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/trends/tags", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/trends/statuses", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/trends/links", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/health", Nothing, |m| on(m, instance::health)),
    api(GET, "/nodeinfo/2.0", Nothing, |m| on(m, discovery::nodeinfo)),
    api(GET, "/.well-known/nodeinfo", Nothing, |m| on(m, discovery::nodeinfo_links)),
    api(GET, "/.well-known/webfinger", Accounts, |m| on(m, discovery::webfinger)),
    api(GET, "/.well-known/host-meta", Nothing, |m| on(m, discovery::host_meta)),
    api(GET, "/.well-known/host-meta.json", Nothing, |m| on(m, discovery::host_meta_json)),
    api(GET, "/.well-known/oauth-authorization-server", Nothing, |m| on(m, discovery::authorization_server)),
];

pub fn entries() -> Vec<Entry> {
    [about(), texts(), news()].concat()
}

/// What there is nothing of here.
fn news() -> Vec<Entry> {
    vec![
        get("/api/v1/announcements", "What it announces")
            .user(Scope::ReadAccounts)
            .gives::<Vec<Value>>(),
        get(
            "/api/v1/trends",
            "Hashtags that are trending, as before 3.5",
        )
        .everyone()
        .gives::<Vec<Tag>>(),
        get("/api/v1/trends/tags", "Hashtags that are trending")
            .everyone()
            .gives::<Vec<Tag>>(),
        get("/api/v1/trends/statuses", "Statuses that are trending")
            .everyone()
            .gives::<Vec<Status>>(),
        get("/api/v1/trends/links", "Links that are trending")
            .everyone()
            .gives::<Vec<Value>>(),
    ]
}

fn about() -> Vec<Entry> {
    vec![
        get("/api/v1/instance", "What this place is, as before 4.0")
            .everyone()
            .gives::<InstanceV1>(),
        get("/api/v2/instance", "What this place is")
            .everyone()
            .gives::<Instance>(),
        get("/api/v1/instance/rules", "Its rules")
            .everyone()
            .gives::<Vec<Rule>>(),
        get("/api/v1/instance/peers", "Servers that it knows")
            .everyone()
            .gives::<Vec<String>>(),
        get("/api/v1/custom_emojis", "Its own emojis")
            .everyone()
            .gives::<Vec<CustomEmoji>>(),
        get("/emojis/{id}/{file}", "A file of an emoji")
            .everyone()
            .sends(200, "application/octet-stream"),
        get(
            "/api/v1/instance/domain_blocks",
            "Servers that it has nothing to do with",
        )
        .everyone()
        .gives::<Vec<Value>>(),
        get("/api/v1/instance/languages", "Its languages")
            .everyone()
            .gives::<Vec<Language>>(),
        get(
            "/api/v1/instance/translation_languages",
            "What is translated into what",
        )
        .everyone()
        .gives::<Empty>(),
        get("/api/openapi.json", "This document")
            .everyone()
            .gives::<Value>()
            .sends(304, ""),
        get("/health", "Whether it serves")
            .everyone()
            .sends(200, "text/plain"),
        get("/nodeinfo/2.0", "NodeInfo").everyone().gives::<Value>(),
        get("/.well-known/nodeinfo", "Where NodeInfo is")
            .everyone()
            .gives::<Value>(),
        get(
            "/.well-known/webfinger",
            "An account by its address (RFC 7033)",
        )
        .everyone()
        .takes([text("resource").says("As acct:name@domain").required()])
        .gives_as::<Value>(200, "application/jrd+json")
        .also([404]),
        get("/.well-known/host-meta", "Where WebFinger is (RFC 6415)")
            .everyone()
            .sends(200, "application/xrd+xml"),
        get("/.well-known/host-meta.json", "Where WebFinger is, in JSON")
            .everyone()
            .gives_as::<Value>(200, "application/jrd+json"),
        get(
            "/.well-known/oauth-authorization-server",
            "What the authorization server can do (RFC 8414)",
        )
        .everyone()
        .gives::<Value>(),
    ]
}

/// Longer texts that the operator says of it.
fn texts() -> Vec<Entry> {
    vec![
        get(
            "/api/v1/instance/extended_description",
            "What it is, at length",
        )
        .everyone()
        .gives::<Document>(),
        get(
            "/api/v1/instance/privacy_policy",
            "What becomes of people's data",
        )
        .everyone()
        .gives::<Document>(),
        get(
            "/api/v1/instance/terms_of_service",
            "What people agree to, if it says so",
        )
        .everyone()
        .gives::<TermsOfService>()
        .also([404]),
    ]
}

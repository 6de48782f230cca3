//! What this place says of itself (before Mastodon 4.0, and still what most clients ask first).

use petrel_model::limits;
use petrel_social::settings::Settings;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::instance::{
    Rule, languages, media_attachments, polls, statuses, streaming_url, thumbnail_url, version,
};
use crate::state::ApiConfig;
use crate::totals::Figures;

#[derive(JsonSchema, Serialize)]
pub struct InstanceV1<'a> {
    uri: &'a str,
    title: &'a str,
    short_description: &'a str,
    description: &'a str,
    email: &'a str,
    version: String,
    urls: Value,
    stats: Value,
    thumbnail: String,
    languages: &'static [&'static str],
    registrations: bool,
    approval_required: bool,
    invites_enabled: bool,
    configuration: Value,
    contact_account: Option<()>,
    rules: Vec<Rule<'a>>,
}

impl<'a> InstanceV1<'a> {
    pub fn new(config: &'a ApiConfig, settings: &'a Settings, figures: Figures) -> InstanceV1<'a> {
        InstanceV1 {
            uri: &settings.domain,
            title: &config.title,
            short_description: &config.description,
            description: &config.description,
            email: &config.contact_email,
            version: version(config),
            urls: json!({ "streaming_api": streaming_url(settings) }),
            stats: json!({
                "user_count": figures.accounts,
                "status_count": figures.statuses,
                "domain_count": 0,
            }),
            thumbnail: thumbnail_url(settings),
            languages: languages(),
            registrations: settings.registrations_open,
            approval_required: false,
            invites_enabled: false,
            configuration: json!({
                "accounts": { "max_featured_tags": limits::FEATURED_TAGS_MAX },
                "statuses": statuses(),
                "media_attachments": media_attachments(),
                "polls": polls(),
            }),
            contact_account: None,
            rules: Rule::all(config),
        }
    }
}

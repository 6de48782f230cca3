//! What this place says of itself (since Mastodon 4.0).

use petrel_model::limits;
use petrel_social::settings::Settings;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::state::ApiConfig;
use crate::totals::Figures;

/// Which of Mastodon's API this is, told by its version: what came later is not all there yet.
const COMPATIBLE_WITH: &str = "4.2.0";
/// See `api_versions` in Mastodon's documentation; from 2 on a server has grouped notifications.
const API_VERSION: u32 = 1;
/// Languages of Petrel's own pages, ISO 639-1.
const LANGUAGES: [&str; 1] = ["en"];

#[derive(JsonSchema, Serialize)]
pub struct Rule<'a> {
    /// Its place in the list, from 1.
    id: String,
    text: &'a str,
    hint: &'static str,
    translations: Map<String, Value>,
}

impl<'a> Rule<'a> {
    pub fn all(config: &'a ApiConfig) -> Vec<Rule<'a>> {
        let rules = config.rules.iter().enumerate();
        rules
            .map(|(place, text)| Rule {
                id: (place + 1).to_string(),
                text,
                hint: "",
                translations: Map::new(),
            })
            .collect()
    }
}

/// A language that statuses may be in.
#[derive(JsonSchema, Serialize)]
pub struct Language {
    code: &'static str,
    name: &'static str,
}

impl Language {
    pub fn all() -> Vec<Language> {
        let known = petrel_model::text::language::Language::all();
        known
            .map(|language| Language {
                code: language.code(),
                name: language.name(),
            })
            .collect()
    }
}

/// As clients read it: Mastodon's first, then ours.
pub fn version(config: &ApiConfig) -> String {
    format!("{COMPATIBLE_WITH} (compatible; Petrel {})", config.version)
}

pub fn streaming_url(settings: &Settings) -> String {
    // `http` becomes `ws`, and `https` becomes `wss`.
    settings.url.replacen("http", "ws", 1)
}

pub fn thumbnail_url(settings: &Settings) -> String {
    format!("{}/headers/original/missing.png", settings.url)
}

pub fn languages() -> &'static [&'static str] {
    &LANGUAGES
}

#[derive(JsonSchema, Serialize)]
pub struct Instance<'a> {
    domain: &'a str,
    title: &'a str,
    version: String,
    source_url: &'a str,
    description: &'a str,
    wrapstodon: Option<()>,
    usage: Value,
    thumbnail: Value,
    icon: [(); 0],
    languages: &'static [&'static str],
    configuration: Value,
    registrations: Value,
    api_versions: Value,
    contact: Value,
    rules: Vec<Rule<'a>>,
}

impl<'a> Instance<'a> {
    pub fn new(config: &'a ApiConfig, settings: &'a Settings, figures: Figures) -> Instance<'a> {
        Instance {
            domain: &settings.domain,
            title: &config.title,
            version: version(config),
            source_url: &config.source_url,
            description: &config.description,
            wrapstodon: None,
            usage: json!({ "users": { "active_month": figures.active_month } }),
            thumbnail: json!({ "url": thumbnail_url(settings), "description": "" }),
            icon: [],
            languages: languages(),
            configuration: configuration(settings),
            registrations: json!({
                "enabled": settings.registrations_open,
                "approval_required": false,
                "reason_required": false,
                "message": null,
                "min_age": null,
                "url": format!("{}/auth/sign_up", settings.url),
            }),
            api_versions: json!({ "mastodon": API_VERSION }),
            contact: json!({ "email": config.contact_email, "account": null }),
            rules: Rule::all(config),
        }
    }
}

fn configuration(settings: &Settings) -> Value {
    let feeds = json!({ "local": "public", "remote": "disabled" });
    json!({
        "urls": {
            "streaming": streaming_url(settings),
            "status": null,
            "about": settings.url,
            "privacy_policy": null,
            "terms_of_service": null,
        },
        "vapid": { "public_key": "" },
        "accounts": {
            "max_display_name_length": limits::DISPLAY_NAME_CHARS_MAX,
            "max_note_length": limits::NOTE_CHARS_MAX,
            "max_avatar_description_length": 0,
            "max_header_description_length": 0,
            "max_featured_tags": limits::FEATURED_TAGS_MAX,
            "max_pinned_statuses": limits::PINS_MAX,
            "max_profile_fields": limits::PROFILE_FIELDS_MAX,
            "profile_field_name_limit": limits::FIELD_CHARS_MAX,
            "profile_field_value_limit": limits::FIELD_CHARS_MAX,
        },
        "statuses": statuses(),
        "media_attachments": media_attachments(),
        "polls": polls(),
        "translation": { "enabled": false },
        "timelines_access": {
            "live_feeds": feeds,
            "hashtag_feeds": feeds,
            "trending_link_feeds": feeds,
        },
        "limited_federation": true,
    })
}

pub fn media_attachments() -> Value {
    json!({
        "supported_mime_types": petrel_media::content_types(),
        "description_limit": limits::MEDIA_DESCRIPTION_CHARS_MAX,
        "image_size_limit": petrel_media::limits::IMAGE_BYTES_MAX,
        "image_matrix_limit": petrel_media::limits::IMAGE_PIXELS_MAX,
        "video_size_limit": petrel_media::limits::VIDEO_BYTES_MAX,
        "video_frame_rate_limit": petrel_media::limits::VIDEO_FRAME_RATE_MAX as u64,
        "video_matrix_limit": petrel_media::limits::VIDEO_PIXELS_MAX,
    })
}

pub fn statuses() -> Value {
    json!({
        "max_characters": limits::STATUS_CHARS_MAX,
        "max_media_attachments": limits::STATUS_MEDIA_MAX,
        "characters_reserved_per_url": limits::CHARACTERS_PER_URL,
    })
}

pub fn polls() -> Value {
    json!({
        "max_options": limits::POLL_OPTIONS_MAX,
        "max_characters_per_option": limits::POLL_OPTION_CHARS_MAX,
        "min_expiration": limits::POLL_OPEN_S_MIN,
        "max_expiration": limits::POLL_OPEN_S_MAX,
    })
}

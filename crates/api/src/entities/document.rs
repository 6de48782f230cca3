//! Longer texts that the operator says of this place, as HTML.

use petrel_model::text::acct::Acct;
use petrel_model::text::fold;
use petrel_model::text::html::{self, Links, MentionLink};
use petrel_social::settings::Settings;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Day, Moment};
use crate::state::SiteTexts;

/// An extended description or a privacy policy.
#[derive(JsonSchema, Serialize)]
pub struct Document {
    updated_at: Moment,
    content: String,
}

#[derive(JsonSchema, Serialize)]
pub struct TermsOfService {
    effective_date: Day,
    effective: bool,
    content: String,
    succeeded_by: Option<Day>,
}

impl Document {
    pub fn extended_description(texts: &SiteTexts, settings: &Settings) -> Document {
        Document::new(&texts.extended_description, texts, settings)
    }

    pub fn privacy_policy(texts: &SiteTexts, settings: &Settings) -> Document {
        Document::new(&texts.privacy_policy, texts, settings)
    }

    fn new(text: &str, texts: &SiteTexts, settings: &Settings) -> Document {
        Document {
            updated_at: Moment(texts.changed_at_ms),
            content: shown(text, settings),
        }
    }
}

impl TermsOfService {
    /// None if there are none.
    pub fn new(texts: &SiteTexts, settings: &Settings, now_ms: u64) -> Option<TermsOfService> {
        let text = texts.terms_of_service.trim();
        (!text.is_empty()).then(|| TermsOfService {
            effective_date: Day(texts.changed_at_ms),
            effective: texts.changed_at_ms <= now_ms,
            content: shown(text, settings),
            succeeded_by: None,
        })
    }
}

/// Paragraphs and links; nobody is named.
fn shown(text: &str, settings: &Settings) -> String {
    html::render(text.trim(), &SiteLinks(settings))
}

struct SiteLinks<'a>(&'a Settings);

impl Links for SiteLinks<'_> {
    fn mention(&self, _: &Acct) -> Option<MentionLink> {
        None
    }

    fn tag_url(&self, name: &str) -> String {
        self.0.tag_url(&fold::tag(name))
    }
}

//! What the pages stand on.

use std::sync::Arc;

use petrel_social::context::{Caller, Ctx, Social};
use petrel_timeline::Timelines;

#[derive(Clone)]
pub struct WebState {
    pub social: Arc<Social>,
    pub timelines: Arc<Timelines>,
    pub config: Arc<WebConfig>,
}

/// What the operator says of this place. All texts are plain.
#[derive(Clone, Debug)]
pub struct WebConfig {
    pub title: String,
    pub description: String,
    pub contact_email: String,
    /// One text for each rule.
    pub rules: Vec<String>,
    /// Where the source of this version is found.
    pub source_url: String,
    pub version: String,
}

impl WebState {
    /// A page knows no session: everyone who reads it is anonymous.
    pub(crate) fn ctx(&self) -> Ctx {
        Ctx {
            social: Arc::clone(&self.social),
            caller: Caller::Anonymous,
            request_id: "web".into(),
        }
    }

    /// The address without its scheme, as people type it into a client.
    pub(crate) fn domain(&self) -> &str {
        &self.social.settings.domain
    }

    /// Where the source is found, if that is said anywhere but on our own pages.
    pub(crate) fn source_url(&self) -> Option<&str> {
        let url = self.config.source_url.as_str();
        (!url.is_empty() && !url.starts_with(self.url())).then_some(url)
    }

    pub(crate) fn url(&self) -> &str {
        &self.social.settings.url
    }
}

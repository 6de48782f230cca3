//! What the handlers stand on, and what the operator has set.

use std::sync::Arc;

use petrel_media::Depot;
use petrel_search::Search;
use petrel_social::context::Social;
use petrel_social::settings::Settings;
use petrel_timeline::{Streams, Timelines};
use tokio::sync::watch;

use crate::middleware::RateLimits;
use crate::render::Fragments;
use crate::totals::{Figures, Totals};

#[derive(Clone)]
pub struct ApiState {
    pub social: Arc<Social>,
    pub timelines: Arc<Timelines>,
    pub streams: Arc<Streams>,
    pub search: Arc<Search>,
    pub totals: Arc<Totals>,
    /// How often callers have asked.
    pub rates: Arc<RateLimits>,
    /// Where uploaded files are.
    pub depot: Depot,
    /// Whether video and sound are converted, or at most passed through.
    pub converts_films: bool,
    /// What has been rendered.
    pub fragments: Arc<Fragments>,
    pub config: Arc<ApiConfig>,
    /// True once the server is stopping: open streams end.
    pub shutdown: watch::Receiver<bool>,
}

impl ApiState {
    pub fn settings(&self) -> &Settings {
        &self.social.settings
    }

    /// What there is on this server now.
    pub fn figures(&self) -> Figures {
        self.totals.now(self.social.clock.now_ms())
    }
}

#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// The password grant works.
    pub dev: bool,
    pub rate_limits: bool,
    /// How many proxies of ours a request passes, each of which adds to `X-Forwarded-For`.
    /// With none, that header counts for nothing.
    pub trusted_proxies: usize,
    pub title: String,
    /// Plain text.
    pub description: String,
    pub contact_email: String,
    /// One text for each.
    pub rules: Vec<String>,
    pub texts: SiteTexts,
    /// Where the source of this version is found.
    pub source_url: String,
    pub version: String,
    pub commit: String,
}

/// Longer texts that the operator says of this place. All are plain, and may be empty.
#[derive(Clone, Debug, Default)]
pub struct SiteTexts {
    pub extended_description: String,
    pub privacy_policy: String,
    pub terms_of_service: String,
    /// Since when they are as they are, in Unix milliseconds.
    pub changed_at_ms: u64,
}

//! What is kept in memory beside the store, told of every commit.

use std::sync::Arc;

use anyhow::{Context, Result};
use petrel_api::{RateLimits, Totals};
use petrel_jobs::Reconciler;
use petrel_search::{KeepSearch, Search};
use petrel_social::counts::Counts;
use petrel_store::Listener;
use petrel_timeline::{KeepTimelines, Rebuilt, Streams, Timelines};

use crate::config::Config;
use crate::node::Node;

/// Where in the data folder the timelines keep their files: a cache, deletable at any time.
pub const TIMELINES_FOLDER: &str = "timelines";

pub struct Views {
    pub counts: Arc<Counts>,
    pub timelines: Arc<Timelines>,
    pub streams: Arc<Streams>,
    pub search: Arc<Search>,
    pub totals: Arc<Totals>,
    /// How often callers have asked, here and on other nodes.
    pub rates: Arc<RateLimits>,
}

impl Views {
    pub fn new(config: &Config) -> Views {
        let folder = config.data.join(TIMELINES_FOLDER);
        let timelines = Arc::new(Timelines::new(Default::default(), Some(&folder)));
        Views {
            counts: Arc::new(Counts::default()),
            streams: Arc::new(Streams::new(timelines.clone())),
            search: Arc::new(Search::default()),
            totals: Arc::new(Totals::default()),
            rates: Arc::new(RateLimits::default()),
            timelines,
        }
    }

    /// In the order in which they hear: streams judge by what the others know.
    pub fn listeners(&self) -> Vec<Arc<dyn Listener>> {
        vec![
            self.counts.clone(),
            self.timelines.clone(),
            self.streams.clone(),
            self.search.clone(),
            self.totals.clone(),
        ]
    }

    /// From what is in the store; done before the first request is taken.
    pub async fn rebuild(&self, node: &Node) -> Result<()> {
        let (search, store) = (self.search.clone(), node.store.clone());
        let names = tokio::spawn(async move { search.rebuild(&store).await });
        let rebuilt = self.timelines.rebuild(&node.store).await;
        match rebuilt.context("filling the timelines")? {
            Rebuilt::FromFiles { events } => {
                tracing::info!(events, "timelines were read from their files");
            }
            Rebuilt::FromStore => tracing::info!("timelines were filled from the store"),
        }
        names.await?.context("reading names for the search")
    }

    pub fn reconcilers(&self, node: &Node) -> Vec<Arc<dyn Reconciler>> {
        vec![
            Arc::new(KeepTimelines {
                timelines: self.timelines.clone(),
                store: node.store.clone(),
            }),
            Arc::new(KeepSearch {
                search: self.search.clone(),
                store: node.store.clone(),
            }),
        ]
    }

    /// Leaves behind what makes the next start quick.
    pub async fn keep(&self, node: &Node) {
        self.timelines.note_positions(&node.store);
        let (timelines, now_ms) = (self.timelines.clone(), node.social.clock.now_ms());
        let flushed = tokio::task::spawn_blocking(move || timelines.flush(now_ms)).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "the timelines' files could not be written");
        }
    }
}

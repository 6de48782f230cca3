use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use petrel_jobs::{Place, Reconciler, Status};
use petrel_store::Store;

use crate::search::Search;

const PERIOD: Duration = Duration::from_secs(10);

/// Takes in changed names when nobody searches, so that a search finds little left to do.
pub struct KeepSearch {
    pub search: Arc<Search>,
    pub store: Store,
}

#[async_trait]
impl Reconciler for KeepSearch {
    fn name(&self) -> &'static str {
        "keep_search"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn place(&self) -> Place {
        Place::EachNode
    }

    async fn run(&self) -> Status {
        let mut status = Status::default();
        loop {
            match self.search.take_in(&self.store).await {
                Ok(true) => status.looked_at += 1,
                Ok(false) => return status,
                Err(error) => {
                    status.failed = Some(error.to_string());
                    return status;
                }
            }
        }
    }
}

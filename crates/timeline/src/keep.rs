use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use petrel_jobs::{Place, Reconciler, Status};
use petrel_store::Store;

use crate::timelines::Timelines;

const PERIOD: Duration = Duration::from_secs(5);

/// Hears what was missed, and keeps the log's files young.
pub struct KeepTimelines {
    pub timelines: Arc<Timelines>,
    pub store: Store,
}

#[async_trait]
impl Reconciler for KeepTimelines {
    fn name(&self) -> &'static str {
        "keep_timelines"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn place(&self) -> Place {
        Place::EachNode
    }

    async fn run(&self) -> Status {
        let mut status = Status::default();
        match self.timelines.close_gaps(&self.store).await {
            Ok(closed) => status.changed = closed as u64,
            Err(error) => status.failed = Some(error.to_string()),
        }
        if !self.timelines.keeps_files() {
            return status;
        }
        self.timelines.note_positions(&self.store);
        let timelines = self.timelines.clone();
        let now_ms = self.store.clock().now_ms();
        let flushed = tokio::task::spawn_blocking(move || timelines.flush_if_due(now_ms)).await;
        let flushed = flushed.map_err(std::io::Error::other).flatten();
        if let Err(error) = flushed {
            status.failed = Some(error.to_string());
        }
        status
    }
}

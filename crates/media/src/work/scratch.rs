use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use petrel_jobs::{Place, Reconciler, Status};
use petrel_social::context::Social;

use super::ORPHAN_MS;
use crate::depot::Depot;

const PERIOD: Duration = Duration::from_secs(6 * 3_600);

/// Deletes from the scratch folder what a process left there that was ended without warning.
pub struct SweepScratch {
    pub social: Arc<Social>,
    pub depot: Depot,
}

#[async_trait]
impl Reconciler for SweepScratch {
    fn name(&self) -> &'static str {
        "scratch files"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn place(&self) -> Place {
        Place::EachNode
    }

    async fn run(&self) -> Status {
        let before_ms = self.social.clock.now_ms().saturating_sub(ORPHAN_MS);
        let folder = self.depot.scratch().to_owned();
        let swept = tokio::task::spawn_blocking(move || sweep(&folder, before_ms)).await;
        match swept {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => failed(error.to_string()),
            Err(error) => failed(error.to_string()),
        }
    }
}

fn failed(why: String) -> Status {
    Status {
        failed: Some(why),
        ..Status::default()
    }
}

fn sweep(folder: &Path, before_ms: u64) -> std::io::Result<Status> {
    let mut status = Status::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        status.looked_at += 1;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
        let modified_ms = modified.map_or(0, |since| since.as_millis() as u64);
        if modified_ms >= before_ms {
            continue;
        }
        match metadata.is_dir() {
            true => std::fs::remove_dir_all(entry.path())?,
            false => std::fs::remove_file(entry.path())?,
        }
        status.changed += 1;
    }
    Ok(status)
}

use std::fs::Metadata;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use petrel_jobs::{Place, Reconciler, Status};
use petrel_social::context::Social;

use super::ORPHAN_MS;
use crate::depot::Depot;

const PERIOD: Duration = Duration::from_secs(6 * 3_600);

/// object_store writes a file as `name#1` before it renames it, and lists no such names. No key of
/// ours has the sign.
const UNFINISHED: char = '#';

/// Deletes what a process left behind that was ended without warning: all in the scratch folder,
/// and in the depot's folder what was not written to its end.
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
        let scratch = self.depot.scratch().to_owned();
        let folder = self.depot.folder().map(Path::to_owned);
        let swept = tokio::task::spawn_blocking(move || {
            let mut status = sweep(&scratch, before_ms)?;
            if let Some(folder) = folder {
                sweep_unfinished(&folder, before_ms, &mut status)?;
            }
            Ok::<_, std::io::Error>(status)
        });
        match swept.await {
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
        if modified_ms(&metadata)? >= before_ms {
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

fn sweep_unfinished(folder: &Path, before_ms: u64, status: &mut Status) -> std::io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        // Folders go with their last file, also while they are looked at.
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let is_unfinished = entry.file_name().to_string_lossy().contains(UNFINISHED);
            if is_unfinished && modified_ms(&metadata)? < before_ms {
                std::fs::remove_file(entry.path())?;
                status.changed += 1;
            }
        }
    }
    Ok(())
}

fn modified_ms(metadata: &Metadata) -> std::io::Result<u64> {
    let since = metadata.modified()?.duration_since(UNIX_EPOCH);
    Ok(since.map_or(0, |since| since.as_millis() as u64))
}

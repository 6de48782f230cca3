//! The jobs that handle uploaded files, and the sweeps that find what no job is about.

mod preview;
mod process;
mod remove;
mod scratch;
mod sweep;

use std::path::PathBuf;

use petrel_jobs::JobError;
use petrel_model::id::MediaId;
use tempfile::TempDir;

use crate::depot::{Depot, DepotError};
use crate::error::MediaError;

pub use preview::MakePreview;
pub use process::ProcessMedia;
pub use remove::RemoveMedia;
pub use scratch::SweepScratch;
pub use sweep::SweepDepot;

/// Below it lie the files that are shown, each file's in a folder of its own.
const SHOWN: &str = "media";
/// Below it lies what was uploaded and is not processed yet.
const INCOMING: &str = "incoming";
/// What is about nothing may go after so long, in milliseconds.
const ORPHAN_MS: u64 = 24 * 3_600 * 1_000;

/// All that is made of one file lies below it.
fn folder_of(id: MediaId) -> String {
    format!("{SHOWN}/{id}")
}

/// A file as it was sent, at hand for as long as it is worked on.
struct Upload {
    path: PathBuf,
    /// Goes with all that was made in it.
    _folder: TempDir,
}

impl Upload {
    async fn fetch(depot: &Depot, key: &str) -> Result<Upload, MediaError> {
        let folder = depot.workplace()?;
        let path = folder.path().join("upload");
        match depot.fetch(key, &path).await? {
            true => Ok(Upload {
                path,
                _folder: folder,
            }),
            false => Err(MediaError::refused(
                "The file was lost; please upload it again",
            )),
        }
    }
}

impl From<DepotError> for JobError {
    fn from(error: DepotError) -> JobError {
        JobError::retry(error)
    }
}

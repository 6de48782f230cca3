//! The jobs that handle uploaded files, and the sweeps that find what no job is about.

mod preview;
mod process;
mod remove;
mod scratch;
mod sweep;

use petrel_jobs::JobError;
use petrel_model::id::MediaId;
use petrel_social::Error;

use crate::depot::DepotError;

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

fn job_error(error: Error) -> JobError {
    match error {
        Error::Store(error) => error.into(),
        other => JobError::permanent(other),
    }
}

impl From<DepotError> for JobError {
    fn from(error: DepotError) -> JobError {
        JobError::retry(error)
    }
}

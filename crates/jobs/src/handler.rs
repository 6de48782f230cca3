use std::time::Duration;

use async_trait::async_trait;
use petrel_store::StoreError;

use crate::enqueue::Job;

/// How often a job is tried unless its handler says otherwise.
pub const ATTEMPTS_MAX: u32 = 12;
/// How long one attempt may take unless its handler says otherwise.
pub const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(600);

/// Does the jobs of one kind. A job may be run again although it was done (the process died
/// before its row was deleted), and two at once, so running twice must be the same as once.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The name under which jobs are enqueued. Stored, so it can never change.
    fn kind(&self) -> &'static str;

    async fn run(&self, job: &Job) -> Result<(), JobError>;

    /// After so many failed attempts the job is a dead letter.
    fn attempts_max(&self) -> u32 {
        ATTEMPTS_MAX
    }

    /// An attempt that takes longer has failed.
    fn attempt_time_max(&self) -> Duration {
        ATTEMPT_TIME_MAX
    }
}

/// Why a job was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JobError {
    /// May go well later: tried again after a pause that doubles.
    #[error("{0}")]
    Retry(String),
    /// Will never go well: a dead letter at once.
    #[error("{0}")]
    Permanent(String),
}

impl JobError {
    pub fn retry(why: impl ToString) -> JobError {
        JobError::Retry(why.to_string())
    }

    pub fn permanent(why: impl ToString) -> JobError {
        JobError::Permanent(why.to_string())
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> JobError {
        match error {
            StoreError::TooLarge { .. } | StoreError::Refused(_) | StoreError::Corrupt { .. } => {
                JobError::permanent(error)
            }
            other => JobError::retry(other),
        }
    }
}

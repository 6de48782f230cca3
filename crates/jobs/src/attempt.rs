//! One attempt at one job, and what becomes of its row.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use petrel_store::{Stamp, StoreError};
use tokio::time::{sleep, timeout};

use crate::dead::{bury, shortened};
use crate::enqueue::{BUCKET_MS, Job, Queue};
use crate::handler::{Handler, JobError};
use crate::leases::Term;
use crate::runner::Shared;
use crate::tables::{JobRow, Jobs};
use petrel_model::id::Id;

/// Pause after the first failure, in milliseconds; it doubles with each further one.
const RETRY_PAUSE_MS: u64 = 5_000;
const RETRY_PAUSE_MS_MAX: u64 = 3_600_000;
const SETTLE_PAUSE: Duration = Duration::from_secs(1);
const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(30);

/// A job that is no longer being worked on.
pub(crate) struct Finished {
    pub id: Id,
    pub queue: Queue,
    /// The bucket that it was taken from.
    pub bucket: u64,
    pub fate: Fate,
}

/// What became of a job's row.
pub(crate) enum Fate {
    Gone,
    /// The job as it will be tried again.
    Again(Box<Job>),
    /// It is as it was: whoever has the queue now does the job.
    Left,
}

enum Verdict {
    Done,
    Again { due_ms: u64, why: String },
    Dead(String),
}

/// Runs the job and settles its row. Returns only when the row is settled, so that nothing is
/// run twice while the process lives; or when the term has ended, for then another node does the
/// job (again, if it was done here and that could not be written any more).
pub(crate) async fn attempt(shared: Arc<Shared>, job: Job, term: Arc<Term>) -> Finished {
    let fate = if term.stands() {
        let verdict = judge(&shared, &job).await;
        log(&job, &verdict);
        settled(&shared, &job, &verdict, &term).await
    } else {
        Fate::Left
    };
    Finished {
        id: job.id,
        queue: job.queue,
        bucket: job.bucket,
        fate,
    }
}

async fn judge(shared: &Shared, job: &Job) -> Verdict {
    let Some(handler) = shared.handlers.get(job.kind.as_str()) else {
        return Verdict::Dead(format!("no handler for jobs of kind {:?}", job.kind));
    };
    match run(handler.as_ref(), job).await {
        Ok(()) => Verdict::Done,
        Err(JobError::Permanent(why)) => Verdict::Dead(why),
        Err(JobError::Retry(why)) if job.attempts + 1 >= handler.attempts_max() => Verdict::Dead(
            format!("gave up after {} attempts: {why}", job.attempts + 1),
        ),
        Err(JobError::Retry(why)) => Verdict::Again {
            due_ms: shared.head_ms() + retry_pause_ms(shared, job.attempts),
            why,
        },
    }
}

/// Settles the row, again and again until it is. Once the term has ended, only that a job is done
/// is still written, which is right whoever has the queue by now.
async fn settled(shared: &Shared, job: &Job, verdict: &Verdict, term: &Term) -> Fate {
    let mut pause = SETTLE_PAUSE;
    loop {
        let stands = term.stands();
        if !stands && !matches!(verdict, Verdict::Done) {
            return Fate::Left;
        }
        match settle(shared, job, verdict).await {
            Ok(None) => return Fate::Gone,
            Ok(Some(again)) => return Fate::Again(Box::new(again)),
            Err(_) if !stands => return Fate::Left,
            Err(error) => {
                tracing::warn!(job = %job.id, kind = job.kind, %error, "a job's row could not be settled yet");
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(SETTLE_PAUSE_MAX);
    }
}

async fn run(handler: &dyn Handler, job: &Job) -> Result<(), JobError> {
    let guarded = AssertUnwindSafe(handler.run(job)).catch_unwind();
    match timeout(handler.attempt_time_max(), guarded).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(JobError::Retry(format!("panicked: {}", text_of(&*panic)))),
        Err(_) => Err(JobError::Retry(format!(
            "took longer than {} s",
            handler.attempt_time_max().as_secs()
        ))),
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}

/// Exponential, between half and all of the pause, so that what failed together does not come
/// back together.
fn retry_pause_ms(shared: &Shared, attempts: u32) -> u64 {
    let full = RETRY_PAUSE_MS
        .saturating_mul(1 << attempts.min(20))
        .min(RETRY_PAUSE_MS_MAX);
    full / 2 + shared.entropy.next_u64() % (full / 2)
}

/// One batch: the old row goes, and what follows from it comes. The keys are the same each time,
/// so settling again after an unknown outcome changes nothing.
async fn settle(shared: &Shared, job: &Job, verdict: &Verdict) -> Result<Option<Job>, StoreError> {
    let mut batch = shared.store.batch();
    batch.note(job.revision);
    let old = (job.queue as u8, job.bucket);
    let (due_ms, why) = match verdict {
        Verdict::Done => {
            batch.delete::<Jobs>(&old, &job.id);
            batch.commit().await?;
            return Ok(None);
        }
        Verdict::Dead(reason) => {
            batch.delete::<Jobs>(&old, &job.id);
            bury(&mut batch, job, reason);
            batch.commit().await?;
            return Ok(None);
        }
        Verdict::Again { due_ms, why } => (*due_ms, why),
    };
    let row = JobRow {
        kind: job.kind.clone(),
        payload: job.payload.clone(),
        due_ms,
        attempts: job.attempts + 1,
        last_error: Some(shortened(why)),
    };
    let bucket = due_ms / BUCKET_MS;
    if bucket != job.bucket {
        batch.delete::<Jobs>(&old, &job.id);
    }
    batch.put::<Jobs>(&(job.queue as u8, bucket), &job.id, &row);
    let revision = batch.commit().await?;
    Ok(Some(again(job, row, bucket, revision)))
}

fn again(job: &Job, row: JobRow, bucket: u64, revision: Stamp) -> Job {
    Job {
        attempts: row.attempts,
        due_ms: row.due_ms,
        bucket,
        revision,
        ..job.clone()
    }
}

fn log(job: &Job, verdict: &Verdict) {
    match verdict {
        Verdict::Done => tracing::debug!(job = %job.id, kind = job.kind, "a job is done"),
        Verdict::Again { why, .. } => {
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts + 1, why, "a job failed and will be tried again");
        }
        Verdict::Dead(why) => {
            tracing::error!(job = %job.id, kind = job.kind, why, "a job was given up; it is among the dead letters");
        }
    }
}

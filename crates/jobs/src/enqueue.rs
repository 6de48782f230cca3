use petrel_model::clock::HybridClock;
use petrel_model::id::Id;
use petrel_store::{Batch, Record, Row, Stamp, Store, StoreError};

use crate::handler::JobError;
use crate::tables::{JobRow, Jobs};

/// One partition of a queue holds the jobs that are due in so many milliseconds.
pub const BUCKET_MS: u64 = 60_000;
const COUNT_PAGE: usize = 1_000;

/// Queues are worked off side by side; within one, what is due first goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Queue {
    /// A person waits for it: mail, what a command could not fit into its batch.
    Prompt = 0,
    /// The rest of ordinary work.
    Normal = 1,
    /// Clearing away and mending; nobody notices when it takes an hour.
    Background = 2,
}

impl Queue {
    pub const ALL: [Queue; 3] = [Queue::Prompt, Queue::Normal, Queue::Background];
}

/// A job to be added to a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewJob {
    pub queue: Queue,
    /// Which handler does it.
    pub kind: &'static str,
    /// What the handler needs to know, as it encodes it.
    pub payload: Vec<u8>,
    /// Unix milliseconds before which it does not run; none for at once.
    pub due_ms: Option<u64>,
}

impl NewJob {
    /// A job for now with a record as its payload; [`Job::payload`] reads it back.
    pub fn of(queue: Queue, kind: &'static str, payload: &impl Record) -> NewJob {
        NewJob {
            queue,
            kind,
            payload: payload.to_value(),
            due_ms: None,
        }
    }

    pub fn due_at_ms(mut self, due_ms: u64) -> NewJob {
        self.due_ms = Some(due_ms);
        self
    }
}

/// A job as its handler sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    pub id: Id,
    pub queue: Queue,
    pub kind: String,
    pub payload: Vec<u8>,
    /// How often it was tried before and failed.
    pub attempts: u32,
    /// Unix milliseconds at which it was due.
    pub due_ms: u64,
    pub(crate) bucket: u64,
    pub(crate) revision: Stamp,
}

impl Job {
    pub(crate) fn from_row(queue: Queue, bucket: u64, row: Row<Jobs>) -> Job {
        Job {
            id: row.sort,
            queue,
            kind: row.value.kind,
            payload: row.value.payload,
            attempts: row.value.attempts,
            due_ms: row.value.due_ms,
            bucket,
            revision: row.revision,
        }
    }

    /// The payload as the record that it was made of.
    ///
    /// # Errors
    /// Permanent: a payload that does not decode now never will.
    pub fn payload<T: Record>(&self) -> Result<T, JobError> {
        T::from_value(&self.payload)
            .map_err(|error| JobError::Permanent(format!("payload does not decode: {error}")))
    }

    /// Takes its row away with what its handler leaves behind, so that there is never both. To be
    /// followed by nothing but the end of the run.
    pub fn remove(&self, batch: &mut Batch<'_>) {
        batch.note(self.revision);
        batch.delete::<Jobs>(&(self.queue as u8, self.bucket), &self.id);
    }
}

/// Adds the row of a job to a command's own batch; the job exists when the batch is committed.
pub fn enqueue(batch: &mut Batch<'_>, clock: &HybridClock, job: NewJob) -> Id {
    let id = clock.next_id();
    let due_ms = job.due_ms.unwrap_or_else(|| clock.now_ms());
    let row = JobRow {
        kind: job.kind.to_owned(),
        payload: job.payload,
        due_ms,
        attempts: 0,
        last_error: None,
    };
    batch.put::<Jobs>(&(job.queue as u8, bucket_of(due_ms, id)), &id, &row);
    id
}

/// Ids never run behind the cursor, also when the wall clock was set back: no job lands in a
/// bucket that was left behind.
pub(crate) fn bucket_of(due_ms: u64, id: Id) -> u64 {
    due_ms.max(id.time_ms()) / BUCKET_MS
}

/// How many jobs there are, due or not. Reads the whole table: for operators and tests.
///
/// # Errors
/// Those of the store.
pub async fn pending(store: &Store) -> Result<usize, StoreError> {
    let (mut count, mut token) = (0, None);
    loop {
        let (rows, next) = store.scan_table::<Jobs>(token, COUNT_PAGE).await?;
        count += rows.len();
        match next {
            None => return Ok(count),
            next => token = next,
        }
    }
}

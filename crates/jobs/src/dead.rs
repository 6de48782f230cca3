//! Dead letters: jobs that were given up, with the reason, for an operator to read.

use minicbor::{Decode, Encode};
use petrel_model::id::Id;
use petrel_store::{Batch, Store, StoreError};

use crate::enqueue::Job;
use crate::tables::DeadLetters;

/// How long a dead letter is kept, in seconds.
pub const DEAD_LETTER_KEPT_S: u64 = 30 * 24 * 3_600;
const BUCKET_MS: u64 = 3_600_000;
/// Longest reason that is kept, in bytes.
const REASON_BYTES_MAX: usize = 1_024;

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DeadLetterRow {
    #[n(0)]
    pub kind: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    #[n(2)]
    pub attempts: u32,
    #[n(3)]
    pub reason: String,
    /// Unix milliseconds at which it was given up.
    #[n(4)]
    pub died_at_ms: u64,
    #[n(5)]
    pub queue: u8,
}

/// A job that was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    pub id: Id,
    pub letter: DeadLetterRow,
}

/// The youngest dead letters, hour by hour backwards, at most `limit`.
///
/// # Errors
/// Those of the store.
pub async fn dead_letters(store: &Store, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
    // A clock set back leaves letters in hours to come: begin at the later of wall and stamps.
    let now_ms = store
        .clock()
        .now_ms()
        .max(store.clock().last_stamp().0 / 1_000);
    let newest = now_ms / BUCKET_MS;
    let oldest = newest.saturating_sub(DEAD_LETTER_KEPT_S * 1_000 / BUCKET_MS);
    let mut letters = Vec::new();
    for hour in (oldest..=newest).rev() {
        let room = limit - letters.len();
        if room == 0 {
            break;
        }
        let scan = store.scan::<DeadLetters>(&hour).descending().limit(room);
        letters.extend(scan.await?.into_iter().map(|row| DeadLetter {
            id: row.sort,
            letter: row.value,
        }));
    }
    Ok(letters)
}

/// Adds the dead letter of `job` to the batch that deletes its row.
pub(crate) fn bury(batch: &mut Batch<'_>, job: &Job, reason: &str) {
    let clock = batch.store().clock();
    let died_at_ms = clock.now_ms();
    let hour = died_at_ms.max(clock.last_stamp().0 / 1_000) / BUCKET_MS;
    let row = DeadLetterRow {
        kind: job.kind.clone(),
        payload: job.payload.clone(),
        attempts: job.attempts,
        reason: shortened(reason),
        died_at_ms,
        queue: job.queue as u8,
    };
    let expires_at_s = hour * BUCKET_MS / 1_000 + DEAD_LETTER_KEPT_S;
    batch.put_until::<DeadLetters>(&hour, &job.id, &row, expires_at_s);
}

/// At most [`REASON_BYTES_MAX`] bytes of a reason.
pub(crate) fn shortened(reason: &str) -> String {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}

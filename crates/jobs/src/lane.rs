//! One queue as the scheduler knows it: which buckets are open, and what waits in memory.

use std::collections::{BTreeMap, HashSet};

use petrel_model::id::Id;
use petrel_store::{Store, StoreError};

use crate::enqueue::{BUCKET_MS, Job, Queue};
use crate::tables::{Jobs, QueueCursor, QueueCursors};

/// A bucket is swept for the last time so long after its end (and the engine's late bound), in
/// milliseconds. A command must commit its batch sooner than this after building it.
pub(crate) const CLOSE_AFTER_MS: u64 = 120_000;
/// A look reads again the ids of so many milliseconds back, for batches that took their time.
const OVERLAP_MS: u64 = 15_000;
const PAGE: usize = 500;
/// No more jobs of one queue than this are held in memory; the rest waits in the store.
const LOADED_MAX: usize = 10_000;
/// Buckets opened in one look; after a long downtime there are many.
const OPENED_MAX: usize = 1_000;

pub(crate) struct Lane {
    pub queue: Queue,
    /// Jobs in memory that nobody works on, by when they are due.
    pub waiting: BTreeMap<(u64, Id), Job>,
    /// Waiting or being worked on.
    known: HashSet<Id>,
    pub running: usize,
    /// The first bucket that may still have jobs, and the same as the store has it.
    cursor: u64,
    saved: u64,
    /// The cursor is not written before this, in Unix milliseconds: the last try failed.
    save_after_ms: u64,
    /// The first bucket that was never read.
    unread: u64,
    buckets: BTreeMap<u64, Bucket>,
}

struct Bucket {
    phase: Phase,
    /// Jobs of this bucket in memory.
    outstanding: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Read from the start, as far as the id.
    Reading(Option<Id>),
    /// Read once; young ids are looked for.
    Following,
    /// Read once more after its end, as far as the id.
    Sweeping(Option<Id>),
    Swept,
}

impl Lane {
    pub(crate) fn new(queue: Queue, cursor: u64) -> Lane {
        Lane {
            queue,
            waiting: BTreeMap::new(),
            known: HashSet::new(),
            running: 0,
            cursor,
            saved: cursor,
            save_after_ms: 0,
            unread: cursor,
            buckets: BTreeMap::new(),
        }
    }

    /// Reads what is new up to `head_ms`. True if something was left for another look.
    pub(crate) async fn look(&mut self, store: &Store, head_ms: u64) -> Result<bool, StoreError> {
        let head = head_ms / BUCKET_MS;
        let mut opened = 0;
        while self.unread <= head {
            if opened == OPENED_MAX {
                return Ok(true);
            }
            opened += 1;
            let bucket = Bucket {
                phase: Phase::Reading(None),
                outstanding: 0,
            };
            self.buckets.insert(self.unread, bucket);
            self.unread += 1;
            let last = self.unread - 1;
            if !self.read(store, last, head_ms).await? {
                return Ok(true);
            }
            if self.buckets.get(&last).is_some_and(Bucket::is_over) && self.cursor == last {
                // Long empty stretches after a downtime are not kept in memory.
                self.buckets.remove(&last);
                self.cursor += 1;
            }
        }
        let open: Vec<u64> = self.buckets.keys().copied().collect();
        for number in open {
            if !self.read(store, number, head_ms).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads one bucket as far as its phase asks; false if there was no room in memory.
    async fn read(&mut self, store: &Store, number: u64, head_ms: u64) -> Result<bool, StoreError> {
        let closable = self.closes_at_ms(store, number) <= head_ms;
        loop {
            let Some(bucket) = self.buckets.get_mut(&number) else {
                return Ok(true);
            };
            let (from, after) = match bucket.phase {
                Phase::Swept => return Ok(true),
                Phase::Following if closable => {
                    bucket.phase = Phase::Sweeping(None);
                    continue;
                }
                Phase::Following if (number + 1) * BUCKET_MS + OVERLAP_MS < head_ms => {
                    return Ok(true);
                }
                Phase::Following => (Id::first_at(head_ms.saturating_sub(OVERLAP_MS)), None),
                Phase::Reading(after) | Phase::Sweeping(after) => (Id::MIN, after),
            };
            if self.known.len() >= LOADED_MAX {
                return Ok(false);
            }
            let partition = (self.queue as u8, number);
            let mut scan = store.scan::<Jobs>(&partition).from(&from).limit(PAGE);
            if let Some(after) = after {
                scan = scan.after(&after);
            }
            let rows = scan.await?;
            let full = rows.len() == PAGE;
            let last = rows.last().map(|row| row.sort);
            for row in rows {
                self.hold(Job::from_row(self.queue, number, row));
            }
            let Some(bucket) = self.buckets.get_mut(&number) else {
                return Ok(true);
            };
            bucket.phase = match bucket.phase {
                Phase::Reading(_) if full => Phase::Reading(last),
                Phase::Sweeping(_) if full => Phase::Sweeping(last),
                // More young ids than a page: read the bucket as a whole.
                Phase::Following if full => Phase::Reading(last),
                Phase::Sweeping(_) => Phase::Swept,
                Phase::Reading(_) if closable => Phase::Swept,
                Phase::Reading(_) | Phase::Following | Phase::Swept => Phase::Following,
            };
            if !full {
                return Ok(true);
            }
        }
    }

    fn closes_at_ms(&self, store: &Store, number: u64) -> u64 {
        (number + 1) * BUCKET_MS + CLOSE_AFTER_MS + store.engine().late_bound_s() * 1_000
    }

    fn hold(&mut self, job: Job) {
        let Some(bucket) = self.buckets.get_mut(&job.bucket) else {
            // Its bucket was never read; it is found there when that is opened.
            return;
        };
        if self.known.insert(job.id) {
            bucket.outstanding += 1;
            self.waiting.insert((job.due_ms, job.id), job);
        }
    }

    /// The next job that is due, if any; it counts as running.
    pub(crate) fn next_due(&mut self, head_ms: u64) -> Option<Job> {
        let (&(due_ms, _), _) = self.waiting.first_key_value()?;
        if due_ms > head_ms {
            return None;
        }
        self.running += 1;
        self.waiting.pop_first().map(|(_, job)| job)
    }

    /// Unix milliseconds at which the next job in memory is due.
    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(key, _)| key.0)
    }

    pub(crate) fn finished(&mut self, id: Id, bucket: u64, again: Option<Job>) {
        self.running -= 1;
        self.known.remove(&id);
        if let Some(bucket) = self.buckets.get_mut(&bucket) {
            bucket.outstanding -= 1;
        }
        if let Some(job) = again {
            self.hold(job);
        }
    }

    /// Moves the cursor past the buckets that are swept and done with. The row comes first: its
    /// stamp keeps every later id above the cursor, also when the wall clock goes back. If it
    /// cannot be written (on a full disk), more is read at the next start, and nothing is lost.
    pub(crate) async fn advance(&mut self, store: &Store, head_ms: u64) {
        let mut to = self.cursor;
        while self.buckets.get(&to).is_some_and(Bucket::is_over) {
            to += 1;
        }
        if to == self.saved || head_ms < self.save_after_ms {
            return;
        }
        let mut batch = store.batch();
        let cursor = QueueCursor { bucket: to };
        batch.put::<QueueCursors>(&(self.queue as u8), &(), &cursor);
        if let Err(error) = batch.commit().await {
            tracing::warn!(queue = ?self.queue, %error, "a queue's cursor was not written");
            self.save_after_ms = head_ms + BUCKET_MS;
            return;
        }
        self.buckets = self.buckets.split_off(&to);
        (self.cursor, self.saved) = (to, to);
    }
}

impl Bucket {
    fn is_over(&self) -> bool {
        self.phase == Phase::Swept && self.outstanding == 0
    }
}

#[cfg(test)]
mod tests {
    use petrel_store::sim::{self, BEGIN_MS};

    use super::*;
    use crate::enqueue::{NewJob, enqueue};

    const FIRST: u64 = BEGIN_MS / BUCKET_MS;
    /// The engine's late bound and the time before closing, in buckets.
    const KEPT_OPEN: u64 = 2 * 60 + 2 + 1;

    async fn saved(store: &Store) -> Option<u64> {
        let row = store.get::<QueueCursors>(&0, &()).await.unwrap();
        row.map(|row| row.value.bucket)
    }

    async fn look(lane: &mut Lane, store: &Store, head: u64) {
        while lane.look(store, head * BUCKET_MS).await.unwrap() {}
        lane.advance(store, head * BUCKET_MS).await;
    }

    #[tokio::test]
    async fn the_cursor_follows_what_is_swept_and_done_with() {
        let (store, _) = sim::store(3);
        let mut lane = Lane::new(Queue::Prompt, FIRST);
        let mut batch = store.batch();
        let job = NewJob {
            queue: Queue::Prompt,
            kind: "post",
            payload: Vec::new(),
            due_ms: None,
        };
        let id = enqueue(&mut batch, store.clock(), job);
        batch.commit().await.unwrap();

        look(&mut lane, &store, FIRST + 500).await;
        assert_eq!(saved(&store).await, None, "a job waits in the first bucket");
        let job = lane.next_due(BEGIN_MS + BUCKET_MS).unwrap();
        assert_eq!((job.id, job.bucket), (id, FIRST));
        lane.finished(id, FIRST, None);

        look(&mut lane, &store, FIRST + 500).await;
        let cursor = FIRST + 501 - KEPT_OPEN;
        assert_eq!(saved(&store).await, Some(cursor));
        assert_eq!(lane.buckets.len() as u64, KEPT_OPEN);
        look(&mut lane, &store, FIRST + 5_000).await;
        assert_eq!(saved(&store).await, Some(cursor + 4_500));
        assert_eq!(lane.buckets.len() as u64, KEPT_OPEN);
    }

    #[tokio::test]
    async fn a_late_row_is_found_by_the_last_sweep() {
        let (store, _) = sim::store(3);
        let mut lane = Lane::new(Queue::Prompt, FIRST);
        look(&mut lane, &store, FIRST + 60).await;
        assert!(lane.waiting.is_empty());
        let mut batch = store.batch();
        let row = crate::tables::JobRow {
            kind: "post".to_owned(),
            payload: Vec::new(),
            due_ms: BEGIN_MS,
            attempts: 0,
            last_error: None,
        };
        batch.put::<Jobs>(&(0, FIRST), &Id::first_at(BEGIN_MS), &row);
        batch.commit().await.unwrap();
        look(&mut lane, &store, FIRST + 100).await;
        assert!(
            lane.waiting.is_empty(),
            "its bucket is not read again before its time"
        );
        look(&mut lane, &store, FIRST + KEPT_OPEN).await;
        assert_eq!(lane.waiting.len(), 1);
    }
}

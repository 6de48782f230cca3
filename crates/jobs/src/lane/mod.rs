//! One queue as the scheduler knows it: which buckets are open, and what waits in memory.
//!
//! A bucket is passed twice. Once it is quiet (behind the watermark by more than a commit takes)
//! it is swept, and when nothing of it is left it is *done*: whoever takes the queue over begins
//! behind the done ones. When the late bound is over, which on a cluster takes days, it is swept
//! once more for what was in doubt, and then left for ever.

mod bucket;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use petrel_model::id::Id;
use petrel_store::{Stamp, Store, StoreError};

use crate::attempt::{Fate, Finished};
use crate::enqueue::{Job, Queue};
use crate::tables::{Jobs, QueueCursor, QueueCursors};
use bucket::{Bucket, OVERLAP_MS, Phase};

pub(crate) use bucket::Moment;

const PAGE: usize = 500;
/// No more jobs of one queue than this are held in memory; the rest waits in the store.
const LOADED_MAX: usize = 10_000;
/// Buckets opened in one look; after a long downtime there are many.
const OPENED_MAX: usize = 1_000;
/// Buckets swept for the last time in one look.
const LAST_SWEEPS_MAX: usize = 20;
/// A cursor that could not be written is not tried again for so long, in milliseconds.
const SAVE_PAUSE_MS: u64 = 60_000;

pub(crate) struct Lane {
    pub queue: Queue,
    /// Jobs in memory that nobody works on, by when they are due.
    pub(super) waiting: BTreeMap<(u64, Id), Job>,
    running: HashSet<Id>,
    /// Waiting or being worked on.
    known: HashSet<Id>,
    /// The token of the lease under which it is open.
    token: Option<u64>,
    /// Where it stands, and the same as the store has it.
    at: Cursor,
    saved: Cursor,
    /// The cursor is not written before this, in Unix milliseconds: the last try failed.
    save_after_ms: u64,
    /// The first bucket that was never swept for the last time.
    swept: u64,
    /// The first bucket that was never read.
    unread: u64,
    buckets: BTreeMap<u64, Bucket>,
}

/// Which buckets are left behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cursor {
    /// The first bucket that may still have jobs.
    pub first: u64,
    /// Buckets below have none as far as is known; from the first one on they are swept once more.
    pub done: u64,
}

impl Lane {
    pub(crate) fn new(queue: Queue) -> Lane {
        Lane {
            queue,
            waiting: BTreeMap::new(),
            running: HashSet::new(),
            known: HashSet::new(),
            token: None,
            at: Cursor::default(),
            saved: Cursor::default(),
            save_after_ms: 0,
            swept: 0,
            unread: 0,
            buckets: BTreeMap::new(),
        }
    }

    /// Begins at a cursor, under a lease with this token. What still runs from before is known.
    pub(crate) fn open(&mut self, token: u64, cursor: Cursor) {
        self.close();
        (self.at, self.saved) = (cursor, cursor);
        self.save_after_ms = 0;
        self.swept = cursor.first;
        self.unread = cursor.done;
        self.token = Some(token);
    }

    /// Forgets what nobody works on; another node does it from now on.
    pub(crate) fn close(&mut self) {
        self.token = None;
        self.waiting.clear();
        self.buckets.clear();
        self.known = self.running.clone();
    }

    /// Under which lease it is open.
    pub(crate) fn token(&self) -> Option<u64> {
        self.token
    }

    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// Reads what is new. True if something was left for another look at once.
    pub(crate) async fn look(
        &mut self,
        store: &Store,
        moment: &Moment,
    ) -> Result<bool, StoreError> {
        // No id of this node falls into a bucket that is passed, also when the wall clock is set
        // back; the cursor's row carries that over a restart.
        store.clock().observe(Stamp(moment.head_ms * 1_000));
        let mut opened = 0;
        while self.unread <= moment.head() {
            if opened == OPENED_MAX {
                return Ok(true);
            }
            opened += 1;
            let number = self.unread;
            self.buckets.insert(number, Bucket::new());
            self.unread += 1;
            if !self.read(store, number, moment).await? {
                return Ok(true);
            }
            // Long empty stretches after a downtime are not kept in memory.
            self.pass();
        }
        let open: Vec<u64> = self.buckets.keys().copied().collect();
        for number in open {
            if !self.read(store, number, moment).await? {
                return Ok(true);
            }
        }
        self.pass();
        self.sweep_last(store, moment).await
    }

    /// Sweeps for the last time, a few buckets in each look.
    async fn sweep_last(&mut self, store: &Store, moment: &Moment) -> Result<bool, StoreError> {
        for _ in 0..LAST_SWEEPS_MAX {
            if self.swept >= self.at.done || !moment.is_last(self.swept) {
                break;
            }
            let number = self.swept;
            self.buckets.insert(number, Bucket::new());
            let has_room = self.read(store, number, moment).await?;
            if !has_room {
                self.buckets.remove(&number);
                return Ok(true);
            }
            self.swept += 1;
        }
        self.pass();
        Ok(false)
    }

    /// Reads one bucket as far as its phase asks; false if there was no room in memory.
    async fn read(
        &mut self,
        store: &Store,
        number: u64,
        moment: &Moment,
    ) -> Result<bool, StoreError> {
        loop {
            let Some(bucket) = self.buckets.get_mut(&number) else {
                return Ok(true);
            };
            let young = Id::first_at(moment.head_ms.saturating_sub(OVERLAP_MS));
            let (from, after) = match bucket.go_on(number, moment) {
                None | Some(Phase::Swept) => return Ok(true),
                Some(Phase::Following) => (young, None),
                Some(Phase::Reading(after) | Phase::Sweeping(after)) => (Id::MIN, after),
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
            let full = (rows.len() == PAGE).then(|| rows[PAGE - 1].sort);
            for row in rows {
                self.hold(Job::from_row(self.queue, number, row));
            }
            if let Some(bucket) = self.buckets.get_mut(&number) {
                bucket.has_read(full);
            }
            if full.is_none() {
                return Ok(true);
            }
        }
    }

    fn hold(&mut self, job: Job) {
        let Some(bucket) = self.buckets.get_mut(&job.bucket) else {
            // Its bucket was never read; it is found there when that is opened.
            return;
        };
        bucket.outstanding.insert(job.id);
        if self.known.insert(job.id) {
            self.waiting.insert((job.due_ms, job.id), job);
        }
    }

    /// The next job that is due, if any; it counts as running.
    pub(crate) fn next_due(&mut self, head_ms: u64) -> Option<Job> {
        let (&(due_ms, id), _) = self.waiting.first_key_value()?;
        if due_ms > head_ms {
            return None;
        }
        self.running.insert(id);
        self.waiting.pop_first().map(|(_, job)| job)
    }

    /// Unix milliseconds at which the next job in memory is due.
    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(key, _)| key.0)
    }

    pub(crate) fn finished(&mut self, finished: Finished) {
        self.running.remove(&finished.id);
        self.known.remove(&finished.id);
        if let Some(bucket) = self.buckets.get_mut(&finished.bucket) {
            bucket.outstanding.remove(&finished.id);
            if matches!(finished.fate, Fate::Left) {
                // Its row is as it was; the lane may have been opened anew since.
                bucket.phase = Phase::Reading(None);
            }
        }
        if let Fate::Again(job) = finished.fate {
            self.hold(*job);
        }
    }

    /// Moves past the buckets that are done, and past those that are swept for the last time.
    fn pass(&mut self) {
        while let Some(bucket) = self.buckets.get(&self.at.done)
            && bucket.is_over()
        {
            if bucket.is_last && self.swept == self.at.done {
                self.swept += 1;
            }
            self.buckets.remove(&self.at.done);
            self.at.done += 1;
        }
        let mut first = self.swept;
        while let Some((&number, bucket)) = self.buckets.range(..self.swept).next() {
            if !bucket.is_over() {
                first = number;
                break;
            }
            self.buckets.remove(&number);
        }
        self.at.first = first;
    }

    /// Writes how far the lane has come. If that fails (on a full disk), more is read at the next
    /// start, and nothing is lost. What it says is true for ever, so it does no harm if it lands
    /// after the queue has gone to another node.
    pub(crate) async fn save(&mut self, store: &Store, moment: &Moment) {
        if self.at == self.saved || moment.head_ms < self.save_after_ms {
            return;
        }
        let mut batch = store.batch();
        let cursor = QueueCursor {
            bucket: self.at.first,
            done: Some(self.at.done),
        };
        batch.put::<QueueCursors>(&(self.queue as u8), &(), &cursor);
        if let Err(error) = batch.commit().await {
            tracing::warn!(queue = ?self.queue, %error, "a queue's cursor was not written");
            self.save_after_ms = moment.head_ms + SAVE_PAUSE_MS;
            return;
        }
        self.saved = self.at;
    }
}

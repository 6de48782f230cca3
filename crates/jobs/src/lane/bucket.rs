use std::collections::HashSet;

use petrel_model::id::Id;
use petrel_store::Store;

use crate::enqueue::BUCKET_MS;

/// A bucket is swept so long after its end, in milliseconds, and by all that is known of other
/// nodes. A command must commit its batch sooner than this after building it.
const CLOSE_AFTER_MS: u64 = 120_000;
/// A look reads again the ids of so many milliseconds back, for batches that took their time.
pub(super) const OVERLAP_MS: u64 = 15_000;

/// What is known of a bucket that may have jobs.
pub(super) struct Bucket {
    pub phase: Phase,
    /// The sweep was begun after the late bound: nothing appears here any more.
    pub is_last: bool,
    /// Jobs of this bucket that wait in memory or are worked on here.
    pub outstanding: HashSet<Id>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Read from the start, as far as the id.
    Reading(Option<Id>),
    /// Read once; young ids are looked for.
    Following,
    /// Read once more after its end, as far as the id.
    Sweeping(Option<Id>),
    Swept,
}

/// How far time has come, for one look.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// What was due before is due now, in Unix milliseconds.
    pub head_ms: u64,
    /// Everything that was acknowledged before is visible here, in Unix milliseconds.
    pub known_ms: u64,
    late_bound_ms: u64,
}

impl Moment {
    /// Buckets close behind the watermark: by the wall clock alone, another node's commit of the
    /// last minutes might not be visible yet.
    pub(crate) fn of(store: &Store, head_ms: u64) -> Moment {
        Moment {
            head_ms,
            known_ms: head_ms.min(store.watermark().0 / 1_000),
            late_bound_ms: store.late_bound_ms(),
        }
    }

    pub(super) fn head(&self) -> u64 {
        self.head_ms / BUCKET_MS
    }

    /// Whatever was acknowledged has become visible in the bucket.
    pub(super) fn is_quiet(&self, number: u64) -> bool {
        (number + 1) * BUCKET_MS + CLOSE_AFTER_MS <= self.known_ms
    }

    /// What was in doubt has landed by now or never will.
    pub(super) fn is_last(&self, number: u64) -> bool {
        (number + 1) * BUCKET_MS + CLOSE_AFTER_MS + self.late_bound_ms <= self.known_ms
    }

    /// Young ids may still appear.
    pub(super) fn is_young(&self, number: u64) -> bool {
        (number + 1) * BUCKET_MS + OVERLAP_MS >= self.head_ms
    }

    /// The first bucket in which something in doubt may still land.
    pub(crate) fn first_in_doubt(&self) -> u64 {
        let open_ms = BUCKET_MS + CLOSE_AFTER_MS + self.late_bound_ms;
        self.head_ms.saturating_sub(open_ms) / BUCKET_MS
    }
}

impl Bucket {
    pub(super) fn new() -> Bucket {
        Bucket {
            phase: Phase::Reading(None),
            is_last: false,
            outstanding: HashSet::new(),
        }
    }

    /// From which phase to read on at this moment; none if there is nothing to read.
    pub(super) fn go_on(&mut self, number: u64, moment: &Moment) -> Option<Phase> {
        match self.phase {
            Phase::Swept => return None,
            Phase::Reading(_) | Phase::Following if moment.is_quiet(number) => {
                self.phase = Phase::Sweeping(None);
                self.is_last = moment.is_last(number);
            }
            Phase::Following if !moment.is_young(number) => return None,
            _ => {}
        }
        Some(self.phase)
    }

    /// After a page whose last id is `last`, if it was full.
    pub(super) fn has_read(&mut self, full: Option<Id>) {
        self.phase = match (self.phase, full) {
            // More young ids than a page: read the bucket as a whole.
            (Phase::Reading(_) | Phase::Following, Some(last)) => Phase::Reading(Some(last)),
            (Phase::Sweeping(_), Some(last)) => Phase::Sweeping(Some(last)),
            (Phase::Reading(_) | Phase::Following, None) => Phase::Following,
            (Phase::Sweeping(_) | Phase::Swept, _) => Phase::Swept,
        };
    }

    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Swept && self.outstanding.is_empty()
    }
}

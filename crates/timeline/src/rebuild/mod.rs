//! At start: the log out of its files and the events since, or else out of the store.

mod files;
mod from_store;

use std::sync::atomic::Ordering;

use petrel_model::event::Event;
use petrel_social::error::Result;
use petrel_store::{Stamp, Store, StoreError};

use crate::coverage::COVERED_MS_MIN;
use crate::hear::concerns_log;
use crate::timelines::Timelines;

/// Gaps that are looked into at a time.
const STEP_GAPS: usize = 100;

/// How the log came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rebuilt {
    /// Out of the files, and so many events since.
    FromFiles { events: usize },
    /// Out of the whole table of statuses.
    FromStore,
}

impl Timelines {
    /// Fills the log. To be called once, before anything is served; events may come meanwhile. On
    /// several nodes they must: it is called after [`petrel_store::Peers::join`], so that nothing
    /// is missed between what is read here and what is told.
    ///
    /// # Errors
    /// The store's. Without it there is no timeline to be had either.
    pub async fn rebuild(&self, store: &Store) -> Result<Rebuilt> {
        if store.peers().is_some() {
            self.journal.be_among_others();
        }
        let rebuilt = match self.read_from_files(store).await? {
            Some(events) => Rebuilt::FromFiles { events },
            None => {
                if let Some(Err(error)) = self.journal.folder().map(|folder| folder.clear()) {
                    tracing::warn!(%error, "old files of the timelines' cache could not be removed");
                }
                self.read_from_store(store).await?;
                Rebuilt::FromStore
            }
        };
        match store.peers() {
            Some(peers) => self.journal.stand_at(peers.positions()),
            None => {
                let node = store.clock().node().number();
                self.journal.begin_alone(node, store.token());
            }
        }
        self.filled.store(true, Ordering::Release);
        if let Some(covered_ms) = self.covered_ms(store.clock().now_ms())
            && covered_ms < COVERED_MS_MIN
        {
            let hours = covered_ms / 3_600_000;
            tracing::warn!(hours, "the timelines' log has room for less than a day");
        }
        // At once, so that a crash does not cost the next start another scan.
        self.flush_or_warn(store.clock().now_ms());
        Ok(rebuilt)
    }

    /// Writes the log's files: called every minute or so and when the server stops. Blocks.
    pub fn flush(&self, now_ms: u64) -> std::io::Result<()> {
        self.journal.flush(now_ms, self.settings.slots_max as u64)
    }

    /// Whether anything of the log is kept on disk.
    pub fn keeps_files(&self) -> bool {
        self.journal.folder().is_some()
    }

    /// As [`Timelines::flush`], if the last one is a while ago.
    pub fn flush_if_due(&self, now_ms: u64) -> std::io::Result<()> {
        match self.journal.is_due(now_ms) {
            true => self.flush(now_ms),
            false => Ok(()),
        }
    }

    /// Notes how far this node has heard of all: the next files say so. What was told up to there
    /// is in the log by now. Nothing on one machine, which knows it by itself.
    pub fn note_positions(&self, store: &Store) {
        if let Some(peers) = store.peers().filter(|_| self.is_ready()) {
            self.journal.stand_at(peers.positions());
        }
    }

    /// On one machine: asks the store for events that this process wrote but nobody was told of,
    /// because whoever wrote them went away before the answer, and tells everybody. A gap is
    /// looked into when it is there the second time: most are writes under way. On several nodes
    /// [`petrel_store::Peers::round`] looks after that.
    pub async fn close_gaps(&self, store: &Store) -> Result<usize, StoreError> {
        if store.peers().is_some() {
            return Ok(0);
        }
        let mut closed = 0;
        // The youngest first: of batches that were refused a gap stays.
        let gaps = self.journal.old_gaps(store.drawn());
        for sequence in gaps.into_iter().rev().take(STEP_GAPS) {
            let node = store.clock().node().number();
            let found = store.events(node, store.token(), sequence, 1).await?;
            for happened in found
                .iter()
                .filter(|happened| happened.sequence == sequence)
            {
                self.hear(happened);
                store.tell_late(happened);
                closed += 1;
            }
        }
        Ok(closed)
    }

    fn flush_or_warn(&self, now_ms: u64) {
        if let Err(error) = self.flush(now_ms) {
            tracing::warn!(%error, "the timelines' cache could not be written");
        }
    }

    /// What was told before, or what the store says, for the log and its next files. These may say
    /// it twice, but never less than the log.
    fn take_in(&self, event: &Event, stamp: Stamp) {
        self.apply(event, stamp);
        if concerns_log(event) {
            self.journal.add(event);
        }
    }
}

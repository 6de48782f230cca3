//! Whether this node's log reaches back far enough to serve timelines.

use std::sync::atomic::Ordering;

use petrel_model::id::StatusId;

use crate::timelines::Timelines;

/// A log should cover so much, in milliseconds: what lies further back costs reads of the store.
pub(crate) const COVERED_MS_MIN: u64 = 24 * 3_600_000;

impl Timelines {
    /// Whether home may be asked of this node: its log holds the last 24 hours, or all there is,
    /// or as much as it has room for. Before that most of home would be read from the store.
    pub fn is_ready(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    /// How far back the log reaches, in milliseconds; none if it holds all there is. Less than a
    /// day says that it has too little room.
    pub fn covered_ms(&self, now_ms: u64) -> Option<u64> {
        let start = self.log.start();
        (start > StatusId::MIN).then(|| now_ms.saturating_sub(start.time_ms()))
    }
}

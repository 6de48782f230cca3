use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use petrel_model::clock::Clock;

/// Until when this node may answer Ok to a write. Moved on by whoever keeps the node's lease.
pub struct Standing {
    clock: Arc<dyn Clock>,
    /// By [`Clock::monotonic_us`].
    until_us: AtomicU64,
    refusal: Mutex<Option<String>>,
}

impl Standing {
    /// It does not stand before the first [`Standing::extend_to`].
    pub fn new(clock: Arc<dyn Clock>) -> Standing {
        Standing {
            clock,
            until_us: AtomicU64::new(0),
            refusal: Mutex::new(None),
        }
    }

    /// From now on it stands until then, by [`Clock::monotonic_us`]; 0 ends it.
    pub fn extend_to(&self, until_us: u64) {
        self.until_us.store(until_us, Ordering::SeqCst);
    }

    pub fn stands(&self) -> bool {
        self.clock.monotonic_us() < self.until_us.load(Ordering::SeqCst)
    }

    /// Takes no writes from now on, for this reason, until [`Standing::allow`]. What is under way
    /// is still answered.
    pub fn refuse(&self, why: impl Into<String>) {
        *self.refusal.lock() = Some(why.into());
    }

    pub fn allow(&self) {
        *self.refusal.lock() = None;
    }

    pub fn refusal(&self) -> Option<String> {
        self.refusal.lock().clone()
    }
}

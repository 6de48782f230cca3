use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use petrel_model::clock::{Clock, Stamp};

/// Until when this node may answer Ok to a write. Moved on by whoever keeps the node's lease.
pub struct Standing {
    clock: Arc<dyn Clock>,
    /// By [`Clock::monotonic_us`].
    until_us: AtomicU64,
    /// The latest stamp that the lease's row allows.
    promised: AtomicU64,
    refusal: Mutex<Option<String>>,
}

impl Standing {
    /// It does not stand before the first [`Standing::extend_to`].
    pub fn new(clock: Arc<dyn Clock>) -> Standing {
        Standing {
            clock,
            until_us: AtomicU64::new(0),
            promised: AtomicU64::new(u64::MAX),
            refusal: Mutex::new(None),
        }
    }

    /// From now on it stands until then, by [`Clock::monotonic_us`]; 0 ends it.
    pub fn extend_to(&self, until_us: u64) {
        self.until_us.store(until_us, Ordering::SeqCst);
    }

    /// Stamps up to this one are promised in the lease's row, so that whoever has the number next
    /// begins above them: while the wall clock is beyond it, nothing is written. All, until this is
    /// called.
    pub fn promise(&self, up_to: Stamp) {
        self.promised.store(up_to.0, Ordering::SeqCst);
    }

    pub fn promised(&self) -> Stamp {
        Stamp(self.promised.load(Ordering::SeqCst))
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

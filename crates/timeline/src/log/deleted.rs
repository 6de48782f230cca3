use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use petrel_model::id::StatusId;

use crate::log::mixed::{Mixed, mix};

/// Deleted statuses lie in so many sets, each small enough that its growth is not felt.
const SHARDS: usize = 64;

/// The statuses that were deleted.
pub(crate) struct Deleted {
    any: AtomicBool,
    shards: Box<[Shard]>,
}

type Shard = RwLock<HashSet<u64, Mixed>>;

impl Deleted {
    pub(crate) fn new() -> Deleted {
        Deleted {
            any: AtomicBool::new(false),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    /// False if it is there already.
    pub(crate) fn insert(&self, status: StatusId) -> bool {
        let is_new = self.shard(status.0.0).write().insert(status.0.0);
        self.any.store(true, Ordering::Release);
        is_new
    }

    pub(crate) fn contains(&self, status: StatusId) -> bool {
        self.any.load(Ordering::Acquire) && self.shard(status.0.0).read().contains(&status.0.0)
    }

    fn shard(&self, id: u64) -> &Shard {
        &self.shards[(mix(id) >> 24) as usize % SHARDS]
    }
}

use std::hash::{BuildHasher, RandomState};

use petrel_store::engine::RawConditional;
use tokio::sync::{Mutex, MutexGuard};

use crate::limits::TURNS;

/// Conditional writes of this node in one partition wait for one another: at the engine they would
/// get in each other's way, and those that do take long and end in doubt.
pub(crate) struct Turns {
    places: Vec<Mutex<()>>,
    hash: RandomState,
}

impl Turns {
    pub fn new() -> Turns {
        Turns {
            places: (0..TURNS).map(|_| Mutex::new(())).collect(),
            hash: RandomState::new(),
        }
    }

    pub async fn take(&self, write: &RawConditional) -> MutexGuard<'_, ()> {
        let hash = self.hash.hash_one((write.table, &write.partition));
        // The remainder is less than TURNS.
        self.places[(hash % TURNS as u64) as usize].lock().await
    }
}

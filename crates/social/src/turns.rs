//! Commands about one thing take turns, so that each decides on what the one before it left.
//! Facts stand without it, as they do on several nodes, where nobody waits for anybody: whatever
//! two commands at once leave behind, no list row counts beside its fact. But on one machine
//! nothing is left behind for counts to stumble over, and no edit comes after a deletion.

use std::hash::{DefaultHasher, Hash, Hasher};

use petrel_model::id::{AccountId, StatusId};
use tokio::sync::{Mutex, MutexGuard};

/// Commands wait for one another in so many places; two things that share one only wait.
const PLACES: usize = 1_024;

/// Whose turn it is. One for each process.
pub struct Turns {
    places: Box<[Mutex<()>]>,
}

/// Held until the command has committed. Never two by one command: they could share a place.
#[must_use]
pub struct Turn<'a> {
    _place: MutexGuard<'a, ()>,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns {
            places: (0..PLACES).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Turns {
    /// For what an account does to a status: a mark, or its own edit and deletion of it.
    pub async fn status(&self, account: AccountId, status: StatusId) -> Turn<'_> {
        self.take((account.0, status.0)).await
    }

    /// For what an account asks for once.
    pub async fn key(&self, account: AccountId, key: &str) -> Turn<'_> {
        self.take((account.0, key)).await
    }

    /// For what two accounts are to each other, whichever of them acts.
    pub async fn accounts(&self, one: AccountId, other: AccountId) -> Turn<'_> {
        self.take((one.min(other).0, one.max(other).0)).await
    }

    async fn take(&self, about: impl Hash) -> Turn<'_> {
        let mut hasher = DefaultHasher::new();
        about.hash(&mut hasher);
        let place = &self.places[hasher.finish() as usize % PLACES];
        Turn {
            _place: place.lock().await,
        }
    }
}

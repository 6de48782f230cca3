use std::sync::OnceLock;

use petrel_social::error::Result;
use petrel_store::events::Happened;
use petrel_store::{Moment, Store};

/// How long ago this node made sure of what others have done when an event is judged, in
/// microseconds, however long it waited for a slow client. Longer than a look takes on a busy
/// machine: else what was taken up together would need one after the other.
const KNOWN_AGE_US_MAX: u64 = 1_000_000;

/// An event as the sessions of this node share it.
pub(super) struct Pushed {
    pub(super) happened: Happened,
    /// When the first of them took it up.
    taken_up: OnceLock<Moment>,
}

impl Pushed {
    pub(super) fn new(happened: Happened) -> Pushed {
        Pushed {
            happened,
            taken_up: OnceLock::new(),
        }
    }

    /// Some session begins to judge it.
    pub(super) fn take_up(&self, store: &Store) -> Moment {
        *self.taken_up.get_or_init(|| store.moment())
    }

    /// Makes sure that all is known here that was acknowledged on any node before the event was
    /// taken up: what anybody did, or had done to them, before it happened. Whoever comes first
    /// looks for all.
    pub(super) async fn judgeable(&self, store: &Store) -> Result<()> {
        let moment = self.take_up(store);
        Ok(store.known_since(moment, KNOWN_AGE_US_MAX).await?)
    }
}

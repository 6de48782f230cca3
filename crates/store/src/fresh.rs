//! How much a request may rely on what this node keeps.

use petrel_model::id::AccountId;

use crate::batch::row_key;
use crate::peers::{Latest, Moment};
use crate::store::Store;
use crate::table::Mode;
use crate::{Stamp, StoreError};

/// Nobody is shown what is older, in microseconds: who asks with an account knows at least their
/// own doings, and of others' at most so much less.
const WATERMARK_AGE_US_MAX: u64 = 3_000_000;

impl Store {
    /// Up to this stamp this node knows all that any node has written. All, on one machine.
    pub fn watermark(&self) -> Stamp {
        self.peers()
            .map_or(Stamp(u64::MAX), |peers| peers.core().watermark())
    }

    /// When it returns, everything that was acknowledged by any node before it was called is known
    /// here: to the cache and to the listeners. One round trip, shared by all who wait; nothing on
    /// one machine.
    ///
    /// # Errors
    /// Those of the store: then nobody can tell how old what is kept here is.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        match self.peers() {
            Some(peers) => peers.core().catch_up().await,
            None => Ok(()),
        }
    }

    /// Where this node stands among its catch-ups, for [`Store::known_since`].
    pub fn moment(&self) -> Moment {
        self.peers()
            .map_or(Moment(0), |peers| peers.core().moment())
    }

    /// As [`Store::catch_up`], for those who may share one although they come one after another:
    /// when it returns, everything that was acknowledged by any node before the moment, or so many
    /// microseconds ago, is known here.
    ///
    /// # Errors
    /// As for [`Store::catch_up`].
    pub async fn known_since(&self, moment: Moment, age_us_max: u64) -> Result<(), StoreError> {
        match self.peers() {
            Some(peers) if !peers.core().has_caught_up(moment, age_us_max) => self.catch_up().await,
            _ => Ok(()),
        }
    }

    /// Makes sure that what is known here is enough to judge what bears this revision, or an earlier
    /// one: nothing if the watermark has passed it, else [`Store::catch_up`]. True if it had to.
    ///
    /// # Errors
    /// As for [`Store::catch_up`].
    pub async fn fresh_for(&self, revision: Stamp) -> Result<bool, StoreError> {
        // What this node wrote itself it was told of before the answer.
        if self
            .peers()
            .is_none_or(|peers| peers.core().heard() >= revision)
        {
            return Ok(false);
        }
        self.catch_up().await?;
        Ok(true)
    }

    /// Whether what is known here is enough to judge rows of which these are all the revisions: the
    /// watermark has passed each, or it had been written when the last catch-up began. Else they
    /// need [`Store::catch_up`].
    pub fn is_fresh_for_each(&self, revisions: impl Iterator<Item = Stamp>) -> bool {
        self.peers()
            .is_none_or(|peers| peers.core().is_fresh_for_each(revisions))
    }

    /// The first thing that a request does: what the account did on any node, and what was done to
    /// it, is known here from then on. With and without an account, this node is not left behind.
    /// Nothing on one machine.
    ///
    /// # Errors
    /// As for [`Store::catch_up`]; then nothing may be shown.
    pub async fn attend(&self, account: Option<AccountId>) -> Result<(), StoreError> {
        let Some(peers) = self.peers() else {
            return Ok(());
        };
        if let Some(account) = account {
            let key = row_key::<Latest>(&account, &());
            if let Some(row) = self.engine().get(Mode::Plain, &key).await? {
                self.clock().observe(row.revision);
                if self.fresh_for(row.revision).await? {
                    return Ok(());
                }
            }
        }
        match peers.core().is_fresh_within(WATERMARK_AGE_US_MAX) {
            true => Ok(()),
            false => self.catch_up().await,
        }
    }

    /// Why this node takes no writes now, if so.
    pub fn unwritable(&self) -> Option<String> {
        self.peers()?.core().unwritable()
    }

    /// A hint from another node. What cannot be read is counted and ignored.
    pub fn hear(&self, hint: &[u8]) {
        if let Some(peers) = self.peers() {
            peers.core().hear(hint);
        }
    }
}

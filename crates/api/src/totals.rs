//! How many accounts and statuses there are: counted once at start, and then by what happens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use petrel_model::event::{AccountChange, Event};
use petrel_model::id::AccountId;
use petrel_store::Listener;
use petrel_store::events::Happened;

/// Who wrote something in so long is active, in milliseconds: four weeks, as Mastodon counts.
pub const ACTIVE_MS: u64 = 28 * 24 * 3_600 * 1_000;
/// How long the count of the active may lag, in milliseconds.
const ACTIVE_LAG_MS: u64 = 60_000;

/// Give it to the store as a listener. Exact on one machine; on several a status that is written
/// by a second try on another node is counted twice until the next start.
#[derive(Debug, Default)]
pub struct Totals {
    accounts: AtomicU64,
    statuses: AtomicU64,
    active: Mutex<Active>,
}

#[derive(Debug, Default)]
struct Active {
    /// When each last wrote something, in Unix milliseconds; none longer ago than [`ACTIVE_MS`]
    /// when they were last counted.
    last_ms: HashMap<AccountId, u64>,
    counted_at_ms: u64,
    count: u64,
}

/// The totals of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub accounts: u64,
    /// Reblogs included.
    pub statuses: u64,
    /// Accounts that posted or reblogged in the last four weeks.
    pub active_month: u64,
}

impl Totals {
    /// What there is at start; to be added before the first request is served.
    pub fn add(&self, accounts: u64, statuses: u64) {
        self.accounts.fetch_add(accounts, Ordering::Relaxed);
        self.statuses.fetch_add(statuses, Ordering::Relaxed);
    }

    /// `now_ms` is Unix milliseconds.
    pub fn now(&self, now_ms: u64) -> Figures {
        Figures {
            accounts: self.accounts.load(Ordering::Relaxed),
            statuses: self.statuses.load(Ordering::Relaxed),
            active_month: self.active(now_ms),
        }
    }
}

impl Totals {
    /// The account wrote something at `at_ms` (Unix milliseconds).
    pub fn was_active(&self, account: AccountId, at_ms: u64) {
        let mut active = self.active.lock();
        let last_ms = active.last_ms.entry(account).or_default();
        *last_ms = at_ms.max(*last_ms);
    }

    fn active(&self, now_ms: u64) -> u64 {
        let mut active = self.active.lock();
        if active.counted_at_ms.abs_diff(now_ms) >= ACTIVE_LAG_MS {
            let since_ms = now_ms.saturating_sub(ACTIVE_MS);
            active.last_ms.retain(|_, last_ms| *last_ms >= since_ms);
            active.count = active.last_ms.len() as u64;
            active.counted_at_ms = now_ms;
        }
        active.count
    }
}

impl Listener for Totals {
    fn happened(&self, happened: &Happened) {
        // Until then it may be told again.
        if !happened.settled {
            return;
        }
        // Only what a start can tell as well: who has written something that is still there.
        if let Event::StatusCreated(status) = &happened.event {
            self.was_active(status.account, status.id.time_ms());
        }
        let (total, more) = match &happened.event {
            Event::StatusCreated(_) => (&self.statuses, true),
            Event::StatusDeleted(_) => (&self.statuses, false),
            Event::AccountChanged { change, .. } => match change {
                AccountChange::Claimed => (&self.accounts, true),
                AccountChange::Deleted => (&self.accounts, false),
                _ => return,
            },
            _ => return,
        };
        let next = |now: u64| Some(if more { now + 1 } else { now.saturating_sub(1) });
        let _ = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::id::Id;

    use super::*;

    #[test]
    fn who_wrote_something_in_four_weeks_is_active() {
        let totals = Totals::default();
        let (begin_ms, ann, bob) = (1_800_000_000_000, AccountId(Id(1)), AccountId(Id(2)));
        totals.was_active(ann, begin_ms - ACTIVE_MS);
        totals.was_active(bob, begin_ms);
        totals.was_active(bob, begin_ms - 1);
        assert_eq!(totals.now(begin_ms).active_month, 2);
        assert_eq!(totals.now(begin_ms + ACTIVE_LAG_MS).active_month, 1);
        assert_eq!(totals.now(begin_ms + ACTIVE_MS + 1).active_month, 0);
    }
}

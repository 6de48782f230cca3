//! How many accounts and statuses there are: counted once at start, and then by what happens.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use petrel_model::event::{AccountChange, Event};
use petrel_model::id::AccountId;
use petrel_store::Listener;
use petrel_store::events::Happened;

/// Accounts that were announced once and not yet a second time. More are not made at a time.
const ANNOUNCED_MAX: usize = 1_024;

/// Give it to the store as a listener. Exact on one machine.
#[derive(Debug, Default)]
pub struct Totals {
    accounts: AtomicU64,
    statuses: AtomicU64,
    announced: Mutex<VecDeque<AccountId>>,
}

/// The totals of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub accounts: u64,
    /// Reblogs included.
    pub statuses: u64,
    /// Accounts that were there in the last four weeks. Nobody keeps count of that yet.
    pub active_month: u64,
}

impl Totals {
    /// What there is at start; to be added before the first request is served.
    pub fn add(&self, accounts: u64, statuses: u64) {
        self.accounts.fetch_add(accounts, Ordering::Relaxed);
        self.statuses.fetch_add(statuses, Ordering::Relaxed);
    }

    pub fn now(&self) -> Figures {
        Figures {
            accounts: self.accounts.load(Ordering::Relaxed),
            statuses: self.statuses.load(Ordering::Relaxed),
            active_month: 0,
        }
    }
}

impl Totals {
    /// An account is announced with its rows, and again once its name is surely its own.
    fn is_there(&self, account: AccountId) -> bool {
        let mut announced = self.announced.lock();
        if let Some(place) = announced.iter().position(|known| *known == account) {
            announced.remove(place);
            return true;
        }
        if announced.len() >= ANNOUNCED_MAX {
            announced.pop_front();
        }
        announced.push_back(account);
        false
    }
}

impl Listener for Totals {
    fn happened(&self, happened: &Happened) {
        let (total, more) = match &happened.event {
            Event::StatusCreated(_) => (&self.statuses, true),
            Event::StatusDeleted(_) => (&self.statuses, false),
            Event::AccountChanged { account, change } => match change {
                AccountChange::Created if self.is_there(*account) => (&self.accounts, true),
                AccountChange::Deleted => (&self.accounts, false),
                _ => return,
            },
            _ => return,
        };
        let next = |now: u64| Some(if more { now + 1 } else { now.saturating_sub(1) });
        let _ = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }
}

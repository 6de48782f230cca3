//! Counts are views of lists: loaded when asked for, kept exact by events. Up to
//! [`EXACT_ROWS_MAX`] rows a count is a map of who → (stamp, on) where the latest stamp wins, so
//! that a replay changes nothing. Beyond, the rest is a plain number that may lag.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use petrel_model::clock::Stamp;
use petrel_model::event::{About, Event, MarkKind, RelationKind, StatusEvent};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::events::Happened;
use petrel_store::{Listener, Store};

use crate::error::Result;
use crate::lists::{List, Lists, Owner, chapters};
use crate::relations::table::Relations;

/// Rows up to which a count is exact on every node.
pub const EXACT_ROWS_MAX: usize = 1_000;
/// Counts kept in memory.
const TALLIES_MAX: usize = 200_000;
/// Rows of a long list read at a time.
const STEP_ROWS: usize = 5_000;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Counted {
    Replies(StatusId),
    Reblogs(StatusId),
    Favourites(StatusId),
    Statuses(AccountId),
    Followers(AccountId),
    Following(AccountId),
}

#[derive(Default)]
struct Tally {
    loaded: bool,
    known: HashMap<Id, (Stamp, bool)>,
    /// How many of `known` are on.
    on: u64,
    /// Rows beyond those in `known`.
    rest: u64,
    /// The greatest of those that are on.
    newest: Option<Id>,
}

impl Tally {
    fn set(&mut self, who: Id, stamp: Stamp, on: bool) {
        let before = self.known.get(&who).copied();
        if before.is_some_and(|(known, _)| known >= stamp) {
            return;
        }
        self.known.insert(who, (stamp, on));
        match (before.is_some_and(|(_, on)| on), on) {
            (false, true) => self.on += 1,
            (true, false) => self.on -= 1,
            (false, false) if before.is_none() && self.loaded => {
                self.rest = self.rest.saturating_sub(1);
            }
            _ => {}
        }
        if on {
            self.newest = self.newest.max(Some(who));
        } else if self.newest == Some(who) {
            let rest = self.known.iter().filter(|(_, (_, on))| *on);
            self.newest = rest.map(|(id, _)| *id).max();
        }
    }
}

/// All counts of this process.
pub struct Counts {
    tallies: quick_cache::sync::Cache<Counted, Arc<Mutex<Tally>>>,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            tallies: quick_cache::sync::Cache::new(TALLIES_MAX),
        }
    }
}

impl Counts {
    pub async fn get(&self, store: &Store, what: Counted) -> Result<u64> {
        let tally = self.tally(store, what).await?;
        let tally = tally.lock();
        Ok(tally.on + tally.rest)
    }

    /// The newest status of an account, direct ones aside.
    pub async fn newest_status(&self, store: &Store, account: AccountId) -> Result<Option<Id>> {
        let tally = self.tally(store, Counted::Statuses(account)).await?;
        let newest = tally.lock().newest;
        Ok(newest)
    }

    async fn tally(&self, store: &Store, what: Counted) -> Result<Arc<Mutex<Tally>>> {
        // It is in the cache before the list is read, so that no event in between is lost.
        let tally = match self.tallies.get(&what) {
            Some(tally) => tally,
            None => {
                let fresh = Arc::new(Mutex::new(Tally::default()));
                let kept = self
                    .tallies
                    .get_or_insert_with(&what, || Ok::<_, ()>(fresh.clone()));
                kept.unwrap_or(fresh)
            }
        };
        if tally.lock().loaded {
            return Ok(tally);
        }
        let (rows, rest) = load(store, what).await?;
        let mut locked = tally.lock();
        if !locked.loaded {
            for (who, stamp) in rows {
                locked.set(who, stamp, true);
            }
            locked.rest = rest;
            locked.loaded = true;
        }
        drop(locked);
        Ok(tally)
    }

    fn note(&self, what: Counted, who: impl Into<Id>, stamp: Stamp, on: bool) {
        if let Some(tally) = self.tallies.get(&what) {
            tally.lock().set(who.into(), stamp, on);
        }
    }

    fn note_status(&self, status: &StatusEvent, stamp: Stamp, on: bool) {
        if status.visibility != Visibility::Direct {
            self.note(Counted::Statuses(status.account), status.id, stamp, on);
        }
        if let About::Reply { status: parent, .. } = status.about
            && status.visibility.is_open()
        {
            self.note(Counted::Replies(parent), status.id, stamp, on);
        }
    }
}

impl Listener for Counts {
    fn happened(&self, happened: &Happened) {
        let stamp = happened.stamp;
        match &happened.event {
            Event::StatusCreated(status) => self.note_status(status, stamp, true),
            Event::StatusDeleted(status) => self.note_status(status, stamp, false),
            Event::Marked {
                account,
                status,
                kind: MarkKind::Favourite,
                on,
                ..
            } => self.note(Counted::Favourites(*status), *account, stamp, *on),
            Event::Marked {
                account,
                status,
                kind: MarkKind::Reblog,
                on,
                ..
            } => self.note(Counted::Reblogs(*status), *account, stamp, *on),
            Event::Related {
                account,
                other,
                kind: RelationKind::Follow,
                on,
            } => {
                self.note(Counted::Followers(*other), *account, stamp, *on);
                self.note(Counted::Following(*account), *other, stamp, *on);
            }
            _ => {}
        }
    }
}

type Loaded = (Vec<(Id, Stamp)>, u64);

async fn load(store: &Store, what: Counted) -> Result<Loaded> {
    match what {
        Counted::Replies(status) => load_list(store, List::RepliesByStatus, status.into()).await,
        Counted::Reblogs(status) => load_list(store, List::ReblogsByStatus, status.into()).await,
        Counted::Favourites(status) => {
            load_list(store, List::FavouritesByStatus, status.into()).await
        }
        Counted::Statuses(account) => {
            load_list(store, List::StatusesByAccount, account.into()).await
        }
        Counted::Followers(account) => load_list(store, List::Followers, account.into()).await,
        Counted::Following(account) => {
            let rows = store.partition::<Relations>(&account).await?;
            let on = rows
                .iter()
                .filter(|row| row.sort.1 == RelationKind::Follow && row.value.on)
                .map(|row| (row.sort.0.into(), row.revision));
            Ok((on.collect(), 0))
        }
    }
}

async fn load_list(store: &Store, list: List, owner: Owner) -> Result<Loaded> {
    let mut known = Vec::new();
    let mut rest = 0;
    for begin in chapters(store, list, &owner).await?.into_iter().rev() {
        let partition = (list, owner.clone(), begin);
        let mut before: Option<Id> = None;
        loop {
            let mut scan = store
                .scan::<Lists>(&partition)
                .descending()
                .limit(STEP_ROWS);
            if let Some(before) = before {
                scan = scan.before(&before);
            }
            let rows = scan.await?;
            let full = rows.len() == STEP_ROWS;
            before = rows.last().map(|row| row.sort);
            for row in rows
                .into_iter()
                .filter(|row| counts(list, row.value.visibility))
            {
                if known.len() < EXACT_ROWS_MAX {
                    let who = match list {
                        List::StatusesByAccount => row.sort,
                        _ => row.value.id,
                    };
                    known.push((who, row.revision));
                } else {
                    rest += 1;
                }
            }
            if !full {
                break;
            }
        }
    }
    Ok((known, rest))
}

/// Only open replies are counted, and no direct statuses: a figure must not tell of what its
/// reader may not see.
fn counts(list: List, visibility: Option<Visibility>) -> bool {
    match list {
        List::RepliesByStatus => visibility.is_some_and(Visibility::is_open),
        List::StatusesByAccount => visibility != Some(Visibility::Direct),
        _ => true,
    }
}

impl From<AccountId> for Owner {
    fn from(id: AccountId) -> Owner {
        Owner::Account(id)
    }
}

impl From<StatusId> for Owner {
    fn from(id: StatusId) -> Owner {
        Owner::Status(id)
    }
}

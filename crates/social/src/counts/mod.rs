//! Counts are views of lists: loaded when asked for, kept exact by events up to
//! [`EXACT_ROWS_MAX`] rows; beyond, the figure of a list that changes while it is not in memory
//! is counted anew when it is next asked for.

mod load;
mod tally;

use std::sync::Arc;

use parking_lot::Mutex;
use petrel_model::clock::Stamp;
use petrel_model::event::{About, AccountChange, Event, MarkKind, RelationKind, StatusEvent};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::events::Happened;
use petrel_store::{Listener, Store};
use quick_cache::sync::Cache;

use crate::error::Result;
use crate::lists::{List, Owner};
pub use load::EXACT_ROWS_MAX;
use tally::Tally;

/// Statuses, and as many accounts, whose counts are kept in memory.
const COUNTED_MAX: usize = 100_000;

/// The figures of a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    pub replies: u64,
    pub reblogs: u64,
    pub favourites: u64,
}

/// The figures of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AccountFigures {
    pub followers: u64,
    pub following: u64,
    pub statuses: u64,
    /// Unix milliseconds; direct statuses aside.
    pub last_status_at_ms: Option<u64>,
}

/// Three tallies that are asked for together.
#[derive(Default)]
struct Tallies {
    loaded: bool,
    /// Replies, reblogs, favourites; or followers, following, statuses.
    of: [Tally; 3],
}

type Kept<K> = Cache<K, Arc<Mutex<Tallies>>>;

/// All counts of this process.
pub struct Counts {
    statuses: Kept<StatusId>,
    accounts: Kept<AccountId>,
}

const REPLIES: usize = 0;
const REBLOGS: usize = 1;
const FAVOURITES: usize = 2;
const FOLLOWERS: usize = 0;
const FOLLOWING: usize = 1;
const STATUSES: usize = 2;

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            statuses: Cache::new(COUNTED_MAX),
            accounts: Cache::new(COUNTED_MAX),
        }
    }
}

impl Counts {
    pub async fn status(&self, store: &Store, id: StatusId) -> Result<Figures> {
        let tallies = kept(&self.statuses, id);
        if !tallies.lock().loaded {
            let owner = Owner::Status(id);
            let replies = load::list(store, List::RepliesByStatus, &owner).await?;
            let reblogs = load::list(store, List::ReblogsByStatus, &owner).await?;
            let favourites = load::list(store, List::FavouritesByStatus, &owner).await?;
            fill(&tallies, [replies, reblogs, favourites]);
        }
        let tallies = tallies.lock();
        Ok(Figures {
            replies: tallies.of[REPLIES].count(),
            reblogs: tallies.of[REBLOGS].count(),
            favourites: tallies.of[FAVOURITES].count(),
        })
    }

    pub async fn account(&self, store: &Store, id: AccountId) -> Result<AccountFigures> {
        let tallies = kept(&self.accounts, id);
        if !tallies.lock().loaded {
            let owner = Owner::Account(id);
            let followers = load::list(store, List::Followers, &owner).await?;
            let following = load::following(store, id).await?;
            let statuses = load::list(store, List::StatusesByAccount, &owner).await?;
            fill(&tallies, [followers, following, statuses]);
        }
        let tallies = tallies.lock();
        Ok(AccountFigures {
            followers: tallies.of[FOLLOWERS].count(),
            following: tallies.of[FOLLOWING].count(),
            statuses: tallies.of[STATUSES].count(),
            last_status_at_ms: tallies.of[STATUSES].newest().map(Id::time_ms),
        })
    }

    fn note_status(&self, status: &StatusEvent, stamp: Stamp, on: bool) {
        if on {
            let reblogged = matches!(status.about, About::Reblog { .. });
            // Nobody has answered what was just written; a reblog's figures are nobody's.
            if !reblogged {
                insert_empty(&self.statuses, status.id);
            }
        }
        if status.visibility != Visibility::Direct {
            note(
                &self.accounts,
                status.account,
                STATUSES,
                (status.id.0, stamp, on),
            );
        }
        if let About::Reply { status: parent, .. } = status.about
            && status.visibility.is_open()
        {
            note(&self.statuses, parent, REPLIES, (status.id.0, stamp, on));
        }
    }
}

/// It is in the cache before the lists are read, so that no event in between is lost.
fn kept<K: Copy + Eq + std::hash::Hash>(cache: &Kept<K>, key: K) -> Arc<Mutex<Tallies>> {
    if let Some(tallies) = cache.get(&key) {
        return tallies;
    }
    let fresh = Arc::<Mutex<Tallies>>::default();
    let kept = cache.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(fresh));
    match kept {
        Ok(tallies) => tallies,
        Err(never) => match never {},
    }
}

fn fill(tallies: &Mutex<Tallies>, counted: [load::Counted; 3]) {
    let mut tallies = tallies.lock();
    for (tally, (rows, rest)) in tallies.of.iter_mut().zip(counted) {
        tally.load(rows, rest);
    }
    tallies.loaded = true;
}

fn insert_empty<K: Copy + Eq + std::hash::Hash>(cache: &Kept<K>, key: K) {
    let tallies = Tallies {
        loaded: true,
        of: [Tally::empty(), Tally::empty(), Tally::empty()],
    };
    let fresh = Arc::new(Mutex::new(tallies));
    let _ = cache.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(fresh));
}

fn note<K: Copy + Eq + std::hash::Hash>(
    cache: &Kept<K>,
    key: K,
    what: usize,
    (who, stamp, on): (Id, Stamp, bool),
) {
    if let Some(tallies) = cache.get(&key) {
        tallies.lock().of[what].set(who, stamp, on);
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
                kind,
                on,
                ..
            } => {
                let what = match kind {
                    MarkKind::Favourite => FAVOURITES,
                    MarkKind::Reblog => REBLOGS,
                    _ => return,
                };
                note(&self.statuses, *status, what, (account.0, stamp, *on));
            }
            Event::Related {
                account,
                other,
                kind: RelationKind::Follow,
                on,
            } => {
                note(&self.accounts, *other, FOLLOWERS, (account.0, stamp, *on));
                note(&self.accounts, *account, FOLLOWING, (other.0, stamp, *on));
            }
            Event::AccountChanged {
                account,
                change: AccountChange::Created,
            } => insert_empty(&self.accounts, *account),
            _ => {}
        }
    }
}

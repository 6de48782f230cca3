//! Counts are views of lists: loaded when asked for, kept exact by events up to
//! [`EXACT_ROWS_MAX`] rows; beyond, the figure of a list that changes while it is not in memory
//! is counted anew when it is next asked for.

mod load;
mod polls;
mod tally;
mod verify;

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use petrel_model::clock::Stamp;
use petrel_model::event::{
    About, AccountChange, Event, MarkKind, PollEvent, RelationKind, StatusEvent,
};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::events::Happened;
use petrel_store::{Listener, Store};
use quick_cache::sync::Cache;

use self::polls::Votes;
use crate::error::Result;
use crate::lists::{List, Owner};
pub use load::EXACT_ROWS_MAX;
pub use tally::PollFigures;
use tally::{Tally, Told};

/// Statuses, and as many accounts, whose counts are kept in memory.
const COUNTED_MAX: usize = 100_000;
/// Polls whose counts are kept in memory.
const POLLS_COUNTED_MAX: usize = 20_000;

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
    /// Here since before what they count can be known to anybody: nothing was missed, so there is
    /// nothing to load once it is written.
    expected: bool,
    /// Replies, reblogs, favourites; or followers, following, statuses.
    of: [Tally; 3],
}

/// What is counted, and whose turn it is to read its lists: who waited for that reads them no more.
#[derive(Default)]
struct Slot<T> {
    counted: Mutex<T>,
    turn: tokio::sync::Mutex<()>,
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        self.counted.lock()
    }
}

type Kept<K, T = Tallies> = Cache<K, Arc<Slot<T>>>;

/// All counts of this process.
pub struct Counts {
    statuses: Kept<StatusId>,
    accounts: Kept<AccountId>,
    /// By status and version of its poll.
    polls: Kept<(StatusId, Id), Votes>,
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
            polls: Cache::new(POLLS_COUNTED_MAX),
        }
    }
}

impl Counts {
    pub async fn status(&self, store: &Store, id: StatusId) -> Result<Figures> {
        let tallies = kept(&self.statuses, id);
        if !tallies.lock().loaded {
            load_all(store, vec![(id, tallies.clone())], Vec::new()).await?;
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
            load_all(store, Vec::new(), vec![(id, tallies.clone())]).await?;
        }
        let tallies = tallies.lock();
        Ok(AccountFigures {
            followers: tallies.of[FOLLOWERS].count(),
            following: tallies.of[FOLLOWING].count(),
            statuses: tallies.of[STATUSES].count(),
            last_status_at_ms: tallies.of[STATUSES].newest().map(Id::time_ms),
        })
    }

    /// Counts all of these that are not counted yet, all at once: then they are asked for singly.
    pub async fn load(
        &self,
        store: &Store,
        statuses: &[StatusId],
        accounts: &[AccountId],
    ) -> Result<()> {
        let statuses = unloaded(&self.statuses, statuses);
        let accounts = unloaded(&self.accounts, accounts);
        load_all(store, statuses, accounts).await
    }

    /// A status is about to be written here, which nobody can have answered yet.
    pub(crate) fn expect_status(&self, id: StatusId) {
        expect(&self.statuses, id);
    }

    /// As [`Counts::expect_status`], for an account.
    pub(crate) fn expect_account(&self, id: AccountId) {
        expect(&self.accounts, id);
    }

    fn note_status(&self, status: &StatusEvent, stamp: Stamp, on: bool) {
        if on {
            written(&self.statuses, &status.id);
        }
        if status.visibility != Visibility::Direct {
            note(
                &self.accounts,
                status.account,
                STATUSES,
                (status.id.0, stamp, Change::of(on, None)),
            );
        }
        if let About::Reply { status: parent, .. } = status.about
            && status.visibility.is_open()
        {
            let change = Change::of(on, None);
            note(
                &self.statuses,
                parent,
                REPLIES,
                (status.id.0, stamp, change),
            );
        }
    }
}

/// It is in the cache before the lists are read, so that no event in between is lost.
fn kept<K: Copy + Eq + std::hash::Hash, T: Default>(cache: &Kept<K, T>, key: K) -> Arc<Slot<T>> {
    if let Some(tallies) = cache.get(&key) {
        return tallies;
    }
    let fresh = Arc::<Slot<T>>::default();
    let kept = cache.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(fresh));
    match kept {
        Ok(tallies) => tallies,
        Err(never) => match never {},
    }
}

fn unloaded<K: Copy + Ord + std::hash::Hash>(
    cache: &Kept<K>,
    keys: &[K],
) -> Vec<(K, Arc<Slot<Tallies>>)> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let all = keys.into_iter().map(|key| (key, kept(cache, key)));
    all.filter(|(_, tallies)| !tallies.lock().loaded).collect()
}

/// Everybody waits for their turns in the order of the ids, statuses first: so nobody waits for
/// somebody who waits for them.
async fn load_all(
    store: &Store,
    statuses: Vec<(StatusId, Arc<Slot<Tallies>>)>,
    accounts: Vec<(AccountId, Arc<Slot<Tallies>>)>,
) -> Result<()> {
    let mut turns = Vec::with_capacity(statuses.len() + accounts.len());
    let slots = statuses.iter().map(|(_, slot)| slot);
    for slot in slots.chain(accounts.iter().map(|(_, slot)| slot)) {
        turns.push(slot.turn.lock().await);
    }
    let statuses: Vec<_> = statuses.iter().filter(still_unloaded).collect();
    let accounts: Vec<_> = accounts.iter().filter(still_unloaded).collect();
    if statuses.is_empty() && accounts.is_empty() {
        return Ok(());
    }
    let mut wanted = Vec::with_capacity(3 * statuses.len() + 2 * accounts.len());
    for (id, _) in &statuses {
        let lists = [
            List::RepliesByStatus,
            List::ReblogsByStatus,
            List::FavouritesByStatus,
        ];
        wanted.extend(lists.map(|list| (list, Owner::Status(*id))));
    }
    for (id, _) in &accounts {
        let lists = [List::Followers, List::StatusesByAccount];
        wanted.extend(lists.map(|list| (list, Owner::Account(*id))));
    }
    let ids: Vec<AccountId> = accounts.iter().map(|(id, _)| *id).collect();
    let now = Stamp(store.clock().now_ms() * 1_000);
    let (lists, following) =
        tokio::try_join!(load::lists(store, &wanted), load::following(store, &ids))?;
    let mut lists = lists.into_iter();
    let mut next = || lists.next().unwrap_or_default();
    for (_, tallies) in statuses {
        fill(tallies, [next(), next(), next()], now);
    }
    for ((_, tallies), following) in accounts.into_iter().zip(following) {
        fill(tallies, [next(), following, next()], now);
    }
    Ok(())
}

fn still_unloaded<K>((_, slot): &&(K, Arc<Slot<Tallies>>)) -> bool {
    !slot.lock().loaded
}

fn fill(tallies: &Slot<Tallies>, counted: [load::Counted; 3], now: Stamp) {
    let mut tallies = tallies.lock();
    for (tally, counted) in tallies.of.iter_mut().zip(counted) {
        tally.load_all(counted.known, counted.rest, now);
    }
    tallies.loaded = true;
}

fn expect<K: Copy + Eq + std::hash::Hash>(cache: &Kept<K>, key: K) {
    let fresh = Arc::new(Slot {
        counted: Mutex::new(Tallies {
            expected: true,
            ..Tallies::default()
        }),
        ..Slot::default()
    });
    let _ = cache.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(fresh));
}

/// What was expected is there now, and all that became of it was heard.
fn written<K: Eq + std::hash::Hash>(cache: &Kept<K>, key: &K) {
    let Some(tallies) = cache.get(key) else {
        return;
    };
    let is_expected = std::mem::take(&mut tallies.lock().expected);
    if is_expected {
        fill(&tallies, Default::default(), Stamp::MIN);
    }
}

fn note<K: Copy + Eq + std::hash::Hash>(
    cache: &Kept<K>,
    key: K,
    what: usize,
    (who, stamp, change): (Id, Stamp, Change),
) {
    // Kept although nobody has asked yet: should the list be loaded now, what was undone is known
    // to be, even if that it was done is told only later, or again.
    let tallies = kept(cache, key);
    let mut counted = tallies.lock();
    let tally = &mut counted.of[what];
    let told = match change {
        Change::Came => tally.set(who, stamp, true),
        Change::Left => tally.set(who, stamp, false),
        Change::LeftUnseen => tally.leave_unseen(who, stamp),
    };
    drop(counted);
    if told == Told::Unclear {
        cache.remove(&key);
    }
}

/// What an event says of one who counts.
#[derive(Clone, Copy)]
enum Change {
    Came,
    Left,
    /// Nobody saw that they had come.
    LeftUnseen,
}

impl Change {
    fn of(on: bool, unseen: Option<bool>) -> Change {
        match (on, unseen) {
            (true, _) => Change::Came,
            (false, Some(true)) => Change::LeftUnseen,
            (false, _) => Change::Left,
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
                kind,
                on,
                unseen,
                ..
            } => {
                let what = match kind {
                    MarkKind::Favourite => FAVOURITES,
                    MarkKind::Reblog => REBLOGS,
                    _ => return,
                };
                let change = Change::of(*on, *unseen);
                note(&self.statuses, *status, what, (account.0, stamp, change));
            }
            Event::Poll(PollEvent::Voted {
                account,
                status,
                poll,
                choices,
            }) => self.note_vote((*status, *poll), account.0, stamp, *choices),
            Event::Related {
                account,
                other,
                kind: RelationKind::Follow,
                on,
                unseen,
            } => {
                let change = Change::of(*on, *unseen);
                note(
                    &self.accounts,
                    *other,
                    FOLLOWERS,
                    (account.0, stamp, change),
                );
                note(
                    &self.accounts,
                    *account,
                    FOLLOWING,
                    (other.0, stamp, change),
                );
            }
            Event::AccountChanged {
                account,
                change: AccountChange::Created,
            } => written(&self.accounts, account),
            _ => {}
        }
    }
}

//! Begins a new chapter of each list whose newest has filled up.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use petrel_jobs::{Reconciler, Status};
use petrel_model::id::{AccountId, Id};
use petrel_store::engine::TableToken;
use petrel_store::limits::SCAN_ROWS_MAX;
use petrel_store::{Key, Table};

use super::{Growth, List, Lists, Owner, chapters, put_chapter};
use crate::accounts::facts::AccountFacts;
use crate::accounts::table::Accounts;
use crate::context::Social;
use crate::conversations::table::Conversations;
use crate::error::Result;
use crate::notifications::table::Notifications;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::Statuses;

/// Beginnings of one list are at least so far apart, in milliseconds.
pub const CHAPTER_GAP_MS: u64 = 10 * 60 * 1_000;
const PERIOD: Duration = Duration::from_secs(60);
/// A list is looked at after this part of a chapter was added to it.
const LOOKED_AT_AFTER: u64 = 10;
/// Lists looked at in one run.
const LOOKS_MAX: usize = 1_000;
/// Lists that wait to be looked at; what finds no room is found by another full pass.
const WAITING_MAX: usize = 10_000;
/// Rows read in one run of a full pass.
const PASS_ROWS_MAX: usize = 1_000_000;
const PASS_PAGE_ROWS: usize = 1_000;
/// The tables that are cut into chapters.
const CHAPTERED: [u16; 3] = [Lists::ID, Notifications::ID, Conversations::ID];

/// Looks at the lists that grew, and at all of them in a slow pass over the tables: once after a
/// start, and when more lists grew than could be counted. Two that run at once are harmless.
pub struct ChapterKeeper {
    social: Arc<Social>,
    growth: Arc<Growth>,
    gap_ms: u64,
    state: Mutex<State>,
}

struct State {
    /// Lists whose newest chapter may be full, and the one that was looked at last.
    waiting: BTreeSet<(List, Owner)>,
    last: Option<(List, Owner)>,
    pass: Option<Pass>,
    /// There is to be a full pass, after the one that is under way.
    pass_due: bool,
    /// The first run leaves the start of the process its peace.
    started: bool,
}

/// How far a full pass has come. The rows of a partition come one after the other.
#[derive(Clone, Default)]
struct Pass {
    table: usize,
    token: Option<TableToken>,
    partition: Vec<u8>,
    rows: usize,
}

/// What a look at a list came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Its newest chapter has room, or nobody owns it any more.
    Roomy,
    /// The newest chapter is full, but too young to be followed by another.
    TooSoon,
    Begun,
}

impl State {
    /// In a fixed order, and on from where the last run stopped: those that are too young yet keep
    /// none of the others waiting.
    fn take_some(&mut self) -> Vec<(List, Owner)> {
        let (after, before) = match self.last.take() {
            None => (Bound::Unbounded, None),
            Some(last) => (Bound::Excluded(last.clone()), Some(last)),
        };
        let after = self.waiting.range((after, Bound::Unbounded));
        let before = before.iter().flat_map(|last| self.waiting.range(..=last));
        let some: Vec<_> = after.chain(before).take(LOOKS_MAX).cloned().collect();
        for list in &some {
            self.waiting.remove(list);
        }
        self.last = some.last().cloned();
        some
    }
}

impl ChapterKeeper {
    pub fn new(social: Arc<Social>, growth: Arc<Growth>) -> ChapterKeeper {
        ChapterKeeper {
            social,
            growth,
            gap_ms: CHAPTER_GAP_MS,
            state: Mutex::new(State {
                waiting: BTreeSet::new(),
                last: None,
                pass: None,
                pass_due: true,
                started: false,
            }),
        }
    }

    /// With another distance between beginnings, in milliseconds: for tests.
    pub fn with_gap_ms(self, gap_ms: u64) -> ChapterKeeper {
        ChapterKeeper { gap_ms, ..self }
    }

    fn chapter_rows(&self) -> usize {
        self.social.settings.chapter_rows.max(1)
    }

    async fn keep(&self, status: &mut Status) -> Result<()> {
        let enough = (self.chapter_rows() as u64 / LOOKED_AT_AFTER).max(1);
        for list in self.growth.take_grown(enough) {
            self.wait(list);
        }
        if self.growth.take_forgotten(enough).is_some() {
            self.state.lock().pass_due = true;
        }
        if std::mem::replace(&mut self.state.lock().started, true) {
            self.pass().await?;
        }
        let some = self.state.lock().take_some();
        let mut failed = Ok(());
        for (list, owner) in some {
            if failed.is_err() {
                self.wait((list, owner));
                continue;
            }
            status.looked_at += 1;
            match self.look(list, &owner).await {
                Ok(Look::Begun) => status.changed += 1,
                Ok(Look::Roomy) => {}
                Ok(Look::TooSoon) => self.wait((list, owner)),
                Err(error) => {
                    self.wait((list, owner));
                    failed = Err(error);
                }
            }
        }
        failed
    }

    fn wait(&self, list: (List, Owner)) {
        let mut state = self.state.lock();
        if state.waiting.len() < WAITING_MAX {
            state.waiting.insert(list);
        } else {
            state.pass_due = true;
        }
    }

    async fn look(&self, list: List, owner: &Owner) -> Result<Look> {
        let store = &self.social.store;
        let begins = chapters(store, list, owner).await?;
        let newest = begins.last().copied().unwrap_or(Id::MIN);
        if !self.is_full(list, owner, newest).await? || !self.is_there(owner).await? {
            return Ok(Look::Roomy);
        }
        if newest.time_ms() + self.gap_ms > self.social.clock.now_ms() {
            return Ok(Look::TooSoon);
        }
        let mut batch = store.batch();
        put_chapter(&mut batch, list, owner, self.social.clock.next_id());
        batch.commit().await?;
        Ok(Look::Begun)
    }

    async fn is_full(&self, list: List, owner: &Owner, chapter: Id) -> Result<bool> {
        match (list, owner) {
            (List::Notifications, Owner::Account(account)) => {
                let partition = (*account, chapter);
                self.has_rows::<Notifications>(&partition).await
            }
            (List::Conversations, Owner::Account(account)) => {
                let partition = (*account, chapter);
                self.has_rows::<Conversations>(&partition).await
            }
            _ => {
                let partition = (list, owner.clone(), chapter);
                self.has_rows::<Lists>(&partition).await
            }
        }
    }

    /// Whether the partition has as many rows as a chapter takes.
    async fn has_rows<T: Table>(&self, partition: &T::Partition) -> Result<bool> {
        let mut missing = self.chapter_rows();
        let mut last: Option<T::Sort> = None;
        loop {
            let limit = missing.min(SCAN_ROWS_MAX);
            let mut scan = self.social.store.scan::<T>(partition).limit(limit);
            if let Some(last) = &last {
                scan = scan.after(last);
            }
            let rows = scan.await?;
            missing -= rows.len();
            if missing == 0 || rows.len() < limit {
                return Ok(missing == 0);
            }
            last = rows.into_iter().last().map(|row| row.sort);
        }
    }

    /// Nothing is added beside a row that says that its owner is deleted.
    async fn is_there(&self, owner: &Owner) -> Result<bool> {
        let store = &self.social.store;
        Ok(match owner {
            Owner::Account(id) => {
                let rows = store.partition::<Accounts>(id).await?;
                AccountFacts::assemble(*id, &rows).is_some_and(|facts| !facts.deleted)
            }
            Owner::Status(id) => {
                let rows = store.partition::<Statuses>(id).await?;
                StatusFacts::assemble(*id, &rows).is_some()
            }
            Owner::Tag(_) => true,
        })
    }

    /// Goes on with the full pass, if there is one.
    async fn pass(&self) -> Result<()> {
        let pass = {
            let mut state = self.state.lock();
            if state.pass.is_none() && std::mem::take(&mut state.pass_due) {
                state.pass = Some(Pass::default());
            }
            state.pass.clone()
        };
        let Some(mut pass) = pass else {
            return Ok(());
        };
        let mut left = PASS_ROWS_MAX;
        while left > 0 {
            let Some(table) = CHAPTERED.get(pass.table) else {
                self.state.lock().pass = None;
                return Ok(());
            };
            let engine = self.social.store.engine();
            let page = engine.scan_table(*table, pass.token.take(), PASS_PAGE_ROWS);
            let (rows, next) = page.await?;
            left = left.saturating_sub(rows.len().max(1));
            for row in rows {
                self.count(&mut pass, *table, &row.partition);
            }
            if next.is_none() {
                pass = Pass {
                    table: pass.table + 1,
                    ..Pass::default()
                };
            }
            pass.token = next;
            self.state.lock().pass = Some(pass.clone());
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn count(&self, pass: &mut Pass, table: u16, partition: &[u8]) {
        if pass.partition != partition {
            pass.partition = partition.to_vec();
            pass.rows = 0;
        }
        pass.rows += 1;
        if pass.rows == self.chapter_rows()
            && let Some(list) = list_of(table, &pass.partition)
        {
            self.wait(list);
        }
    }
}

/// Whose chapter a partition is. One that does not decode is left to `petrel check`.
fn list_of(table: u16, partition: &[u8]) -> Option<(List, Owner)> {
    if table == Notifications::ID {
        let (account, _) = <(AccountId, Id)>::from_bytes(partition).ok()?;
        return Some((List::Notifications, Owner::Account(account)));
    }
    if table == Conversations::ID {
        let (account, _) = <(AccountId, Id)>::from_bytes(partition).ok()?;
        return Some((List::Conversations, Owner::Account(account)));
    }
    let (list, owner, _) = <(List, Owner, Id)>::from_bytes(partition).ok()?;
    Some((list, owner))
}

#[async_trait]
impl Reconciler for ChapterKeeper {
    fn name(&self) -> &'static str {
        "chapters"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    async fn run(&self) -> Status {
        let mut status = Status::default();
        if let Err(error) = self.keep(&mut status).await {
            status.failed = Some(error.to_string());
        }
        status
    }
}

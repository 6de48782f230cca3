use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use parking_lot::Mutex;
use petrel_model::home::Entry;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::error::{Error, Result};
use petrel_social::lists::{self, List, Owner};
use petrel_social::page::PageRequest;
use petrel_social::statuses;
use petrel_store::{Store, StoreError};
use tokio::sync::Semaphore;

use crate::home::{Timeline, Viewer};
use crate::read::{Reading, entry_of};

/// Ids taken from a list at a time.
const STEP_IDS: usize = 40;
/// Scans of one home at a time.
const SCANS_AT_ONCE_MAX: usize = 64;
/// Scans of all homes at a time, on this node.
const SCANS_MAX: usize = 256;
/// Rows kept of what was given out, so that the next page may begin above where this one looked to.
const GIVEN_MAX: usize = 2_000;
/// How long a home that was read into the past is kept for its next page, in milliseconds.
const KEPT_MS: u64 = 3_600_000;
/// Homes kept at a time, of up to some 100 KB each.
const KEPT_MAX: usize = 200;

/// Homes out of the store: the node's budget of scans, and what is kept for paging on.
pub(crate) struct ColdReads {
    budget: Semaphore,
    kept: Mutex<HashMap<(AccountId, Timeline), (Cold, u64)>>,
}

/// The viewer's timeline out of the store: the lists of all whose statuses it is made of, and of
/// all followed hashtags, merged.
pub(crate) struct Cold {
    viewer: Arc<Viewer>,
    order: Order,
    sources: Vec<Source>,
    heads: BinaryHeap<Head>,
    /// Sources whose ids are used up and who may have more: nothing is taken before they are asked.
    dry: Vec<usize>,
    /// The id that was taken last: one may stand in several sources.
    taken: Option<StatusId>,
    /// All rows below this are in `given` or yet to come.
    from: StatusId,
    given: VecDeque<Entry>,
    /// How many of `given` are given out again.
    again: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    NewestFirst,
    OldestFirst { below: Option<StatusId> },
}

/// An author's list of statuses, or a hashtag's.
struct Source {
    owner: Owner,
    ids: VecDeque<StatusId>,
    cursor: StatusId,
    ended: bool,
}

/// The next id of a source, ordered so that the greatest comes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    rank: u64,
    source: usize,
}

impl ColdReads {
    pub(crate) fn new() -> ColdReads {
        ColdReads {
            budget: Semaphore::new(SCANS_MAX),
            kept: Mutex::default(),
        }
    }

    /// Home below an id, from new to old; goes on with what was kept if that fits.
    pub(crate) fn below(&self, viewer: &Arc<Viewer>, below: StatusId, now_ms: u64) -> Cold {
        let kept = self.kept.lock().remove(&(viewer.id, viewer.timeline));
        let fits = |cold: &Cold, kept_at_ms: u64| {
            let is_fresh = kept_at_ms.saturating_add(KEPT_MS) > now_ms;
            // Whoever follows others since then is another viewer. Further below than this one has
            // come it would give out what lies between.
            let has_come_there = cold.taken.is_some_and(|taken| taken <= below);
            let covers = has_come_there && below <= cold.from;
            is_fresh && Arc::ptr_eq(&cold.viewer, viewer) && covers
        };
        match kept {
            Some((mut cold, kept_at_ms)) if fits(&cold, kept_at_ms) => {
                let seen = cold
                    .given
                    .iter()
                    .take_while(|entry| entry.id >= below)
                    .count();
                cold.given.drain(..seen);
                cold.again = cold.given.len();
                cold.from = below;
                cold
            }
            _ => Cold::new(viewer.clone(), Order::NewestFirst, below),
        }
    }

    /// Home above an id and below another, from old to new.
    pub(crate) fn above(
        &self,
        viewer: &Arc<Viewer>,
        above: StatusId,
        below: Option<StatusId>,
    ) -> Cold {
        Cold::new(viewer.clone(), Order::OldestFirst { below }, above)
    }

    pub(crate) fn keep(&self, cold: Cold, now_ms: u64) {
        let mut kept = self.kept.lock();
        kept.retain(|_, (_, kept_at_ms)| kept_at_ms.saturating_add(KEPT_MS) > now_ms);
        if kept.len() >= KEPT_MAX {
            let oldest = kept.iter().min_by_key(|(_, (_, kept_at_ms))| *kept_at_ms);
            if let Some(oldest) = oldest.map(|(viewer, _)| *viewer) {
                kept.remove(&oldest);
            }
        }
        kept.insert((cold.viewer.id, cold.viewer.timeline), (cold, now_ms));
    }
}

impl Cold {
    fn new(viewer: Arc<Viewer>, order: Order, from: StatusId) -> Cold {
        let authors = viewer.authors().map(Owner::Account);
        let tags = viewer.tags().iter().cloned().map(Owner::Tag);
        let sources: Vec<Source> = authors
            .chain(tags)
            .map(|owner| Source {
                owner,
                ids: VecDeque::new(),
                cursor: from,
                ended: false,
            })
            .collect();
        Cold {
            viewer,
            order,
            heads: BinaryHeap::new(),
            dry: (0..sources.len()).collect(),
            sources,
            taken: None,
            from,
            given: VecDeque::new(),
            again: 0,
        }
    }

    /// About `count` further rows; none at the end only.
    pub(crate) async fn rows(&mut self, reading: &Reading<'_>, count: usize) -> Result<Vec<Entry>> {
        if self.again > 0 {
            let place = self.given.len() - self.again;
            let rows: Vec<Entry> = self.given.iter().skip(place).take(count).copied().collect();
            self.again -= rows.len();
            return Ok(rows);
        }
        loop {
            let ids = self.ids(reading, count).await?;
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let rows = self.entries(reading.store, &ids).await?;
            if !rows.is_empty() {
                self.remember(&rows);
                return Ok(rows);
            }
        }
    }

    fn remember(&mut self, rows: &[Entry]) {
        if self.order != Order::NewestFirst {
            return;
        }
        self.given.extend(rows);
        while self.given.len() > GIVEN_MAX {
            self.from = self.given.pop_front().map_or(self.from, |entry| entry.id);
        }
    }

    async fn ids(&mut self, reading: &Reading<'_>, count: usize) -> Result<Vec<StatusId>> {
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            self.ask_the_dry(reading).await?;
            let Some(Head { source, .. }) = self.heads.pop() else {
                break;
            };
            let next = self.sources[source].ids.pop_front();
            if next != self.taken {
                ids.extend(next);
                self.taken = next;
            }
            self.offer(source);
        }
        Ok(ids)
    }

    /// Puts the source's next id among the heads.
    fn offer(&mut self, place: usize) {
        let source = &self.sources[place];
        match source.ids.front() {
            Some(id) => self.heads.push(Head {
                rank: match self.order {
                    Order::NewestFirst => id.0.0,
                    Order::OldestFirst { .. } => u64::MAX - id.0.0,
                },
                source: place,
            }),
            None if !source.ended => self.dry.push(place),
            None => {}
        }
    }

    async fn ask_the_dry(&mut self, reading: &Reading<'_>) -> Result<()> {
        if self.dry.is_empty() {
            return Ok(());
        }
        let at_once = self.dry.len().min(SCANS_AT_ONCE_MAX);
        let permits = reading.cold.budget.try_acquire_many(at_once as u32);
        let _permits = permits.map_err(|_| {
            // Never a page with a hole: the client comes again.
            Error::Store(StoreError::Unavailable(
                "too many old timelines are read".to_owned(),
            ))
        })?;
        let (order, store) = (self.order, reading.store);
        let dry: Vec<_> = self
            .dry
            .iter()
            .map(|place| (*place, &self.sources[*place]))
            .collect();
        let scans = dry.into_iter().map(|(place, source)| {
            let (owner, cursor) = (source.owner.clone(), source.cursor);
            async move { Ok::<_, Error>((place, step(store, owner, cursor, order).await?)) }
        });
        // Collected first: what borrows from `scans` must not live across the answers.
        let scans: Vec<_> = scans.collect();
        let found: Vec<(usize, Vec<StatusId>)> = stream::iter(scans)
            .buffer_unordered(SCANS_AT_ONCE_MAX)
            .try_collect()
            .await?;
        self.dry.clear();
        for (place, ids) in found {
            let source = &mut self.sources[place];
            source.ended = ids.len() < STEP_IDS;
            source.cursor = ids.last().copied().unwrap_or(source.cursor);
            source.ids = ids.into();
            self.offer(place);
        }
        Ok(())
    }

    /// The entries of those that exist; direct statuses only if they are the viewer's or name the
    /// viewer.
    async fn entries(&self, store: &Store, ids: &[StatusId]) -> Result<Vec<Entry>> {
        let viewer = self.viewer.id;
        let mut events = statuses::events_of(store, ids).await?;
        events.retain(|status| {
            let is_named = status.account == viewer || status.mentions.contains(&viewer);
            status.visibility != Visibility::Direct || is_named
        });
        Ok(events.iter().map(entry_of).collect())
    }
}

/// The next ids of one list.
async fn step(
    store: &Store,
    owner: Owner,
    cursor: StatusId,
    order: Order,
) -> Result<Vec<StatusId>> {
    let mut page = PageRequest::first(STEP_IDS);
    match order {
        Order::NewestFirst => page.max_id = Some(cursor.0),
        Order::OldestFirst { below } => {
            page.min_id = Some(cursor.0);
            page.max_id = below.map(Id::from);
        }
    }
    let list = match owner {
        Owner::Tag(_) => List::StatusesByTag,
        _ => List::StatusesByAccount,
    };
    let rows = lists::read(store, list, &owner, &page).await?;
    let mut ids: Vec<StatusId> = rows.into_iter().map(|row| StatusId(row.value.id)).collect();
    if order != Order::NewestFirst {
        ids.reverse();
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use petrel_social::error::Error;
    use petrel_store::StoreError;
    use petrel_store::sim;

    use super::*;
    use crate::home::Reach;
    use crate::home::Viewers;
    use crate::log::{Log, LogSettings};

    #[tokio::test]
    async fn without_budget_the_answer_is_later_and_never_a_hole() {
        let (store, _) = sim::store(1);
        let (log, reach, cold) = (
            Log::new(LogSettings::default()),
            Reach::new(),
            ColdReads::new(),
        );
        let reading = Reading {
            log: &log,
            store: &store,
            reach: &reach,
            cold: &cold,
            now_ms: 0,
        };
        let viewers = Viewers::new();
        let viewer = viewers
            .get(&store, &log, AccountId(Id(7)), Timeline::Home)
            .await
            .unwrap();
        let mut home = cold.below(&viewer, StatusId::MAX, 0);
        let taken = cold.budget.try_acquire_many(SCANS_MAX as u32).unwrap();
        let refused = home.rows(&reading, 10).await;
        assert!(matches!(
            refused,
            Err(Error::Store(StoreError::Unavailable(_)))
        ));
        drop(taken);
        assert!(home.rows(&reading, 10).await.unwrap().is_empty());
        assert_eq!(cold.budget.available_permits(), SCANS_MAX);
    }
}

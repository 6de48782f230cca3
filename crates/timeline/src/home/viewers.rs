use std::sync::Arc;

use parking_lot::Mutex;
use petrel_model::event::{Event, RelationKind};
use petrel_model::id::{AccountId, Id};
use petrel_social::account_lists::AccountListView;
use petrel_social::account_lists::table::{AccountListMembers, AccountLists};
use petrel_social::error::{Error, Result};
use petrel_social::eyes::Eyes;
use petrel_social::tag_follows::TagFollows;
use petrel_store::{Partition, Store};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::home::viewer::Viewer;
use crate::log::Log;

/// Viewers whose relations are kept, by the relations that they have in sum (some 32 bytes each).
const RELATIONS_KEPT_MAX: u64 = 2_000_000;
const VIEWERS_EXPECTED: usize = 4_096;
const SHARDS: usize = 64;

/// Which of a viewer's own timelines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Timeline {
    Home,
    /// That of one of the viewer's lists of accounts.
    List(Id),
}

/// All rows that a timeline depends on for its viewer's sake. They are kept by the store, so that
/// on a node where they were read lately none of them costs a question.
pub(crate) struct Known {
    pub(crate) eyes: Eyes,
    pub(crate) lists: Arc<Partition<AccountLists>>,
    pub(crate) tags: Arc<Partition<TagFollows>>,
}

/// The viewers who were here lately.
pub(crate) struct Viewers {
    cache: Cache<(AccountId, Timeline), Arc<Viewer>, ByRelations>,
    /// How often something changed that a load under way may not have seen.
    changes: Box<[Mutex<u64>]>,
}

#[derive(Clone)]
struct ByRelations;

impl Weighter<(AccountId, Timeline), Arc<Viewer>> for ByRelations {
    fn weight(&self, _: &(AccountId, Timeline), viewer: &Arc<Viewer>) -> u64 {
        viewer.relations() as u64 + 16
    }
}

impl Viewers {
    pub(crate) fn new() -> Viewers {
        Viewers {
            cache: Cache::with_weighter(VIEWERS_EXPECTED, RELATIONS_KEPT_MAX, ByRelations),
            changes: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// # Errors
    /// `NotFound` for a list that is not the viewer's, and those of the store.
    pub(crate) async fn get(
        &self,
        store: &Store,
        log: &Log,
        id: AccountId,
        timeline: Timeline,
    ) -> Result<Arc<Viewer>> {
        let before = *self.changes_of(id).lock();
        let known = Known::load(store, id).await?;
        if let Some(kept) = self.cache.get(&(id, timeline))
            && kept.is_of(&known)
        {
            let lists: Vec<Id> = kept.lists().collect();
            if kept.has_members(&members(store, id, &lists).await?) {
                return Ok(kept);
            }
        }
        let lists = chosen(&known, timeline)?;
        let ids: Vec<Id> = lists.iter().map(|list| list.id).collect();
        let members = members(store, id, &ids).await?;
        let lists: Vec<_> = lists.into_iter().zip(members).collect();
        let viewer = Arc::new(Viewer::assemble(id, timeline, &known, lists, log));
        // A load that an event has overtaken is not kept.
        let changes = self.changes_of(id).lock();
        if *changes == before {
            self.cache.insert((id, timeline), viewer.clone());
        }
        Ok(viewer)
    }

    /// A number that rises when anything is voided that a home of this viewer may rest on.
    pub(crate) fn changes(&self, id: AccountId) -> u64 {
        *self.changes_of(id).lock()
    }

    pub(crate) fn hear(&self, event: &Event) {
        match event {
            Event::Related {
                kind: RelationKind::Note,
                ..
            } => {}
            Event::Related {
                account,
                other,
                kind,
                ..
            } => {
                self.forget(*account);
                if *kind == RelationKind::Block {
                    self.forget(*other);
                }
            }
            Event::AccountListChanged { account, .. } | Event::TagFollowed { account, .. } => {
                self.forget(*account);
            }
            _ => {}
        }
    }

    /// Timelines of lists are told apart by the rows that they were made of alone.
    fn forget(&self, id: AccountId) {
        let mut changes = self.changes_of(id).lock();
        *changes += 1;
        self.cache.remove(&(id, Timeline::Home));
    }

    fn changes_of(&self, id: AccountId) -> &Mutex<u64> {
        &self.changes[id.time_ms() as usize % SHARDS]
    }
}

impl Known {
    async fn load(store: &Store, id: AccountId) -> Result<Known> {
        let (eyes, lists, tags) = tokio::try_join!(
            Eyes::open(store, Some(id), 0),
            async { Ok(store.partition::<AccountLists>(&id).await?) },
            async { Ok(store.partition::<TagFollows>(&id).await?) },
        )?;
        Ok(Known { eyes, lists, tags })
    }
}

/// The lists whose members matter: for home those that are exclusive.
fn chosen(known: &Known, timeline: Timeline) -> Result<Vec<AccountListView>> {
    match timeline {
        Timeline::Home => {
            let mut lists = AccountListView::all_of(&known.lists);
            lists.retain(|list| list.exclusive);
            Ok(lists)
        }
        Timeline::List(id) => match AccountListView::one_of(&known.lists, id) {
            Some(list) => Ok(vec![list]),
            None => Err(Error::NotFound),
        },
    }
}

async fn members(
    store: &Store,
    owner: AccountId,
    lists: &[Id],
) -> Result<Vec<Arc<Partition<AccountListMembers>>>> {
    let keys: Vec<_> = lists.iter().map(|list| (owner, *list)).collect();
    Ok(store.partitions::<AccountListMembers>(&keys).await?)
}

use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};
use petrel_model::event::{About, Event, RelationKind};
use petrel_model::home::{Entry, Follow, HomeFacts};
use petrel_model::id::AccountId;
use petrel_model::text::language::Language;
use petrel_social::error::Result;
use petrel_social::eyes::Eyes;
use petrel_social::relations::table::{Relation, Relations};
use petrel_store::{Partition, Store};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::log::{Chain, Log, Ordinal};

/// Viewers whose relations are kept, by the relations that they have in sum (some 32 bytes each).
const RELATIONS_KEPT_MAX: u64 = 2_000_000;
const VIEWERS_EXPECTED: usize = 4_096;
const SHARDS: usize = 64;

/// What home depends on about its viewer, mutes and blocks included. The next event that touches
/// any of it throws the whole away, and so does a write that no event tells of as a change: who
/// takes back what they did not know of says nothing.
pub(crate) struct Viewer {
    pub(crate) id: AccountId,
    /// The relations that it was made of.
    origin: Weak<Partition<Relations>>,
    /// Sorted by account.
    follows: Vec<Followed>,
    /// Sorted by account.
    kept_away: Vec<KeptAway>,
    /// The chains that home is merged from.
    chains: Vec<Ordinal>,
    /// Whether others block the viewer, as far as it was asked for.
    pub(super) blockers: RwLock<FxHashMap<AccountId, bool>>,
}

struct Followed {
    account: AccountId,
    shows_reblogs: bool,
    languages: Box<[Language]>,
}

struct KeptAway {
    account: AccountId,
    blocked: bool,
    /// Unix milliseconds.
    until_ms: u64,
}

impl Viewer {
    fn assemble(id: AccountId, eyes: &Eyes, log: &Log) -> Viewer {
        let mut viewer = Viewer {
            id,
            origin: eyes.origin(),
            follows: Vec::new(),
            kept_away: Vec::new(),
            chains: log.own_chains(id).collect(),
            blockers: RwLock::default(),
        };
        for row in eyes.relations() {
            let (other, kind) = row.sort;
            match kind {
                RelationKind::Follow if row.value.on => viewer.follows.push(Followed {
                    account: other,
                    shows_reblogs: true,
                    languages: Box::default(),
                }),
                RelationKind::FollowSettings => viewer.take_settings(other, &row.value),
                RelationKind::Block if row.value.on => viewer.keep_away(other, true, None),
                RelationKind::Mute if row.value.on => {
                    let mute = row.value.mute.as_ref();
                    viewer.keep_away(other, false, mute.and_then(|mute| mute.expires_at_ms));
                }
                _ => {}
            }
        }
        let followed = viewer
            .follows
            .iter()
            .map(|follow| Chain::Account(follow.account));
        viewer
            .chains
            .extend(followed.filter_map(|chain| log.ordinal(chain)));
        viewer
    }

    /// The settings' row comes right after the follow's.
    fn take_settings(&mut self, other: AccountId, row: &Relation) {
        let Some(follow) = self
            .follows
            .last_mut()
            .filter(|follow| follow.account == other)
        else {
            return;
        };
        if let Some(settings) = &row.follow {
            follow.shows_reblogs = settings.reblogs;
            let languages = settings.languages.iter();
            follow.languages = languages.filter_map(|code| Language::parse(code)).collect();
        }
    }

    fn keep_away(&mut self, account: AccountId, blocked: bool, until_ms: Option<u64>) {
        self.kept_away.push(KeptAway {
            account,
            blocked,
            until_ms: until_ms.unwrap_or(u64::MAX),
        });
    }

    pub(crate) fn chains(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.chains.iter().copied()
    }

    /// The viewer and all who are followed.
    pub(crate) fn authors(&self) -> impl Iterator<Item = AccountId> + '_ {
        let followed = self.follows.iter().map(|follow| follow.account);
        [self.id].into_iter().chain(followed)
    }

    pub(crate) fn follows(&self, account: AccountId) -> bool {
        self.followed(account).is_some()
    }

    fn followed(&self, account: AccountId) -> Option<&Followed> {
        let place = self
            .follows
            .binary_search_by_key(&account, |follow| follow.account);
        place.ok().map(|place| &self.follows[place])
    }

    fn is_kept_away(&self, account: AccountId, now_ms: u64, only_blocks: bool) -> bool {
        let from = self
            .kept_away
            .partition_point(|kept| kept.account < account);
        let rows = self.kept_away[from..]
            .iter()
            .take_while(|kept| kept.account == account);
        rows.filter(|kept| kept.blocked || !only_blocks)
            .any(|kept| kept.until_ms > now_ms)
    }

    /// Those whom a decision on this entry needs to know out of reach or not.
    pub(crate) fn concerned(&self, entry: &Entry) -> impl Iterator<Item = AccountId> {
        let other = match entry.about {
            About::Nothing => None,
            About::Reblog { account, .. } => Some(account),
            About::Reply { account, .. } => Some(account).filter(|other| self.follows(*other)),
        };
        let viewer = self.id;
        let both = [Some(entry.account), other];
        both.into_iter()
            .flatten()
            .filter(move |account| *account != viewer)
    }
}

/// A viewer at one moment, with those of the accounts asked about who are out of reach.
pub(crate) struct Judge<'a> {
    pub(crate) viewer: &'a Viewer,
    pub(crate) out_of_reach: FxHashSet<AccountId>,
    pub(crate) now_ms: u64,
}

impl HomeFacts for Judge<'_> {
    fn viewer(&self) -> AccountId {
        self.viewer.id
    }

    fn follow(&self, account: AccountId) -> Option<Follow<'_>> {
        // A follow beside a block either way is no follow.
        let blocked = self.viewer.is_kept_away(account, self.now_ms, true);
        if blocked || self.out_of_reach.contains(&account) {
            return None;
        }
        self.viewer.followed(account).map(|follow| Follow {
            shows_reblogs: follow.shows_reblogs,
            languages: &follow.languages,
        })
    }

    fn hides(&self, account: AccountId) -> bool {
        self.viewer.is_kept_away(account, self.now_ms, false)
    }

    fn is_out_of_reach(&self, account: AccountId) -> bool {
        self.out_of_reach.contains(&account)
    }

    /// Direct statuses come only out of chains of those whom they name.
    fn names_viewer(&self, _entry: &Entry) -> bool {
        true
    }
}

/// The viewers who were here lately.
pub(crate) struct Viewers {
    cache: Cache<AccountId, Arc<Viewer>, ByRelations>,
    /// How often something changed that a load under way may not have seen.
    changes: Box<[Mutex<u64>]>,
}

#[derive(Clone)]
struct ByRelations;

impl Weighter<AccountId, Arc<Viewer>> for ByRelations {
    fn weight(&self, _: &AccountId, viewer: &Arc<Viewer>) -> u64 {
        (viewer.follows.len() + viewer.kept_away.len() + 16) as u64
    }
}

impl Viewers {
    pub(crate) fn new() -> Viewers {
        Viewers {
            cache: Cache::with_weighter(VIEWERS_EXPECTED, RELATIONS_KEPT_MAX, ByRelations),
            changes: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    pub(crate) async fn get(&self, store: &Store, log: &Log, id: AccountId) -> Result<Arc<Viewer>> {
        let before = *self.changes_of(id).lock();
        let eyes = Eyes::open(store, Some(id), 0).await?;
        let kept = self.cache.get(&id);
        if let Some(viewer) = kept.filter(|kept| kept.origin.ptr_eq(&eyes.origin())) {
            return Ok(viewer);
        }
        let viewer = Arc::new(Viewer::assemble(id, &eyes, log));
        // A load that an event has overtaken is not kept.
        let changes = self.changes_of(id).lock();
        if *changes == before {
            self.cache.insert(id, viewer.clone());
        }
        Ok(viewer)
    }

    /// A number that rises when anything is voided that a home of this viewer may rest on.
    pub(crate) fn changes(&self, id: AccountId) -> u64 {
        *self.changes_of(id).lock()
    }

    pub(crate) fn hear(&self, event: &Event) {
        let Event::Related {
            account,
            other,
            kind,
            ..
        } = event
        else {
            return;
        };
        if *kind == RelationKind::Note {
            return;
        }
        self.forget(*account);
        if *kind == RelationKind::Block {
            self.forget(*other);
        }
    }

    fn forget(&self, id: AccountId) {
        let mut changes = self.changes_of(id).lock();
        *changes += 1;
        self.cache.remove(&id);
    }

    fn changes_of(&self, id: AccountId) -> &Mutex<u64> {
        &self.changes[id.time_ms() as usize % SHARDS]
    }
}

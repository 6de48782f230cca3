//! Through whose eyes something is read: the viewer's own relations, and what the gate needs to
//! know of other accounts.

use std::sync::{Arc, Weak};

use parking_lot::RwLock;
use petrel_model::clock::Stamp;
use petrel_model::event::RelationKind;
use petrel_model::gate::{self, Known};
use petrel_model::id::AccountId;
use petrel_store::{Partition, Row, Store};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::Accounts;
use crate::context::Ctx;
use crate::error::Result;
use crate::relations::table::{FollowSettings, Relation, Relations};

/// A viewer and all that they are to others.
#[derive(Clone)]
pub struct Eyes {
    viewer: gate::Viewer,
    /// Sorted by (other, kind).
    relations: Arc<Partition<Relations>>,
    own: Arc<Own>,
    now_ms: u64,
    pub revision: Stamp,
}

/// What is made of a viewer's relations, and kept as long as they are.
#[derive(Default)]
struct Own {
    revision: Stamp,
    /// What is on, by the other account, in order.
    on: Vec<(AccountId, On)>,
    /// Whether others block the viewer, as far as it was asked for. A block and its end both
    /// write into the relations of whom they are about, so this is void when that changes.
    blocked_by: RwLock<FxHashMap<AccountId, Blocking>>,
}

/// Whether somebody blocks the viewer, and the revision of the row that says so.
#[derive(Clone, Copy, Default)]
struct Blocking {
    on: bool,
    revision: Stamp,
}

/// What the viewer is to one account.
#[derive(Clone, Copy, Default)]
struct On {
    follows: bool,
    requested: bool,
    blocks: bool,
    /// Unix milliseconds until which it is muted; 0 if it is not.
    muted_until_ms: u64,
    mutes_notifications: bool,
}

impl Own {
    fn of(rows: &[Row<Relations>]) -> Own {
        let mut own = Own::default();
        for row in rows {
            own.revision = own.revision.max(row.revision);
            let (other, kind) = row.sort;
            if !row.value.on {
                continue;
            }
            if own.on.last().is_none_or(|(last, _)| *last != other) {
                own.on.push((other, On::default()));
            }
            if let Some((_, on)) = own.on.last_mut() {
                on.add(kind, &row.value);
            }
        }
        own
    }
}

impl On {
    fn add(&mut self, kind: RelationKind, relation: &Relation) {
        match kind {
            RelationKind::Follow => self.follows = true,
            RelationKind::FollowRequest => self.requested = true,
            RelationKind::Block => self.blocks = true,
            RelationKind::Mute => {
                let mute = relation.mute.as_ref();
                let until_ms = mute.and_then(|mute| mute.expires_at_ms);
                self.muted_until_ms = until_ms.unwrap_or(u64::MAX);
                self.mutes_notifications = mute.is_none_or(|mute| mute.notifications);
            }
            RelationKind::FollowSettings | RelationKind::Note => {}
        }
    }
}

/// Accounts of which it is kept whether they block a viewer.
const BLOCKED_BY_KEPT_MAX: usize = 20_000;

/// An account and what the gate needs to know of it for this viewer.
#[derive(Clone)]
pub struct Seen {
    pub facts: Arc<AccountFacts>,
    pub gate: gate::Account,
    /// The newest revision of what is known of it, its block of the viewer included.
    pub revision: Stamp,
}

impl Eyes {
    pub async fn of(ctx: &Ctx) -> Result<Eyes> {
        Eyes::open(ctx.store(), ctx.viewer(), ctx.clock().now_ms()).await
    }

    pub async fn open(store: &Store, viewer: Option<AccountId>, now_ms: u64) -> Result<Eyes> {
        let (viewer, relations) = match viewer {
            None => (gate::Viewer::Anonymous, Arc::default()),
            Some(id) => {
                let relations = store.partition::<Relations>(&id).await?;
                (gate::Viewer::active(id), relations)
            }
        };
        let own = relations.derive(Own::of);
        Ok(Eyes {
            viewer,
            relations,
            now_ms,
            revision: own.revision,
            own,
        })
    }

    pub fn viewer(&self) -> &gate::Viewer {
        &self.viewer
    }

    /// Unix milliseconds as of which mutes have ended or not.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub fn id(&self) -> Option<AccountId> {
        self.viewer.id()
    }

    /// All that the viewer is to others, off rows included, sorted by (other, kind).
    pub fn relations(&self) -> &[Row<Relations>] {
        &self.relations
    }

    /// Whose relations these are as they are now, without keeping them: what was made of them is
    /// right as long as whoever opens eyes gets the same.
    pub fn origin(&self) -> Weak<Partition<Relations>> {
        Arc::downgrade(&self.relations)
    }

    /// The viewer's row of this kind, on or off.
    pub fn row(&self, other: AccountId, kind: RelationKind) -> Option<&Relation> {
        let place = self
            .relations
            .binary_search_by(|row| row.sort.cmp(&(other, kind)))
            .ok()?;
        Some(&self.relations[place].value)
    }

    /// The viewer's row of this kind, if it is on and has not expired.
    pub fn on(&self, other: AccountId, kind: RelationKind) -> Option<&Relation> {
        self.row(other, kind)
            .filter(|relation| is_on(relation, self.now_ms))
    }

    /// How the viewer's follow of this account is shown.
    pub fn follow_settings(&self, other: AccountId) -> FollowSettings {
        self.row(other, RelationKind::FollowSettings)
            .and_then(|relation| relation.follow.clone())
            .unwrap_or_default()
    }

    /// The relation as the gate takes it; `blocked_by` is the other's fact.
    pub fn relation(&self, other: AccountId, blocked_by: bool) -> gate::Relation {
        let place = self.own.on.binary_search_by_key(&other, |(id, _)| *id);
        let on = place.map_or(On::default(), |place| self.own.on[place].1);
        let mutes = on.muted_until_ms > self.now_ms;
        gate::Relation {
            follows: Known::from(on.follows),
            requested: Known::from(on.requested),
            blocks: Known::from(on.blocks),
            blocked_by: Known::from(blocked_by),
            mutes: Known::from(mutes),
            mutes_notifications: Known::from(mutes && on.mutes_notifications),
        }
    }

    /// Which of these accounts there are, deleted and suspended ones included, and what the gate
    /// needs of them.
    pub async fn accounts(
        &self,
        store: &Store,
        ids: &[AccountId],
    ) -> Result<FxHashMap<AccountId, Seen>> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let partitions = store.partitions::<Accounts>(&ids).await?;
        let blockings = self.blockings(store, &ids).await?;
        let mut seen = FxHashMap::with_capacity_and_hasher(ids.len(), FxBuildHasher);
        for ((id, rows), blocking) in ids.iter().zip(&partitions).zip(blockings) {
            let Some(facts) = AccountFacts::of(*id, rows) else {
                continue;
            };
            let gate = gate::Account {
                id: *id,
                deleted: Known::from(facts.deleted),
                suspended: Known::from(facts.suspended),
                relation: self.relation(*id, blocking.on),
            };
            let revision = facts.revision.max(blocking.revision);
            let about = Seen {
                facts,
                gate,
                revision,
            };
            seen.insert(*id, about);
        }
        Ok(seen)
    }

    /// Which of these accounts block the viewer, in order.
    pub async fn blocked_by(&self, store: &Store, ids: &[AccountId]) -> Result<Vec<bool>> {
        let blockings = self.blockings(store, ids).await?;
        Ok(blockings.into_iter().map(|blocking| blocking.on).collect())
    }

    async fn blockings(&self, store: &Store, ids: &[AccountId]) -> Result<Vec<Blocking>> {
        let Some(viewer) = self.id() else {
            return Ok(vec![Blocking::default(); ids.len()]);
        };
        let mut answers: Vec<Option<Blocking>> = {
            let known = self.own.blocked_by.read();
            ids.iter().map(|id| known.get(id).copied()).collect()
        };
        let unknown: Vec<usize> = (0..ids.len()).filter(|at| answers[*at].is_none()).collect();
        if !unknown.is_empty() {
            let keys: Vec<_> = unknown
                .iter()
                .map(|at| (ids[*at], (viewer, RelationKind::Block)))
                .collect();
            let rows = store.get_many::<Relations>(&keys).await?;
            let mut known = self.own.blocked_by.write();
            if known.len() + unknown.len() > BLOCKED_BY_KEPT_MAX {
                known.clear();
            }
            for (at, row) in unknown.into_iter().zip(rows) {
                let blocking = row.map_or(Blocking::default(), |row| Blocking {
                    on: row.value.on,
                    revision: row.revision,
                });
                known.insert(ids[at], blocking);
                answers[at] = Some(blocking);
            }
        }
        // Nothing is left unknown; were it so, the answer would be that they block.
        let unknown = Blocking {
            on: true,
            revision: Stamp::MIN,
        };
        let known = answers.into_iter().map(|known| known.unwrap_or(unknown));
        Ok(known.collect())
    }
}

/// On, and not a mute that has run out.
pub fn is_on(relation: &Relation, now_ms: u64) -> bool {
    let expired = relation
        .mute
        .as_ref()
        .and_then(|mute| mute.expires_at_ms)
        .is_some_and(|expires_at_ms| expires_at_ms <= now_ms);
    relation.on && !expired
}

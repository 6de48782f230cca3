//! The statuses of one request with all that the gate and the presentation need: loaded in a few
//! reads, judged, then shown.

use std::sync::Arc;

use petrel_model::clock::Stamp;
use petrel_model::event::MarkKind;
use petrel_model::gate::{self, Content, Interaction, Known, Surface};
use petrel_model::id::{AccountId, StatusId};
use petrel_store::{Partition, Store};
use rustc_hash::FxHashMap;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::{Eyes, Seen};
use crate::marks::table::{self as mark_table, Marks};
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::Statuses;

pub struct World {
    pub eyes: Eyes,
    pub statuses: FxHashMap<StatusId, Arc<StatusFacts>>,
    pub accounts: FxHashMap<AccountId, Seen>,
    /// Of the marks by which reblogs stand.
    marks_revision: Stamp,
}

impl World {
    pub async fn load(ctx: &Ctx, ids: &[StatusId]) -> Result<World> {
        World::seen_by(ctx.store(), ctx.viewer(), ctx.clock().now_ms(), ids).await
    }

    /// As [`World::load`], through the eyes of whoever has opened these.
    pub async fn load_with(store: &Store, eyes: Eyes, ids: &[StatusId]) -> Result<World> {
        World::seen_by(store, eyes.id(), eyes.now_ms(), ids).await
    }

    /// Loads the statuses, what they reblog, and everybody who matters to the gate. The statuses
    /// come first: whoever was let go or shut out before one of them was written must be known to
    /// be when it is judged, so the eyes are opened, and the accounts loaded, only when this node
    /// knows of all that is older than the newest of them.
    async fn seen_by(
        store: &Store,
        viewer: Option<AccountId>,
        now_ms: u64,
        ids: &[StatusId],
    ) -> Result<World> {
        let Loaded { mut statuses, rows } = load_whole(store, ids).await?;
        if !may_be_judged(store, viewer, &statuses, &rows) {
            store.catch_up().await?;
        }
        let eyes = Eyes::open(store, viewer, now_ms).await?;
        let authors: Vec<AccountId> = statuses.values().map(|facts| facts.account()).collect();
        let (marks_revision, accounts) = tokio::try_join!(
            drop_reblogs_taken_back(store, &mut statuses),
            eyes.accounts(store, &authors)
        )?;
        Ok(World {
            eyes,
            statuses,
            accounts,
            marks_revision,
        })
    }

    /// The newest revision that a decision on this world rests on.
    pub fn revision(&self) -> Stamp {
        let statuses = self.statuses.values().map(|facts| facts.revision);
        let accounts = self.accounts.values().map(|seen| seen.revision);
        statuses
            .chain(accounts)
            .chain([self.eyes.revision, self.marks_revision])
            .max()
            .unwrap_or_default()
    }

    /// Whether the viewer is shown this status there.
    pub fn may_see(&self, id: StatusId, surface: Surface) -> bool {
        self.judge(id, |viewer, status| gate::may_see(viewer, status, surface))
    }

    pub fn may_interact(&self, id: StatusId, interaction: Interaction) -> bool {
        self.judge(id, |viewer, status| {
            gate::may_interact(viewer, status, interaction)
        })
    }

    /// The status, if the viewer is shown it there.
    pub fn require(&self, id: StatusId, surface: Surface) -> Result<&StatusFacts> {
        match self.statuses.get(&id) {
            Some(facts) if self.may_see(id, surface) => Ok(facts),
            _ => Err(Error::NotFound),
        }
    }

    /// The id of what this one reblogs, or its own, for what belongs to the viewer whether they may
    /// see the status or not. It shows nothing.
    pub fn text_of(&self, id: StatusId) -> StatusId {
        let facts = self.statuses.get(&id);
        let reblogged = facts.and_then(|facts| facts.reblog_of());
        reblogged.map_or(id, |(target, _)| target)
    }

    fn judge(
        &self,
        id: StatusId,
        ask: impl FnOnce(&gate::Viewer, &gate::Status<'_>) -> bool,
    ) -> bool {
        let Some(mut status) = self.gate_status(id) else {
            return false;
        };
        let reblog = self.statuses.get(&id).and_then(|facts| facts.reblog_of());
        let reblogged = reblog.and_then(|(target, _)| self.gate_status(target));
        if reblog.is_some() {
            status.content = Content::Reblog(reblogged.as_ref());
        }
        ask(self.eyes.viewer(), &status)
    }

    fn gate_status(&self, id: StatusId) -> Option<gate::Status<'_>> {
        let facts = self.statuses.get(&id)?;
        let author = self.accounts.get(&facts.account())?;
        Some(gate::Status {
            author: author.gate,
            visibility: facts.created.visibility,
            mentions: Some(&facts.mentioned),
            deleted: Known::No,
            content: match facts.reblog_of() {
                Some(_) => Content::Reblog(None),
                None => Content::Own,
            },
        })
    }
}

/// What others wrote may rest on a right that was taken before; an author sees their own anyway.
fn may_be_judged(
    store: &Store,
    viewer: Option<AccountId>,
    statuses: &FxHashMap<StatusId, Arc<StatusFacts>>,
    rows: &[(StatusId, Arc<Partition<Statuses>>)],
) -> bool {
    let of_others = |id: &StatusId| {
        let facts = statuses.get(id);
        facts.is_some_and(|facts| Some(facts.account()) != viewer)
    };
    let others = rows.iter().filter(|(id, _)| of_others(id));
    store.is_fresh_for_each(others.flat_map(|(_, rows)| rows.iter().map(|row| row.revision)))
}

/// Statuses, and all rows that they are made of.
#[derive(Default)]
struct Loaded {
    statuses: FxHashMap<StatusId, Arc<StatusFacts>>,
    rows: Vec<(StatusId, Arc<Partition<Statuses>>)>,
}

/// Those of the statuses that exist, and what they reblog, for views that show nobody anything.
pub(super) async fn load_existing(
    store: &Store,
    ids: &[StatusId],
) -> Result<FxHashMap<StatusId, Arc<StatusFacts>>> {
    let mut statuses = load_whole(store, ids).await?.statuses;
    drop_reblogs_taken_back(store, &mut statuses).await?;
    Ok(statuses)
}

/// The statuses, and what they reblog.
async fn load_whole(store: &Store, ids: &[StatusId]) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    load_facts(store, ids, &mut loaded).await?;
    let statuses = &loaded.statuses;
    let targets: Vec<StatusId> = statuses
        .values()
        .filter_map(|facts| facts.reblog_of())
        .map(|(target, _)| target)
        .filter(|target| !statuses.contains_key(target))
        .collect();
    load_facts(store, &targets, &mut loaded).await?;
    Ok(loaded)
}

async fn load_facts(store: &Store, ids: &[StatusId], into: &mut Loaded) -> Result<()> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let partitions = store.partitions::<Statuses>(&ids).await?;
    for (id, rows) in ids.into_iter().zip(partitions) {
        if let Some(facts) = StatusFacts::of(id, &rows) {
            into.statuses.insert(id, facts);
            into.rows.push((id, rows));
        }
    }
    Ok(())
}

/// A reblog's own status exists only while its mark is on and bears its id.
/// Gives the newest revision of the marks of those that stand.
async fn drop_reblogs_taken_back(
    store: &Store,
    statuses: &mut FxHashMap<StatusId, Arc<StatusFacts>>,
) -> Result<Stamp> {
    let mut reblogs = Vec::new();
    let mut keys = Vec::new();
    for facts in statuses.values() {
        if let Some((target, _)) = facts.reblog_of() {
            reblogs.push(facts.id);
            keys.push((
                mark_table::partition(facts.account(), target),
                (target, MarkKind::Reblog),
            ));
        }
    }
    let mut revision = Stamp::MIN;
    if reblogs.is_empty() {
        return Ok(revision);
    }
    let marks = store.get_many::<Marks>(&keys).await?;
    for (reblog, mark) in reblogs.into_iter().zip(marks) {
        revision = revision.max(mark.as_ref().map_or(Stamp::MIN, |mark| mark.revision));
        let stands = mark.is_some_and(|mark| mark.value.on && mark.value.id == reblog.0);
        if !stands {
            statuses.remove(&reblog);
        }
    }
    Ok(revision)
}

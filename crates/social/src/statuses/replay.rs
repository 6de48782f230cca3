//! All statuses there are, row by row in any order, for views that are rebuilt from facts.
//! Maintenance, never a request.

use std::collections::HashMap;

use petrel_model::event::{MarkKind, StatusEvent};
use petrel_model::id::{AccountId, StatusId};
use petrel_store::engine::TableToken;
use petrel_store::{Row, Store};

use crate::error::Result;
use crate::eyes::Eyes;
use crate::marks::table::{self as mark_table, Marks};
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusSort, Statuses};
use crate::statuses::world::World;

/// What one page of the table's rows says. The rows of one status may come in different pages.
#[derive(Default)]
pub struct Replayed {
    /// As they were first written. Reblogs that were taken back are left out.
    pub created: Vec<StatusEvent>,
    /// Those of which an edit was seen; [`events_of`] has their latest version.
    pub edited: Vec<StatusId>,
    pub deleted: Vec<StatusId>,
    /// Where to go on; none at the end.
    pub next: Option<TableToken>,
}

/// About `limit` rows of the table of statuses.
pub async fn replay(store: &Store, token: Option<TableToken>, limit: usize) -> Result<Replayed> {
    let (rows, next) = store.scan_table::<Statuses>(token, limit).await?;
    let mut page = Replayed {
        next,
        ..Replayed::default()
    };
    let mut reblogs = Vec::new();
    for (id, row) in rows {
        match row.sort {
            StatusSort::Created => match created(id, row) {
                Some(facts) if facts.reblog_of().is_some() => reblogs.push(facts),
                Some(facts) => page.created.push(facts.event()),
                None => {}
            },
            StatusSort::Edit(_) => page.edited.push(id),
            StatusSort::Deleted => page.deleted.push(id),
            StatusSort::Chapter(..) => {}
        }
    }
    page.created
        .extend(reblogs_that_stand(store, reblogs).await?);
    Ok(page)
}

/// The latest version of those that exist, in order; a reblog with the mentions of what it
/// reblogs.
pub async fn events_of(store: &Store, ids: &[StatusId]) -> Result<Vec<StatusEvent>> {
    let eyes = Eyes::open(store, None, 0).await?;
    let world = World::load_with(store, eyes, ids).await?;
    let found = ids.iter().filter_map(|id| world.statuses.get(id));
    let events = found.filter_map(|facts| match facts.reblog_of() {
        None => Some(facts.event()),
        Some((target, _)) => world
            .statuses
            .get(&target)
            .map(|target| as_reblog(facts, target)),
    });
    Ok(events.collect())
}

fn created(id: StatusId, row: Row<Statuses>) -> Option<StatusFacts> {
    StatusFacts::assemble(id, std::slice::from_ref(&row))
}

/// A reblog bears the language that the reblogged status had at first, as its event did.
fn as_reblog(reblog: &StatusFacts, target: &StatusFacts) -> StatusEvent {
    StatusEvent {
        language: target.created.content.language.clone().unwrap_or_default(),
        mentions: target.mentioned.clone(),
        ..reblog.event()
    }
}

/// A reblog's own status exists only while its mark is on and bears its id, and is of no use
/// without what it reblogs.
async fn reblogs_that_stand(store: &Store, reblogs: Vec<StatusFacts>) -> Result<Vec<StatusEvent>> {
    let about = |facts: &StatusFacts| -> Option<(StatusId, AccountId)> { facts.reblog_of() };
    let targets: Vec<StatusId> = reblogs.iter().filter_map(about).map(|(id, _)| id).collect();
    let keys: Vec<_> = reblogs
        .iter()
        .zip(&targets)
        .map(|(reblog, target)| {
            let partition = mark_table::partition(reblog.account(), *target);
            (partition, (*target, MarkKind::Reblog))
        })
        .collect();
    let marks = store.get_many::<Marks>(&keys).await?;
    let mut found = HashMap::new();
    for (id, rows) in targets
        .iter()
        .zip(store.partitions::<Statuses>(&targets).await?)
    {
        found.extend(StatusFacts::assemble(*id, &rows).map(|facts| (*id, facts)));
    }
    let mut events = Vec::new();
    for ((reblog, target), mark) in reblogs.iter().zip(&targets).zip(marks) {
        let stands = mark.is_some_and(|mark| mark.value.on && mark.value.id == reblog.id.0);
        if let Some(target) = found.get(target).filter(|_| stands) {
            events.push(as_reblog(reblog, target));
        }
    }
    Ok(events)
}

//! All statuses there are, row by row in any order, for views that are rebuilt from facts.
//! Maintenance, never a request.

use petrel_model::event::StatusEvent;
use petrel_model::id::StatusId;
use petrel_store::Store;
use petrel_store::engine::TableToken;

use crate::error::Result;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusSort, Statuses};
use crate::statuses::world::load_existing;

/// What one page of the table's rows says. The rows of one status may come in different pages.
#[derive(Default)]
pub struct Replayed {
    /// As they were first written; reblogs without the language and mentions of what they reblog.
    pub created: Vec<StatusEvent>,
    /// Those of which an edit was seen; [`events_of`] has their latest version.
    pub edited: Vec<StatusId>,
    pub deleted: Vec<StatusId>,
    /// Where to go on; none at the end.
    pub next: Option<TableToken>,
}

/// About `limit` rows of the table of statuses, and no look at any other.
pub async fn replay(store: &Store, token: Option<TableToken>, limit: usize) -> Result<Replayed> {
    let (rows, next) = store.scan_table::<Statuses>(token, limit).await?;
    let mut page = Replayed {
        next,
        ..Replayed::default()
    };
    for (id, row) in rows {
        match row.sort {
            StatusSort::Created => {
                let facts = StatusFacts::assemble(id, std::slice::from_ref(&row));
                page.created.extend(facts.map(|facts| facts.event()));
            }
            StatusSort::Edit(_) => page.edited.push(id),
            StatusSort::Deleted => page.deleted.push(id),
            StatusSort::Chapter(..) => {}
        }
    }
    Ok(page)
}

/// The latest version of those that exist, in order; a reblog with the mentions of what it
/// reblogs.
pub async fn events_of(store: &Store, ids: &[StatusId]) -> Result<Vec<StatusEvent>> {
    let statuses = load_existing(store, ids).await?;
    let found = ids.iter().filter_map(|id| statuses.get(id));
    let events = found.filter_map(|facts| match facts.reblog_of() {
        None => Some(facts.event()),
        Some((target, _)) => statuses.get(&target).map(|target| as_reblog(facts, target)),
    });
    Ok(events.collect())
}

/// A reblog bears the language that the reblogged status had at first, as its event did.
fn as_reblog(reblog: &StatusFacts, target: &StatusFacts) -> StatusEvent {
    StatusEvent {
        language: target.created.content.language.clone().unwrap_or_default(),
        mentions: target.mentioned.clone(),
        has_media: !target.created.content.media.is_empty(),
        ..reblog.event()
    }
}

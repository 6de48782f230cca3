//! All statuses there are, for views that are rebuilt from facts. Maintenance, never a request.

use petrel_model::clock::Stamp;
use petrel_model::event::StatusEvent;
use petrel_model::id::StatusId;
use petrel_store::Store;
use petrel_store::engine::TableToken;

use crate::error::Result;
use crate::eyes::Eyes;
use crate::statuses::table::{StatusSort, Statuses};
use crate::statuses::world::World;

/// A status that exists, as its creation told of it and with its latest edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebuilt {
    pub event: StatusEvent,
    pub revision: Stamp,
}

/// About `limit` statuses, in no order, and where to go on; reblogs taken back are left out.
pub async fn scan_all(
    store: &Store,
    token: Option<TableToken>,
    limit: usize,
) -> Result<(Vec<Rebuilt>, Option<TableToken>)> {
    let (rows, token) = store.scan_table::<Statuses>(token, limit).await?;
    let ids: Vec<StatusId> = rows
        .iter()
        .filter(|(_, row)| row.sort == StatusSort::Created)
        .map(|(id, _)| *id)
        .collect();
    let eyes = Eyes::open(store, None, 0).await?;
    let world = World::load_with(store, eyes, &ids).await?;
    let rebuilt = ids
        .iter()
        .filter_map(|id| world.statuses.get(id))
        .map(|facts| {
            let mut event = facts.event();
            if let Some(target) = facts
                .reblog_of()
                .and_then(|(id, _)| world.statuses.get(&id))
            {
                event.mentions = target.mentioned.clone();
            }
            Rebuilt {
                event,
                revision: facts.revision,
            }
        })
        .collect();
    Ok((rebuilt, token))
}

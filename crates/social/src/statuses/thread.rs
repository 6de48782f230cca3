//! A status in its thread.

use petrel_model::event::About;
use petrel_model::gate::Surface;
use petrel_model::id::StatusId;
use petrel_model::limits::{
    ANCESTORS_ANONYMOUS_MAX, ANCESTORS_MAX, DESCENDANTS_ANONYMOUS_DEPTH_MAX,
    DESCENDANTS_ANONYMOUS_MAX, DESCENDANTS_MAX, PAGE_ROWS_MAX,
};
use petrel_model::scope::Scope;
use petrel_store::Store;

use crate::context::Ctx;
use crate::error::Result;
use crate::lists::{self, List, Owner};
use crate::page::PageRequest;
use crate::statuses::facts::StatusFacts;
use crate::statuses::present::hydrate;
use crate::statuses::table::Statuses;
use crate::statuses::world::World;
use crate::views::StatusView;

/// What stands above the status, from the root down, and below it.
pub async fn context(ctx: &Ctx, id: StatusId) -> Result<(Vec<StatusView>, Vec<StatusView>)> {
    ctx.allow_public(Scope::ReadStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let facts = world.require(id, Surface::ById)?;
    let known = ctx.viewer().is_some();
    let (above_max, below_max, depth_max) = if known {
        (ANCESTORS_MAX, DESCENDANTS_MAX, usize::MAX)
    } else {
        (
            ANCESTORS_ANONYMOUS_MAX,
            DESCENDANTS_ANONYMOUS_MAX,
            DESCENDANTS_ANONYMOUS_DEPTH_MAX,
        )
    };
    let above = ancestors(ctx.store(), facts, above_max.min(PAGE_ROWS_MAX)).await?;
    let below = descendants(ctx.store(), id, below_max.min(PAGE_ROWS_MAX), depth_max).await?;
    let ancestors = hydrate(ctx, &above, Surface::Thread).await?;
    let mut descendants = hydrate(ctx, &below, Surface::Thread).await?;
    // As Mastodon does: what authors answer themselves comes first.
    descendants.sort_by_key(|view| {
        let own = view
            .in_reply_to
            .is_some_and(|(_, account)| account == view.account.id);
        !own
    });
    Ok((ancestors, descendants))
}

async fn ancestors(store: &Store, facts: &StatusFacts, max: usize) -> Result<Vec<StatusId>> {
    let mut found = Vec::new();
    let mut about = facts.created.about;
    while let About::Reply { status, .. } = about
        && found.len() < max
    {
        let rows = store.partition::<Statuses>(&status).await?;
        let Some(parent) = StatusFacts::assemble(status, &rows) else {
            break;
        };
        found.push(status);
        about = parent.created.about;
    }
    found.reverse();
    Ok(found)
}

/// Depth first, each status's replies from old to new.
async fn descendants(
    store: &Store,
    root: StatusId,
    max: usize,
    depth_max: usize,
) -> Result<Vec<StatusId>> {
    let mut found = Vec::new();
    let mut ahead = vec![(root, 0)];
    while let Some((status, depth)) = ahead.pop() {
        if status != root {
            found.push(status);
        }
        if found.len() >= max || depth >= depth_max {
            continue;
        }
        let owner = Owner::Status(status);
        let page = PageRequest::first(max - found.len());
        // Newest first: pushed so that the oldest is taken first.
        for row in lists::read(store, List::RepliesByStatus, &owner, &page).await? {
            ahead.push((StatusId(row.value.id), depth + 1));
        }
    }
    found.truncate(max);
    Ok(found)
}

//! Conversations as they are shown.

use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id, StatusId};

use crate::accounts::view;
use crate::context::Ctx;
use crate::conversations::list::{Found, find};
use crate::conversations::parts::{self, members};
use crate::error::Result;
use crate::statuses::{present, world::World};
use crate::views::ConversationView;

pub(super) async fn show(
    ctx: &Ctx,
    account: AccountId,
    found: Vec<Found>,
) -> Result<Vec<ConversationView>> {
    let ids: Vec<StatusId> = found.iter().map(|found| found.row.sort).collect();
    let world = World::load(ctx, &ids).await?;
    let mut everybody = vec![account];
    everybody.extend(world.statuses.values().flat_map(|facts| members(facts)));
    everybody.sort_unstable();
    everybody.dedup();
    let accounts = view::shown(ctx, &world.eyes, &everybody, Surface::ById).await?;
    let statuses = present(ctx, &world, &ids, Surface::ById).await?;
    let mut shown = Vec::with_capacity(found.len());
    for found in found {
        let last_status = statuses.iter().find(|view| view.id == found.row.sort);
        let facts = world.statuses.get(&found.row.sort);
        // It went while the answer was made.
        let (Some(last_status), Some(facts)) = (last_status, facts) else {
            continue;
        };
        let members = members(facts);
        let is_other = |id: AccountId| id != account && members.contains(&id);
        let mut others: Vec<_> = accounts
            .iter()
            .filter(|view| is_other(view.id))
            .cloned()
            .collect();
        // As in Mastodon: whoever talks to nobody else talks to themselves.
        if others.is_empty() {
            others.extend(accounts.iter().filter(|view| view.id == account).cloned());
        }
        shown.push(ConversationView {
            id: found.row.value.conversation,
            unread: found.unread,
            accounts: others,
            last_status: Some(last_status.clone()),
        });
    }
    Ok(shown)
}

/// The conversation of this id as it is now, if the caller takes part in it.
pub async fn current(ctx: &Ctx, account: AccountId, id: Id) -> Result<Option<ConversationView>> {
    let found = find(ctx, account, id).await?;
    Ok(show(ctx, account, found.into_iter().collect()).await?.pop())
}

/// The conversation that a status belongs to, as it is now for the caller.
pub async fn of_status(ctx: &Ctx, status: StatusId) -> Result<Option<ConversationView>> {
    let Some(account) = ctx.viewer() else {
        return Ok(None);
    };
    let world = World::load(ctx, &[status]).await?;
    match world.statuses.get(&status) {
        Some(facts) if members(facts).contains(&account) => {
            current(ctx, account, parts::conversation(facts)).await
        }
        _ => Ok(None),
    }
}

//! What an account does to its conversations: read, unread, removed.

use petrel_model::event::Event;
use petrel_model::id::{AccountId, Id};
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::conversations::list::{Found, find};
use crate::conversations::show::show;
use crate::conversations::table::{ConversationStates, State, StateSort};
use crate::error::{Error, Result};
use crate::views::ConversationView;

pub async fn mark_read(ctx: &Ctx, id: Id) -> Result<ConversationView> {
    mark(ctx, id, false).await
}

pub async fn mark_unread(ctx: &Ctx, id: Id) -> Result<ConversationView> {
    mark(ctx, id, true).await
}

async fn mark(ctx: &Ctx, id: Id, unread: bool) -> Result<ConversationView> {
    let account = ctx.require_user(Scope::WriteConversations)?;
    let found = put(ctx, account, id, StateSort::Read, unread).await?;
    let found = Found { unread, ..found };
    let mut shown = show(ctx, account, vec![found]).await?;
    shown.pop().ok_or(Error::NotFound)
}

/// Takes the conversation out of the caller's list. A newer status brings it back, with what came
/// since.
pub async fn remove(ctx: &Ctx, id: Id) -> Result<()> {
    let account = ctx.require_user(Scope::WriteConversations)?;
    put(ctx, account, id, StateSort::Removed, false).await?;
    Ok(())
}

/// Gives the conversation's last status, up to which this is so.
async fn put(
    ctx: &Ctx,
    account: AccountId,
    id: Id,
    sort: StateSort,
    unread: bool,
) -> Result<Found> {
    let mut batch = ctx.batch();
    let found = find(ctx, account, id).await?.ok_or(Error::NotFound)?;
    batch.note(found.row.revision);
    let partition = (account, id);
    // Later than what it takes the place of.
    batch.get::<ConversationStates>(&partition, &sort).await?;
    let state = State {
        up_to: found.row.sort,
        unread,
    };
    batch.put::<ConversationStates>(&partition, &sort, &state);
    if sort == StateSort::Read {
        batch.emit(Event::ConversationChanged {
            account,
            conversation: id,
        });
    }
    batch.commit().await?;
    Ok(found)
}

use petrel_model::event::RelationKind;
use petrel_model::id::AccountId;
use petrel_model::limits::BLOCKS_MAX;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::relations::facts::{
    fresh, put_follow_off, put_off, put_on, require_other, require_room,
};
use crate::relations::view::one;
use crate::views::RelationshipView;

pub async fn block(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    turn(ctx, other, true).await
}

pub async fn unblock(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    turn(ctx, other, false).await
}

/// Block and unblock both switch off follows and requests both ways, whatever they read.
async fn turn(ctx: &Ctx, other: AccountId, on: bool) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteBlocks)?;
    if account == other {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    let _turn = ctx.turns().accounts(account, other).await;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    put_follow_off(&mut batch, account, other).await?;
    put_follow_off(&mut batch, other, account).await?;
    let fact = (account, other, RelationKind::Block);
    if !on {
        put_off(&mut batch, fact).await?;
    } else if eyes.on(other, RelationKind::Block).is_none() {
        require_room(&eyes, RelationKind::Block, BLOCKS_MAX, "block")?;
        put_on(&mut batch, fact, fresh(ctx.clock().next_id())).await?;
    }
    batch.commit().await?;
    one(ctx, other).await
}

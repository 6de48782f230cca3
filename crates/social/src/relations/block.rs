use petrel_model::event::RelationKind;
use petrel_model::id::AccountId;
use petrel_model::limits::BLOCKS_MAX;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::relations::behind_block;
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

/// A block switches off follows and requests both ways, and so does its end: another node may have
/// accepted one meanwhile that could not know of the block. Where the caller blocks nobody, nothing
/// was held back, and what is between the two stays. Of a block that the caller made on whatever
/// node this one knows, or it would not have let them in; one whose outcome nobody knows has the
/// follows go with it, should it ever land, and loses to the `off` that is written all the same.
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
    let is_blocked = eyes.on(other, RelationKind::Block).is_some();
    if on || is_blocked {
        put_follow_off(&mut batch, account, other).await?;
        put_follow_off(&mut batch, other, account).await?;
    }
    let fact = (account, other, RelationKind::Block);
    if !on {
        put_off(&mut batch, fact).await?;
    } else if !is_blocked {
        require_room(&eyes, RelationKind::Block, BLOCKS_MAX, "block")?;
        put_on(&mut batch, fact, fresh(ctx.clock().next_id())).await?;
    }
    batch.commit().await?;
    if on {
        let both = [(account, other), (other, account)];
        behind_block::end_follows(ctx, (account, other), &both).await?;
    }
    one(ctx, other).await
}

//! Follow requests that an account has received.

use petrel_model::event::RelationKind;
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::relations::facts::{fresh, put_off, put_on};
use crate::relations::table::{Relation, Relations};
use crate::relations::view::one;
use crate::views::RelationshipView;

pub async fn authorize_request(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    answer(ctx, other, true).await
}

pub async fn reject_request(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    answer(ctx, other, false).await
}

async fn answer(ctx: &Ctx, other: AccountId, authorized: bool) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    decide(ctx, account, other, authorized).await?;
    one(ctx, other).await
}

/// Ends the request that `other` has made to the account, by a follow or without one.
pub(super) async fn decide(
    ctx: &Ctx,
    account: AccountId,
    other: AccountId,
    authorized: bool,
) -> Result<()> {
    let _turn = ctx.turns().accounts(account, other).await;
    let mut batch = ctx.batch();
    let key = (account, RelationKind::FollowRequest);
    let request = batch.get::<Relations>(&other, &key).await?;
    let request = request.map(|row| row.value).filter(|request| request.on);
    let request = request.ok_or(Error::NotFound)?;
    put_off(&mut batch, (other, account, RelationKind::FollowRequest)).await?;
    let key = (account, RelationKind::Follow);
    let follow = batch.get::<Relations>(&other, &key).await?;
    // One that is on already stays as it is, list row and all.
    if authorized && !follow.is_some_and(|row| row.value.on) {
        let follow = Relation {
            asked: Some(request.id),
            ..fresh(ctx.clock().next_id())
        };
        put_on(&mut batch, (other, account, RelationKind::Follow), follow).await?;
    }
    batch.commit().await?;
    Ok(())
}

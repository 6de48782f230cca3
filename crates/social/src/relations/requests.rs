//! Follow requests that an account has received.

use petrel_model::event::RelationKind;
use petrel_model::id::{AccountId, Id};
use petrel_model::scope::Scope;
use petrel_store::Batch;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::notifications::table::NotificationKind;
use crate::notifications::write::{Tell, tell};
use crate::relations::behind_block;
use crate::relations::facts::{fresh, put_off, put_on};
use crate::relations::table::{Relation, Relations};
use crate::relations::view::one;
use crate::views::RelationshipView;

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// A follow, of which the account is told in place of the request.
    Authorized,
    /// A follow, because the account approves its followers no longer. It is not told of each.
    LetIn,
    Rejected,
}

pub async fn authorize_request(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    answer(ctx, other, Answer::Authorized).await
}

pub async fn reject_request(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    answer(ctx, other, Answer::Rejected).await
}

async fn answer(ctx: &Ctx, other: AccountId, answer: Answer) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    decide(ctx, account, other, answer).await?;
    one(ctx, other).await
}

/// Ends the request that `other` has made to the account, by a follow or without one.
pub(super) async fn decide(
    ctx: &Ctx,
    account: AccountId,
    other: AccountId,
    answer: Answer,
) -> Result<()> {
    let _turn = ctx.turns().accounts(account, other).await;
    let mut batch = ctx.batch();
    let key = (account, RelationKind::FollowRequest);
    let request = batch.get::<Relations>(&other, &key).await?;
    let request = request.map(|row| row.value).filter(|request| request.on);
    let request = request.ok_or(Error::NotFound)?;
    put_off(&mut batch, (other, account, RelationKind::FollowRequest)).await?;
    if answer == Answer::Rejected {
        // How the follow was to be shown goes with the request, or its bell would stay.
        put_off(&mut batch, (other, account, RelationKind::FollowSettings)).await?;
    } else {
        put_follow(ctx, &mut batch, (other, account), request.id, answer).await?;
    }
    batch.commit().await?;
    if answer != Answer::Rejected {
        behind_block::end_follows(ctx, (account, other), &[(other, account)]).await?;
    }
    Ok(())
}

async fn put_follow(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    (other, account): (AccountId, AccountId),
    asked: Id,
    answer: Answer,
) -> Result<()> {
    let key = (account, RelationKind::Follow);
    let known = batch.get::<Relations>(&other, &key).await?;
    // One that is on already stays as it is, list row and all.
    if known.is_some_and(|row| row.value.on) {
        return Ok(());
    }
    let mut follow = Relation {
        asked: Some(asked),
        ..fresh(ctx.clock().next_id())
    };
    if answer == Answer::Authorized {
        let news = Tell {
            to: account,
            from: other,
            id: follow.id,
            kind: NotificationKind::Follow,
            status: None,
            thread: None,
        };
        follow.notification_chapter = tell(batch, &news).await?;
    }
    put_on(batch, (other, account, RelationKind::Follow), follow).await
}

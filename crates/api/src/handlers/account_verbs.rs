//! What one account does to another. Each answers with the relationship.

use petrel_model::id::AccountId;
use petrel_social::context::Ctx;
use petrel_social::relations::{self, FollowOptions, MuteOptions};
use petrel_social::views::RelationshipView;

use crate::entities::Relationship;
use crate::error::Result;
use crate::params::Params;
use crate::path::PathId;
use crate::reply;

pub async fn follow(ctx: Ctx, PathId(id): PathId<AccountId>, params: Params) -> Result {
    let fields = params.fields();
    let languages = fields
        .has("languages")
        .then(|| fields.list("languages"))
        .transpose()?;
    let options = FollowOptions {
        reblogs: fields.flag("reblogs")?,
        notify: fields.flag("notify")?,
        languages,
    };
    answer(relations::follow(&ctx, id, options).await)
}

pub async fn unfollow(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::unfollow(&ctx, id).await)
}

pub async fn block(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::block(&ctx, id).await)
}

pub async fn unblock(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::unblock(&ctx, id).await)
}

pub async fn mute(ctx: Ctx, PathId(id): PathId<AccountId>, params: Params) -> Result {
    let fields = params.fields();
    let options = MuteOptions {
        notifications: fields.flag("notifications")?.unwrap_or(true),
        duration_s: fields.number("duration")?.unwrap_or(0),
    };
    answer(relations::mute(&ctx, id, options).await)
}

pub async fn unmute(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::unmute(&ctx, id).await)
}

pub async fn remove_from_followers(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::remove_follower(&ctx, id).await)
}

pub async fn note(ctx: Ctx, PathId(id): PathId<AccountId>, params: Params) -> Result {
    let comment = params.fields().text("comment")?.unwrap_or_default();
    answer(relations::set_note(&ctx, id, comment).await)
}

pub async fn authorize(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::authorize_request(&ctx, id).await)
}

pub async fn reject(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    answer(relations::reject_request(&ctx, id).await)
}

fn answer(view: petrel_social::error::Result<RelationshipView>) -> Result {
    Ok(reply::json(&Relationship::from(&view?)))
}

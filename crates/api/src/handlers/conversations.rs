//! Direct statuses by conversation.

use petrel_model::id::Id;
use petrel_social::context::Ctx;
use petrel_social::conversations;

use crate::entities::Conversation;
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::path::PathId;
use crate::reply;

pub async fn list(ctx: Ctx, params: Params) -> Result {
    let asked = paging::STATUSES.page(params.fields())?;
    let page = conversations::list(&ctx, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Conversation::new(view, settings)
    }))
}

pub async fn read(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = conversations::mark_read(&ctx, id).await?;
    Ok(reply::json(&Conversation::new(&view, ctx.settings())))
}

pub async fn unread(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = conversations::mark_unread(&ctx, id).await?;
    Ok(reply::json(&Conversation::new(&view, ctx.settings())))
}

pub async fn remove(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    conversations::remove(&ctx, id).await?;
    Ok(reply::empty())
}

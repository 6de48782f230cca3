//! What an account does to a status, who did it, and the lists of it.

use petrel_model::id::StatusId;
use petrel_social::context::Ctx;
use petrel_social::marks;
use petrel_social::views::StatusView;

use crate::entities::{Account, Status};
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::path::PathId;
use crate::reply;

pub async fn favourite(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::favourite(&ctx, id).await?)
}

pub async fn unfavourite(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::unfavourite(&ctx, id).await?)
}

pub async fn bookmark(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::bookmark(&ctx, id).await?)
}

pub async fn unbookmark(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::unbookmark(&ctx, id).await?)
}

pub async fn pin(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::pin(&ctx, id).await?)
}

pub async fn unpin(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::unpin(&ctx, id).await?)
}

pub async fn mute(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::mute_thread(&ctx, id).await?)
}

pub async fn unmute(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::unmute_thread(&ctx, id).await?)
}

pub async fn reblog(ctx: Ctx, PathId(id): PathId<StatusId>, params: Params) -> Result {
    let fields = params.fields();
    let visibility = fields.parsed("visibility", "is not included in the list")?;
    answer(&ctx, marks::reblog(&ctx, id, visibility).await?)
}

pub async fn unreblog(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    answer(&ctx, marks::unreblog(&ctx, id).await?)
}

fn answer(ctx: &Ctx, view: StatusView) -> Result {
    Ok(reply::json(&Status::new(&view, ctx.settings())))
}

pub async fn favourited_by(ctx: Ctx, PathId(id): PathId<StatusId>, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = marks::favourited_by(&ctx, id, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

pub async fn reblogged_by(ctx: Ctx, PathId(id): PathId<StatusId>, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = marks::reblogged_by(&ctx, id, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

pub async fn favourites(ctx: Ctx, params: Params) -> Result {
    let asked = paging::STATUSES.page(params.fields())?;
    let page = marks::favourites(&ctx, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Status::new(view, settings)
    }))
}

pub async fn bookmarks(ctx: Ctx, params: Params) -> Result {
    let asked = paging::STATUSES.page(params.fields())?;
    let page = marks::bookmarks(&ctx, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Status::new(view, settings)
    }))
}

//! The caller's own lists of accounts.

use petrel_social::context::Ctx;
use petrel_social::relations;

use crate::entities::{Account, MutedAccount};
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::reply;

pub async fn follow_requests(ctx: Ctx, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = relations::follow_requests(&ctx, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

pub async fn blocks(ctx: Ctx, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = relations::blocks(&ctx, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

pub async fn mutes(ctx: Ctx, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = relations::mutes(&ctx, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |muted| {
        let (view, expires_at_ms) = muted;
        MutedAccount::new(view, *expires_at_ms, settings)
    }))
}

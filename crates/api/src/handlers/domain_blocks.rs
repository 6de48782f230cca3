//! Domains that the caller blocks.

use petrel_social::context::Ctx;
use petrel_social::domain_blocks;

use crate::entities::DomainBlockPreview;
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::reply;

pub async fn list(ctx: Ctx, params: Params) -> Result {
    let asked = paging::DOMAINS.page(params.fields())?;
    let page = domain_blocks::list(&ctx, asked).await?;
    let origin = &ctx.settings().url;
    Ok(reply::page(origin, params.uri(), &page, |domain| domain))
}

pub async fn block(ctx: Ctx, params: Params) -> Result {
    let domain = params.fields().text("domain")?.unwrap_or_default();
    domain_blocks::block(&ctx, &domain).await?;
    Ok(reply::empty())
}

pub async fn unblock(ctx: Ctx, params: Params) -> Result {
    let domain = params.fields().text("domain")?.unwrap_or_default();
    domain_blocks::unblock(&ctx, &domain).await?;
    Ok(reply::empty())
}

pub async fn preview(ctx: Ctx, params: Params) -> Result {
    let domain = params.fields().text("domain")?.unwrap_or_default();
    domain_blocks::preview(&ctx, &domain)?;
    Ok(reply::json(&DomainBlockPreview::NOBODY))
}

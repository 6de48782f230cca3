//! Home, public and hashtag timelines.

use axum::extract::State;
use petrel_social::context::Ctx;
use petrel_timeline::{PublicFilter, TagFilter};

use crate::entities::Status;
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::path::PathText;
use crate::reply;
use crate::state::ApiState;

pub async fn home(ctx: Ctx, State(api): State<ApiState>, params: Params) -> Result {
    let asked = paging::STATUSES.page(params.fields())?;
    let page = api.timelines.home_cards(&ctx, asked).await?;
    let body = api.fragments.statuses(&ctx, &page.items).await?;
    Ok(reply::rendered_page(
        &ctx.settings().url,
        params.uri(),
        &page,
        body,
    ))
}

pub async fn public(ctx: Ctx, State(api): State<ApiState>, params: Params) -> Result {
    let fields = params.fields();
    let filter = PublicFilter {
        local: fields.is_set("local")?,
        remote: fields.is_set("remote")?,
        only_media: fields.is_set("only_media")?,
    };
    let asked = paging::STATUSES.page(fields)?;
    let page = api.timelines.public(&ctx, filter, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Status::new(view, settings)
    }))
}

pub async fn tag(
    ctx: Ctx,
    State(api): State<ApiState>,
    PathText(tag): PathText,
    params: Params,
) -> Result {
    let fields = params.fields();
    let filter = TagFilter {
        tag,
        any: fields.list("any")?,
        all: fields.list("all")?,
        none: fields.list("none")?,
        local: fields.is_set("local")?,
        remote: fields.is_set("remote")?,
        only_media: fields.is_set("only_media")?,
    };
    let asked = paging::STATUSES.page(fields)?;
    let page = api.timelines.tag(&ctx, filter, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Status::new(view, settings)
    }))
}

//! Hashtags: one by its name, followed and featured ones.

use axum::extract::State;
use petrel_model::id::{AccountId, Id};
use petrel_social::context::Ctx;
use petrel_social::featured_tags::{self, FeaturedTagView, TagTies};
use petrel_social::tag_follows;

use crate::entities::{FeaturedTag, Tag};
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::path::{PathId, PathText};
use crate::reply;
use crate::state::ApiState;

pub async fn show(ctx: Ctx, State(api): State<ApiState>, PathText(name): PathText) -> Result {
    answer(&ctx, &api, &name).await
}

pub async fn follow(ctx: Ctx, State(api): State<ApiState>, PathText(name): PathText) -> Result {
    let known = api.search.hashtag(&ctx, &name).await?;
    tag_follows::follow(&ctx, &known).await?;
    answer(&ctx, &api, &name).await
}

pub async fn unfollow(ctx: Ctx, State(api): State<ApiState>, PathText(name): PathText) -> Result {
    tag_follows::unfollow(&ctx, &name).await?;
    answer(&ctx, &api, &name).await
}

pub async fn feature(ctx: Ctx, State(api): State<ApiState>, PathText(name): PathText) -> Result {
    let known = api.search.hashtag(&ctx, &name).await?;
    featured_tags::feature(&ctx, &known).await?;
    answer(&ctx, &api, &name).await
}

pub async fn unfeature(ctx: Ctx, State(api): State<ApiState>, PathText(name): PathText) -> Result {
    featured_tags::unfeature_named(&ctx, &name).await?;
    answer(&ctx, &api, &name).await
}

/// The hashtags that the caller follows.
pub async fn followed(ctx: Ctx, State(api): State<ApiState>, params: Params) -> Result {
    let asked = paging::FOLLOWED_TAGS.page(params.fields())?;
    let page = tag_follows::followed(&ctx, asked).await?;
    let ties = TagTies::of(&ctx).await?;
    let present = |name: &String| shown(&ctx, &api, name, ties.as_ref());
    let origin = &ctx.settings().url;
    Ok(reply::page(origin, params.uri(), &page, present))
}

pub async fn featured(ctx: Ctx) -> Result {
    Ok(entities(&featured_tags::own(&ctx).await?))
}

pub async fn featured_by(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    Ok(entities(&featured_tags::of_account(&ctx, id).await?))
}

pub async fn feature_named(ctx: Ctx, params: Params) -> Result {
    let name = params.fields().require_text("name")?;
    let made = featured_tags::feature(&ctx, &name).await?;
    Ok(reply::json(&FeaturedTag::from(&made)))
}

pub async fn unfeature_by_id(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    featured_tags::unfeature(&ctx, id).await?;
    Ok(reply::empty())
}

/// Hashtags that the caller might feature.
pub async fn suggestions(ctx: Ctx, State(api): State<ApiState>) -> Result {
    let names = featured_tags::suggestions(&ctx).await?;
    let ties = TagTies::of(&ctx).await?;
    let tags = names
        .iter()
        .map(|name| shown(&ctx, &api, name, ties.as_ref()));
    Ok(reply::json(&tags.collect::<Vec<_>>()))
}

/// One hashtag as its entity.
pub fn shown(ctx: &Ctx, api: &ApiState, name: &str, ties: Option<&TagTies>) -> Tag {
    let history = api.timelines.tag_history(name, ctx.clock().now_ms());
    let tie = ties.map(|ties| ties.to(name));
    Tag::new(name, tie, &history, ctx.settings())
}

async fn answer(ctx: &Ctx, api: &ApiState, name: &str) -> Result {
    let name = api.search.hashtag(ctx, name).await?;
    let ties = TagTies::of(ctx).await?;
    Ok(reply::json(&shown(ctx, api, &name, ties.as_ref())))
}

fn entities(views: &[FeaturedTagView]) -> axum::response::Response {
    let entities: Vec<FeaturedTag> = views.iter().map(FeaturedTag::from).collect();
    reply::json(&entities)
}

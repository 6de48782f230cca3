//! What the caller filters out of what it reads.

use petrel_model::id::Id;
use petrel_social::context::Ctx;
use petrel_social::filters::{self, FilterChange, KeywordChange};

use crate::entities::{Filter, FilterKeyword, FilterStatus};
use crate::error::Result;
use crate::params::{Fields, ParamError, Params};
use crate::path::PathId;
use crate::reply;

pub async fn list(ctx: Ctx) -> Result {
    let filters = filters::list(&ctx).await?;
    let entities: Vec<_> = filters.iter().map(|view| Filter::new(view)).collect();
    Ok(reply::json(&entities))
}

pub async fn show(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = filters::get(&ctx, id).await?;
    Ok(reply::json(&Filter::new(&view)))
}

pub async fn create(ctx: Ctx, params: Params) -> Result {
    let view = filters::create(&ctx, change(params.fields())?).await?;
    Ok(reply::json(&Filter::new(&view)))
}

pub async fn update(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let view = filters::update(&ctx, id, change(params.fields())?).await?;
    Ok(reply::json(&Filter::new(&view)))
}

pub async fn delete(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    filters::delete(&ctx, id).await?;
    Ok(reply::empty())
}

fn change(fields: Fields<'_>) -> Result<FilterChange, ParamError> {
    let keywords = fields.maps("keywords_attributes")?.unwrap_or_default();
    Ok(FilterChange {
        title: fields.text("title")?,
        contexts: contexts(fields)?,
        action: fields.filled("filter_action")?,
        expires_in_s: expires_in_s(fields)?,
        keywords: keywords
            .into_iter()
            .map(keyword_within)
            .collect::<Result<_, _>>()?,
    })
}

/// None if the client says nothing of them.
pub(super) fn contexts(fields: Fields<'_>) -> Result<Option<Vec<String>>, ParamError> {
    let names = fields.list("context")?;
    Ok(fields.has("context").then_some(names))
}

/// None if the client says nothing of it; sent empty, it ends what was to expire.
pub(super) fn expires_in_s(fields: Fields<'_>) -> Result<Option<Option<u64>>, ParamError> {
    let seconds = fields.number("expires_in")?;
    Ok(fields.has("expires_in").then_some(seconds))
}

fn keyword_within(fields: Fields<'_>) -> Result<KeywordChange, ParamError> {
    Ok(KeywordChange {
        id: fields.id("id")?,
        remove: fields.is_set("_destroy")?,
        ..keyword_change(fields)?
    })
}

fn keyword_change(fields: Fields<'_>) -> Result<KeywordChange, ParamError> {
    Ok(KeywordChange {
        keyword: fields.text("keyword")?,
        whole_word: fields.flag("whole_word")?,
        ..KeywordChange::default()
    })
}

pub async fn keywords(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = filters::get(&ctx, id).await?;
    let entities: Vec<_> = view.keywords.iter().map(FilterKeyword::new).collect();
    Ok(reply::json(&entities))
}

pub async fn add_keyword(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let view = filters::add_keyword(&ctx, id, keyword_change(params.fields())?).await?;
    Ok(reply::json(&FilterKeyword::new(&view)))
}

pub async fn show_keyword(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = filters::get_keyword(&ctx, id).await?;
    Ok(reply::json(&FilterKeyword::new(&view)))
}

pub async fn change_keyword(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let view = filters::change_keyword(&ctx, id, keyword_change(params.fields())?).await?;
    Ok(reply::json(&FilterKeyword::new(&view)))
}

pub async fn remove_keyword(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    filters::remove_keyword(&ctx, id).await?;
    Ok(reply::empty())
}

pub async fn statuses(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = filters::get(&ctx, id).await?;
    let entities: Vec<_> = view.statuses.iter().map(FilterStatus::new).collect();
    Ok(reply::json(&entities))
}

pub async fn add_status(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let status = params.fields().id("status_id")?;
    let view = filters::add_status(&ctx, id, status).await?;
    Ok(reply::json(&FilterStatus::new(&view)))
}

pub async fn show_status(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = filters::get_status(&ctx, id).await?;
    Ok(reply::json(&FilterStatus::new(&view)))
}

pub async fn remove_status(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    filters::remove_status(&ctx, id).await?;
    Ok(reply::empty())
}

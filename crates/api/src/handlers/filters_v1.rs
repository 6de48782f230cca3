//! Filters as clients of old know them: each keyword is one.

use petrel_model::id::Id;
use petrel_social::context::Ctx;
use petrel_social::filters::{self, V1Change};

use super::filters::{contexts, expires_in_s};
use crate::entities::FilterV1;
use crate::error::Result;
use crate::params::{Fields, ParamError, Params};
use crate::path::PathId;
use crate::reply;

pub async fn list(ctx: Ctx) -> Result {
    let filters = filters::list_v1(&ctx).await?;
    let entities: Vec<_> = filters.iter().map(FilterV1::new).collect();
    Ok(reply::json(&entities))
}

pub async fn show(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = filters::get_v1(&ctx, id).await?;
    Ok(reply::json(&FilterV1::new(&view)))
}

pub async fn create(ctx: Ctx, params: Params) -> Result {
    let view = filters::create_v1(&ctx, change(params.fields())?).await?;
    Ok(reply::json(&FilterV1::new(&view)))
}

pub async fn update(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let view = filters::update_v1(&ctx, id, change(params.fields())?).await?;
    Ok(reply::json(&FilterV1::new(&view)))
}

pub async fn delete(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    filters::delete_v1(&ctx, id).await?;
    Ok(reply::empty())
}

fn change(fields: Fields<'_>) -> Result<V1Change, ParamError> {
    Ok(V1Change {
        phrase: fields.text("phrase")?,
        contexts: contexts(fields)?,
        expires_in_s: expires_in_s(fields)?,
        irreversible: fields.flag("irreversible")?,
        whole_word: fields.flag("whole_word")?,
    })
}

//! An account's own filters, as it reads them.

use std::sync::Arc;

use petrel_model::id::Id;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::filters::facts::FilterFacts;
use crate::filters::table::Filters;
use crate::views::{FilterKeywordView, FilterStatusView, FilterView};

/// All of them, expired ones too.
pub async fn list(ctx: &Ctx) -> Result<Vec<Arc<FilterView>>> {
    Ok(own(ctx).await?.filters.clone())
}

pub async fn get(ctx: &Ctx, id: Id) -> Result<Arc<FilterView>> {
    own(ctx).await?.filter(id).cloned().ok_or(Error::NotFound)
}

pub async fn get_keyword(ctx: &Ctx, id: Id) -> Result<FilterKeywordView> {
    let facts = own(ctx).await?;
    let (_, keyword) = facts.keyword(id).ok_or(Error::NotFound)?;
    Ok(keyword.clone())
}

/// By the id of its being in the filter.
pub async fn get_status(ctx: &Ctx, id: Id) -> Result<FilterStatusView> {
    own(ctx).await?.status(id).cloned().ok_or(Error::NotFound)
}

pub(super) async fn own(ctx: &Ctx) -> Result<Arc<FilterFacts>> {
    let account = ctx.require_user(Scope::ReadFilters)?;
    let rows = ctx.store().partition::<Filters>(&account).await?;
    Ok(FilterFacts::of(&rows))
}

//! Accounts as others see them.

use axum::extract::State;
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;
use petrel_social::context::Ctx;
use petrel_social::{accounts, relations, statuses};

use crate::entities::{Account, FamiliarFollowers, Relationship, Status};
use crate::error::Result;
use crate::paging;
use crate::params::Params;
use crate::path::PathId;
use crate::reply;
use crate::state::ApiState;

pub async fn show(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    let view = accounts::get(&ctx, id).await?;
    Ok(reply::json(&Account::new(&view, ctx.settings())))
}

/// Several by id; those that the caller may not see are left out.
pub async fn list(ctx: Ctx, params: Params) -> Result {
    let ids = params.fields().ids("id")?;
    let views = accounts::get_many(&ctx, &ids).await?;
    let entities: Vec<_> = views
        .iter()
        .map(|view| Account::new(view, ctx.settings()))
        .collect();
    Ok(reply::json(&entities))
}

pub async fn lookup(ctx: Ctx, params: Params) -> Result {
    let acct = params.fields().text("acct")?.unwrap_or_default();
    let view = accounts::lookup(&ctx, &acct).await?;
    Ok(reply::json(&Account::new(&view, ctx.settings())))
}

/// For people only: strangers have `/api/v2/search`.
pub async fn search(ctx: Ctx, State(api): State<ApiState>, params: Params) -> Result {
    ctx.require_user(Scope::ReadAccounts)?;
    let fields = params.fields();
    let query = fields.text("q")?.unwrap_or_default();
    let limit = paging::ACCOUNTS.limit(fields)?;
    let offset = fields.number("offset")?.unwrap_or(0) as usize;
    let following = fields.is_set("following")?;
    let views = api
        .search
        .accounts(&ctx, &query, limit, offset, following)
        .await?;
    let entities: Vec<_> = views
        .iter()
        .map(|view| Account::new(view, ctx.settings()))
        .collect();
    Ok(reply::json(&entities))
}

pub async fn relationships(ctx: Ctx, params: Params) -> Result {
    let ids = params.fields().ids("id")?;
    let views = relations::relationships(&ctx, &ids).await?;
    let entities: Vec<_> = views.iter().map(Relationship::from).collect();
    Ok(reply::json(&entities))
}

pub async fn familiar_followers(ctx: Ctx, params: Params) -> Result {
    let ids = params.fields().ids("id")?;
    let found = relations::familiar_followers(&ctx, &ids).await?;
    let entities: Vec<_> = found
        .iter()
        .map(|(id, accounts)| FamiliarFollowers::new(*id, accounts, ctx.settings()))
        .collect();
    Ok(reply::json(&entities))
}

pub async fn statuses(ctx: Ctx, PathId(id): PathId<AccountId>, params: Params) -> Result {
    let fields = params.fields();
    let filter = statuses::AccountFilter {
        exclude_replies: fields.is_set("exclude_replies")?,
        exclude_reblogs: fields.is_set("exclude_reblogs")?,
        pinned: fields.is_set("pinned")?,
        tagged: fields.filled("tagged")?,
        only_media: fields.is_set("only_media")?,
    };
    let asked = paging::STATUSES.page(fields)?;
    let page = statuses::of_account(&ctx, id, filter, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Status::new(view, settings)
    }))
}

pub async fn followers(ctx: Ctx, PathId(id): PathId<AccountId>, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = relations::followers(&ctx, id, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

pub async fn following(ctx: Ctx, PathId(id): PathId<AccountId>, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let page = relations::following(&ctx, id, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

//! The caller's lists of accounts.

use axum::extract::State;
use petrel_model::id::{AccountId, Id};
use petrel_social::account_lists::{self, AccountListView, ListUpdate, MemberPage, NewList};
use petrel_social::context::Ctx;

use crate::entities::{Account, List};
use crate::error::Result;
use crate::paging;
use crate::params::{Fields, ParamError, Params};
use crate::path::PathId;
use crate::reply;
use crate::state::ApiState;

const NOT_A_POLICY: &str = "is not one of list, followed, none";

pub async fn all(ctx: Ctx) -> Result {
    Ok(entities(&account_lists::all(&ctx).await?))
}

pub async fn show(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let list = account_lists::get(&ctx, id).await?;
    Ok(reply::json(&List::from(&list)))
}

pub async fn create(ctx: Ctx, params: Params) -> Result {
    let asked = update_of(params.fields())?;
    let new = NewList {
        title: asked.title.unwrap_or_default(),
        replies_policy: asked.replies_policy.unwrap_or_default(),
        exclusive: asked.exclusive.unwrap_or_default(),
    };
    let list = account_lists::create(&ctx, new).await?;
    Ok(reply::json(&List::from(&list)))
}

pub async fn update(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let asked = update_of(params.fields())?;
    let list = account_lists::update(&ctx, id, asked).await?;
    Ok(reply::json(&List::from(&list)))
}

pub async fn delete(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    account_lists::delete(&ctx, id).await?;
    Ok(reply::empty())
}

/// A limit of 0 asks for all of them.
pub async fn accounts(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let asked = paging::ACCOUNTS.page(params.fields())?;
    let asked = match asked.limit {
        0 => MemberPage::All,
        _ => MemberPage::Some(asked),
    };
    let page = account_lists::accounts(&ctx, id, asked).await?;
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Account::new(view, settings)
    }))
}

pub async fn add(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let accounts = params.fields().ids("account_ids")?;
    account_lists::add(&ctx, id, &accounts).await?;
    Ok(reply::empty())
}

pub async fn remove(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let accounts = params.fields().ids("account_ids")?;
    account_lists::remove(&ctx, id, &accounts).await?;
    Ok(reply::empty())
}

/// The caller's lists that an account is on.
pub async fn of_account(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    Ok(entities(&account_lists::of_account(&ctx, id).await?))
}

pub async fn timeline(
    ctx: Ctx,
    State(api): State<ApiState>,
    PathId(id): PathId<Id>,
    params: Params,
) -> Result {
    let asked = paging::STATUSES.page(params.fields())?;
    let page = api.timelines.list_cards(&ctx, id, asked).await?;
    let body = api.fragments.statuses(&ctx, &page.items).await?;
    let origin = &ctx.settings().url;
    Ok(reply::rendered_page(origin, params.uri(), &page, body))
}

fn entities(lists: &[AccountListView]) -> axum::response::Response {
    let entities: Vec<List> = lists.iter().map(List::from).collect();
    reply::json(&entities)
}

fn update_of(fields: Fields<'_>) -> Result<ListUpdate, ParamError> {
    Ok(ListUpdate {
        title: fields.text("title")?,
        replies_policy: fields.parsed("replies_policy", NOT_A_POLICY)?,
        exclusive: fields.flag("exclusive")?,
    })
}

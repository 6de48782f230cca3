//! Lists of what there is nothing of here, told as Mastodon tells it where a feature is off: no
//! announcements, no trends, no suggestions, nobody endorsed, no translations.

use axum::response::Response;
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;
use petrel_social::accounts;
use petrel_social::context::Ctx;

use crate::error::Result;
use crate::path::PathId;
use crate::reply;

pub async fn for_everyone() -> Response {
    reply::json(&[(); 0])
}

pub async fn map_for_everyone() -> Response {
    reply::empty()
}

pub async fn for_people(ctx: Ctx) -> Result {
    ctx.require_user(Scope::ReadAccounts)?;
    Ok(reply::json(&[(); 0]))
}

/// What an account has none of, for whoever may know of the account.
pub async fn of_account(ctx: Ctx, PathId(id): PathId<AccountId>) -> Result {
    accounts::get(&ctx, id).await?;
    Ok(reply::json(&[(); 0]))
}

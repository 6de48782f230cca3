//! What happened to the caller.

use petrel_model::id::NotificationId;
use petrel_model::scope::Scope;
use petrel_social::context::Ctx;
use petrel_social::error::Error;
use petrel_social::notifications::{self, NotificationFilter};
use petrel_social::page::Page;
use petrel_social::views::NotificationKind;
use serde_json::json;

use crate::entities::Notification;
use crate::error::Result;
use crate::paging;
use crate::params::{Fields, ParamError, Params};
use crate::path::PathId;
use crate::reply;

pub async fn list(ctx: Ctx, params: Params) -> Result {
    let filter = filter(params.fields())?;
    let asked = paging::NOTIFICATIONS.page(params.fields())?;
    ctx.require_user(Scope::ReadNotifications)?;
    let page = match filter {
        None => Page::empty(),
        Some(filter) => notifications::list(&ctx, filter, asked).await?,
    };
    let settings = ctx.settings();
    Ok(reply::page(&settings.url, params.uri(), &page, |view| {
        Notification::new(view, settings)
    }))
}

/// None if it asks only for types that there are none of yet: for nothing, and not for everything.
fn filter(fields: Fields<'_>) -> Result<Option<NotificationFilter>, ParamError> {
    let asked_types = fields.list("types")?;
    let types = kinds(&asked_types);
    let none_of_them = !asked_types.is_empty() && types.is_empty();
    let filter = NotificationFilter {
        exclude_types: kinds(&fields.list("exclude_types")?),
        account: fields.id("account_id")?,
        types,
    };
    Ok((!none_of_them).then_some(filter))
}

/// Clients name types that came with later versions of Mastodon; those are passed over.
fn kinds(names: &[String]) -> Vec<NotificationKind> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

pub async fn show(ctx: Ctx, PathId(id): PathId<NotificationId>) -> Result {
    let view = notifications::get(&ctx, id).await?;
    Ok(reply::json(&Notification::new(&view, ctx.settings())))
}

pub async fn dismiss(ctx: Ctx, PathId(id): PathId<NotificationId>) -> Result {
    notifications::dismiss(&ctx, id).await?;
    Ok(reply::empty())
}

pub async fn dismiss_many(ctx: Ctx, params: Params) -> Result {
    ctx.require_user(Scope::WriteNotifications)?;
    for id in ids(params.fields())? {
        match notifications::dismiss(&ctx, id).await {
            // Those that are gone already are gone.
            Ok(()) | Err(Error::NotFound) => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok(reply::empty())
}

fn ids(fields: Fields<'_>) -> Result<Vec<NotificationId>, ParamError> {
    let ids = fields.ids("ids")?;
    match ids.len() <= petrel_model::limits::IDS_PER_REQUEST_MAX {
        true => Ok(ids),
        false => Err(fields.wrong("ids", "are too many")),
    }
}

pub async fn clear(ctx: Ctx) -> Result {
    notifications::clear(&ctx).await?;
    Ok(reply::empty())
}

pub async fn unread_count(ctx: Ctx, params: Params) -> Result {
    let filter = filter(params.fields())?;
    let up_to = paging::UNREAD_NOTIFICATIONS.limit(params.fields())?;
    ctx.require_user(Scope::ReadNotifications)?;
    let count = match filter {
        None => 0,
        Some(filter) => notifications::unread_count(&ctx, filter, up_to).await?,
    };
    Ok(reply::json(&json!({ "count": count })))
}

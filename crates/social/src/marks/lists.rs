//! Who favourited and reblogged a status; what an account favourited and bookmarked.

use std::sync::Arc;

use petrel_model::event::MarkKind;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, StatusId};
use petrel_model::scope::Scope;
use petrel_store::Row;

use crate::accounts::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::lists::{self, List, Lists, Owner};
use crate::marks::table::{Marks, partition};
use crate::page::{Page, PageRequest};
use crate::statuses::{hydrate, world::World};
use crate::views::{AccountView, StatusView};

pub async fn favourited_by(
    ctx: &Ctx,
    id: StatusId,
    page: PageRequest,
) -> Result<Page<Arc<AccountView>>> {
    who(ctx, id, page, List::FavouritesByStatus, MarkKind::Favourite).await
}

pub async fn reblogged_by(
    ctx: &Ctx,
    id: StatusId,
    page: PageRequest,
) -> Result<Page<Arc<AccountView>>> {
    who(ctx, id, page, List::ReblogsByStatus, MarkKind::Reblog).await
}

/// What the caller favourited, by when.
pub async fn favourites(ctx: &Ctx, page: PageRequest) -> Result<Page<StatusView>> {
    let account = ctx.require_user(Scope::ReadFavourites)?;
    what(
        ctx,
        account,
        page,
        List::FavouritesByAccount,
        MarkKind::Favourite,
    )
    .await
}

/// What the caller bookmarked, by when.
pub async fn bookmarks(ctx: &Ctx, page: PageRequest) -> Result<Page<StatusView>> {
    let account = ctx.require_user(Scope::ReadBookmarks)?;
    what(
        ctx,
        account,
        page,
        List::BookmarksByAccount,
        MarkKind::Bookmark,
    )
    .await
}

async fn who(
    ctx: &Ctx,
    id: StatusId,
    page: PageRequest,
    list: List,
    kind: MarkKind,
) -> Result<Page<Arc<AccountView>>> {
    ctx.allow_public(Scope::ReadStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let mut facts = world.require(id, Surface::ById)?;
    if let Some((target, _)) = facts.reblog_of() {
        facts = world.statuses.get(&target).ok_or(Error::NotFound)?;
    }
    let owner = Owner::Status(facts.id);
    let rows = lists::read(ctx.store(), list, &owner, &page).await?;
    // Whoever marked it may have shut the viewer out before.
    ctx.fresh_for(rows.iter().map(|row| row.revision)).await?;
    let eyes = Eyes::of(ctx).await?;
    let facts: Vec<_> = rows
        .iter()
        .map(|row| (AccountId(row.value.id), facts.id))
        .collect();
    let standing = standing(ctx, &rows, &facts, kind).await?;
    let mut accounts: Vec<_> = standing.iter().map(|(account, _)| *account).collect();
    if kind == MarkKind::Reblog {
        let told = whose_reblogs_show(ctx, &rows).await?;
        accounts.retain(|account| told.contains(account));
    }
    let shown = view::shown(ctx, &eyes, &accounts, Surface::Timeline).await?;
    Ok(page_of(shown, &rows, page.limit))
}

/// A reblog is a status of its own, and may be for its author's followers only: then nobody else
/// is told of it, whatever it reblogs.
async fn whose_reblogs_show(ctx: &Ctx, rows: &[Row<Lists>]) -> Result<Vec<AccountId>> {
    let reblogs: Vec<_> = rows.iter().map(|row| StatusId(row.sort)).collect();
    let world = World::load(ctx, &reblogs).await?;
    let shown = rows
        .iter()
        .filter(|row| world.may_see(StatusId(row.sort), Surface::ById));
    Ok(shown.map(|row| AccountId(row.value.id)).collect())
}

async fn what(
    ctx: &Ctx,
    account: AccountId,
    page: PageRequest,
    list: List,
    kind: MarkKind,
) -> Result<Page<StatusView>> {
    let owner = Owner::Account(account);
    let rows = lists::read(ctx.store(), list, &owner, &page).await?;
    let facts: Vec<_> = rows
        .iter()
        .map(|row| (account, StatusId(row.value.id)))
        .collect();
    let standing = standing(ctx, &rows, &facts, kind).await?;
    let statuses: Vec<_> = standing.iter().map(|(_, status)| *status).collect();
    let shown = hydrate(ctx, &statuses, Surface::Kept).await?;
    Ok(page_of(shown, &rows, page.limit))
}

/// A list row counts only while its fact is on and bears its id: list and heart cannot disagree.
async fn standing(
    ctx: &Ctx,
    rows: &[Row<Lists>],
    facts: &[(AccountId, StatusId)],
    kind: MarkKind,
) -> Result<Vec<(AccountId, StatusId)>> {
    let keys: Vec<_> = facts
        .iter()
        .map(|(account, status)| (partition(*account, *status), (*status, kind)))
        .collect();
    let marks = ctx.store().get_many::<Marks>(&keys).await?;
    Ok(rows
        .iter()
        .zip(facts)
        .zip(marks)
        .filter(|((row, _), mark)| {
            let mark = mark.as_ref().map(|mark| &mark.value);
            mark.is_some_and(|mark| mark.on && mark.id == row.sort)
        })
        .map(|((_, fact), _)| *fact)
        .collect())
}

fn page_of<T>(items: Vec<T>, rows: &[Row<Lists>], limit: usize) -> Page<T> {
    let ids: Vec<_> = rows.iter().map(|row| row.sort).collect();
    Page::of(items, &ids, limit)
}

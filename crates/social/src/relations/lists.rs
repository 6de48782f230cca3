//! Followers, followees, requests, blocks and mutes, as lists.

use std::sync::Arc;

use petrel_model::event::RelationKind;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::PAGE_ROWS_MAX;
use petrel_model::scope::Scope;
use petrel_store::Row;

use crate::accounts::view;
use crate::context::Ctx;
use crate::error::Result;
use crate::eyes::{Eyes, is_on};
use crate::lists::{self, List, Lists, Owner};
use crate::page::{Page, PageRequest};
use crate::relations::table::Relations;
use crate::views::AccountView;

pub async fn followers(
    ctx: &Ctx,
    account: AccountId,
    page: PageRequest,
) -> Result<Page<Arc<AccountView>>> {
    let rows = read(ctx, account, &page, List::Followers).await?;
    if !may_see_network(ctx, account).await? {
        return Ok(Page::empty());
    }
    received(ctx, account, rows, page.limit, RelationKind::Follow).await
}

pub async fn following(
    ctx: &Ctx,
    account: AccountId,
    page: PageRequest,
) -> Result<Page<Arc<AccountView>>> {
    let rows = own(ctx, account, page, RelationKind::Follow).await?;
    if !may_see_network(ctx, account).await? {
        return Ok(Page::empty());
    }
    let eyes = Eyes::of(ctx).await?;
    let surface = surface_for(ctx, account);
    show(ctx, &eyes, rows, page.limit, surface).await
}

/// Who asks to follow the caller.
pub async fn follow_requests(ctx: &Ctx, page: PageRequest) -> Result<Page<Arc<AccountView>>> {
    let account = ctx.require_user(Scope::ReadFollows)?;
    let rows = read(ctx, account, &page, List::FollowRequests).await?;
    received(ctx, account, rows, page.limit, RelationKind::FollowRequest).await
}

/// Whom the caller blocks.
pub async fn blocks(ctx: &Ctx, page: PageRequest) -> Result<Page<Arc<AccountView>>> {
    let account = ctx.require_user(Scope::ReadBlocks)?;
    let rows = own(ctx, account, page, RelationKind::Block).await?;
    let eyes = Eyes::of(ctx).await?;
    show(ctx, &eyes, rows, page.limit, Surface::Kept).await
}

/// Whom the caller mutes, and until when (Unix milliseconds).
pub async fn mutes(ctx: &Ctx, page: PageRequest) -> Result<Page<(Arc<AccountView>, Option<u64>)>> {
    let account = ctx.require_user(Scope::ReadMutes)?;
    let rows = own(ctx, account, page, RelationKind::Mute).await?;
    let eyes = Eyes::of(ctx).await?;
    let shown = show(ctx, &eyes, rows, page.limit, Surface::Kept).await?;
    Ok(shown.map(|account| {
        let relation = eyes.on(account.id, RelationKind::Mute);
        let settings = relation.and_then(|relation| relation.mute.as_ref());
        (account, settings.and_then(|mute| mute.expires_at_ms))
    }))
}

/// The account must be there for the caller; whom it follows may be its own affair.
pub(super) async fn may_see_network(ctx: &Ctx, account: AccountId) -> Result<bool> {
    ctx.allow_public(Scope::ReadAccounts)?;
    let shown = view::get(ctx, account).await?;
    let hidden = shown.profile.hide_collections == Some(true);
    let eyes = Eyes::of(ctx).await?;
    let blocked = eyes
        .blocked_by(ctx.store(), &[account])
        .await?
        .contains(&true);
    Ok(!blocked && (!hidden || ctx.viewer() == Some(account)))
}

/// One's own lists are what one put there oneself.
fn surface_for(ctx: &Ctx, account: AccountId) -> Surface {
    if ctx.viewer() == Some(account) {
        Surface::Kept
    } else {
        Surface::Timeline
    }
}

/// A list of facts that others made about the account. A row counts only while its fact is on and
/// bears its id.
async fn received(
    ctx: &Ctx,
    account: AccountId,
    rows: Vec<Row<Lists>>,
    limit: usize,
    kind: RelationKind,
) -> Result<Page<Arc<AccountView>>> {
    let standing = standing(ctx, account, &rows, kind).await?;
    let eyes = Eyes::of(ctx).await?;
    let surface = surface_for(ctx, account);
    let shown = view::shown(ctx, &eyes, &standing, surface).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.sort).collect();
    Ok(Page::of(shown, &ids, limit))
}

/// The rows of a list, and whatever is older than the newest of them is known from then on: they
/// are judged by nothing that they do not know of.
async fn read(
    ctx: &Ctx,
    account: AccountId,
    page: &PageRequest,
    list: List,
) -> Result<Vec<Row<Lists>>> {
    let owner = Owner::Account(account);
    let rows = lists::read(ctx.store(), list, &owner, page).await?;
    ctx.fresh_for(rows.iter().map(|row| row.revision)).await?;
    Ok(rows)
}

async fn standing(
    ctx: &Ctx,
    account: AccountId,
    rows: &[Row<Lists>],
    kind: RelationKind,
) -> Result<Vec<AccountId>> {
    let keys: Vec<_> = rows
        .iter()
        .map(|row| (AccountId(row.value.id), (account, kind)))
        .collect();
    let facts = ctx.store().get_many::<Relations>(&keys).await?;
    Ok(rows
        .iter()
        .zip(facts)
        .filter(|(row, fact)| {
            let fact = fact.as_ref().map(|fact| &fact.value);
            fact.is_some_and(|fact| fact.on && fact.id == row.sort)
        })
        .map(|(row, _)| AccountId(row.value.id))
        .collect())
}

/// The account's own facts of a kind, newest first, cut to the page. Their number is capped.
async fn own(
    ctx: &Ctx,
    account: AccountId,
    page: PageRequest,
    kind: RelationKind,
) -> Result<Vec<(Id, AccountId)>> {
    let rows = ctx.store().partition::<Relations>(&account).await?;
    ctx.fresh_for(rows.iter().map(|row| row.revision)).await?;
    let now_ms = ctx.clock().now_ms();
    let mut facts: Vec<_> = rows
        .iter()
        .filter(|row| row.sort.1 == kind && is_on(&row.value, now_ms))
        .map(|row| (row.value.id, row.sort.0))
        .collect();
    facts.sort_unstable_by(|a, b| b.cmp(a));
    Ok(page.cursor().select(facts, |(id, _)| *id, page.limit))
}

async fn show(
    ctx: &Ctx,
    eyes: &Eyes,
    rows: Vec<(Id, AccountId)>,
    limit: usize,
    surface: Surface,
) -> Result<Page<Arc<AccountView>>> {
    let (ids, accounts): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let shown = view::shown(ctx, eyes, &accounts, surface).await?;
    Ok(Page::of(shown, &ids, limit))
}

/// How many ask to follow the account, up to [`PAGE_ROWS_MAX`].
pub async fn follow_requests_count(ctx: &Ctx, account: AccountId) -> Result<u64> {
    let owner = Owner::Account(account);
    let page = PageRequest::first(PAGE_ROWS_MAX);
    let rows = lists::read(ctx.store(), List::FollowRequests, &owner, &page).await?;
    Ok(rows.len() as u64)
}

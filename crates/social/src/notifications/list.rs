use std::collections::HashMap;

use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id, NotificationId, StatusId};
use petrel_model::scope::Scope;
use petrel_store::Row;

use crate::accounts::table::{AccountRow, Accounts};
use crate::accounts::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::lists::{List, Owner, chapters, read_chapters};
use crate::markers::{self, MarkedTimeline};
use crate::notifications::judged::{Judged, statuses_of};
use crate::notifications::table::{NotificationKind, Notifications};
use crate::page::{Filling, Page, PageRequest};
use crate::statuses::present;
use crate::views::NotificationView;

/// Notifications that are judged at a time when they are only counted.
const JUDGED_AT_ONCE: usize = 100;

#[derive(Clone, Debug, Default)]
pub struct NotificationFilter {
    /// Only these; all if empty.
    pub types: Vec<NotificationKind>,
    pub exclude_types: Vec<NotificationKind>,
    /// Only those caused by this account.
    pub account: Option<AccountId>,
}

impl NotificationFilter {
    fn wants(&self, row: &Row<Notifications>) -> bool {
        let kind = row.value.kind;
        (self.types.is_empty() || self.types.contains(&kind))
            && !self.exclude_types.contains(&kind)
            && self.account.is_none_or(|account| account == row.value.from)
    }
}

pub async fn list(
    ctx: &Ctx,
    filter: NotificationFilter,
    page: PageRequest,
) -> Result<Page<NotificationView>> {
    let account = ctx.require_user(Scope::ReadNotifications)?;
    let mut filling = Filling::of(page);
    while let Some(request) = filling.next() {
        let rows = read(ctx, account, &request).await?;
        let wanted: Vec<_> = rows.iter().filter(|row| filter.wants(row)).collect();
        let shown = show(ctx, &wanted).await?.into_iter();
        let ids: Vec<Id> = rows.iter().map(|row| row.sort.into()).collect();
        filling.add(&ids, shown.map(|view| (view.id.into(), view)).collect());
    }
    Ok(filling.page())
}

pub async fn get(ctx: &Ctx, id: NotificationId) -> Result<NotificationView> {
    let account = ctx.require_user(Scope::ReadNotifications)?;
    let row = find(ctx, account, id).await?;
    show(ctx, &[&row]).await?.pop().ok_or(Error::NotFound)
}

pub async fn dismiss(ctx: &Ctx, id: NotificationId) -> Result<()> {
    let account = ctx.require_user(Scope::WriteNotifications)?;
    let owner = Owner::Account(account);
    let mut batch = ctx.batch();
    for chapter in chapters(ctx.store(), List::Notifications, &owner).await? {
        let row = batch.get::<Notifications>(&(account, chapter), &id).await?;
        if row.is_some() {
            batch.delete::<Notifications>(&(account, chapter), &id);
            batch.commit().await?;
            return Ok(());
        }
    }
    Err(Error::NotFound)
}

/// How many of those that [`list`] shows are newer than the marker of notifications, counted up to
/// this many.
pub async fn unread_count(ctx: &Ctx, filter: NotificationFilter, up_to: usize) -> Result<usize> {
    let account = ctx.require_user(Scope::ReadNotifications)?;
    let mut filling = Filling::of(PageRequest {
        since_id: markers::last_read(ctx.store(), account, MarkedTimeline::Notifications).await?,
        ..PageRequest::first(up_to)
    });
    while let Some(request) = filling.next() {
        let rows = read(ctx, account, &request).await?;
        let wanted: Vec<_> = rows.iter().filter(|row| filter.wants(row)).collect();
        let mut shown = Vec::with_capacity(wanted.len());
        for step in wanted.chunks(JUDGED_AT_ONCE) {
            let judged = Judged::of(ctx, step).await?;
            shown.extend(judged.shown.iter().map(|row| (row.sort.into(), ())));
        }
        let ids: Vec<Id> = rows.iter().map(|row| row.sort.into()).collect();
        filling.add(&ids, shown);
    }
    Ok(filling.page().items.len())
}

async fn find(ctx: &Ctx, account: AccountId, id: NotificationId) -> Result<Row<Notifications>> {
    let page = PageRequest {
        max_id: Some(Id(id.0.0.saturating_add(1))),
        ..PageRequest::first(1)
    };
    let row = read(ctx, account, &page).await?.pop();
    row.filter(|row| row.sort == id).ok_or(Error::NotFound)
}

/// Rows above the "cleared up to" row, newest first, out of all chapters.
async fn read(
    ctx: &Ctx,
    account: AccountId,
    page: &PageRequest,
) -> Result<Vec<Row<Notifications>>> {
    let rows = read_with_chapters(ctx, account, page).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

pub(super) async fn read_with_chapters(
    ctx: &Ctx,
    account: AccountId,
    page: &PageRequest,
) -> Result<Vec<(Id, Row<Notifications>)>> {
    let rows = ctx.store().partition::<Accounts>(&account).await?;
    let cleared = rows.iter().find_map(|row| match row.value {
        AccountRow::NotificationsCleared(up_to) => Some(up_to),
        _ => None,
    });
    let page = match page.min_id {
        Some(min_id) => PageRequest {
            min_id: Some(min_id).max(cleared),
            ..*page
        },
        None => PageRequest {
            since_id: page.since_id.max(cleared),
            ..*page
        },
    };
    let owner = Owner::Account(account);
    let begins = chapters(ctx.store(), List::Notifications, &owner).await?;
    let partition = |begin| (account, begin);
    read_chapters::<Notifications>(ctx.store(), &begins, partition, &page).await
}

/// What the caller is told, in order.
async fn show(ctx: &Ctx, rows: &[&Row<Notifications>]) -> Result<Vec<NotificationView>> {
    let Judged {
        world,
        senders,
        shown: rows,
    } = Judged::of(ctx, rows).await?;
    let from: Vec<AccountId> = rows.iter().map(|row| row.value.from).collect();
    ctx.social.counts.load(ctx.store(), &[], &from).await?;
    let statuses = statuses_of(&rows);
    let mut views: HashMap<StatusId, _> = HashMap::new();
    for view in present(ctx, &world, &statuses, Surface::Notification).await? {
        views.insert(view.id, view);
    }
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let sender = senders.get(&row.value.from).ok_or(Error::NotFound)?;
        let status = row.value.status.map(|id| views.get(&id).cloned());
        shown.push(NotificationView {
            id: row.sort,
            kind: row.value.kind,
            created_at_ms: row.sort.time_ms(),
            account: std::sync::Arc::new(view::present(ctx, &sender.facts).await?),
            status: status.flatten(),
        });
    }
    Ok(shown)
}

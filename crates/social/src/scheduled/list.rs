//! What an account has scheduled.

use petrel_model::id::{AccountId, Id};
use petrel_model::scope::Scope;
use petrel_store::Row;

use super::table::{ScheduledRow, ScheduledSort, ScheduledStatus, ScheduledStatuses};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::media;
use crate::page::{Page, PageRequest};
use crate::views::ScheduledView;

/// Newest first, by when they were scheduled, not for when.
pub async fn list(ctx: &Ctx, page: PageRequest) -> Result<Page<ScheduledView>> {
    let account = ctx.require_user(Scope::ReadStatuses)?;
    let mut scan = ctx.store().scan::<ScheduledStatuses>(&account);
    scan = match page.max_id {
        Some(max_id) => scan.before(&ScheduledSort::Status(max_id)),
        None => scan.before(&ScheduledSort::Due(Id::MIN)),
    };
    if let Some(above) = page.above() {
        scan = scan.after(&ScheduledSort::Status(above));
    }
    if page.min_id.is_none() {
        scan = scan.descending();
    }
    let mut rows = scan.limit(page.limit).await?;
    if page.min_id.is_some() {
        rows.reverse();
    }
    let ids: Vec<Id> = rows.iter().map(id_of).collect();
    let dues: Vec<_> = ids
        .iter()
        .map(|id| (account, ScheduledSort::Due(*id)))
        .collect();
    let dues = ctx.store().get_many::<ScheduledStatuses>(&dues).await?;
    let mut views = Vec::with_capacity(rows.len());
    for (row, due) in rows.into_iter().zip(dues) {
        let id = id_of(&row);
        views.extend(view(ctx, id, row.value, due.map(|due| due.value)).await?);
    }
    Ok(Page::of(views, &ids, page.limit))
}

pub async fn get(ctx: &Ctx, id: Id) -> Result<ScheduledView> {
    let account = ctx.require_user(Scope::ReadStatuses)?;
    find(ctx, account, id).await?.ok_or(Error::NotFound)
}

pub(super) async fn find(ctx: &Ctx, account: AccountId, id: Id) -> Result<Option<ScheduledView>> {
    let keys = [ScheduledSort::Status(id), ScheduledSort::Due(id)].map(|sort| (account, sort));
    let mut rows = ctx.store().get_many::<ScheduledStatuses>(&keys).await?;
    let (due, status) = (rows.pop().flatten(), rows.pop().flatten());
    match status {
        Some(status) => view(ctx, id, status.value, due.map(|due| due.value)).await,
        None => Ok(None),
    }
}

async fn view(
    ctx: &Ctx,
    id: Id,
    status: ScheduledRow,
    due: Option<ScheduledRow>,
) -> Result<Option<ScheduledView>> {
    match (status, due) {
        (ScheduledRow::Status(status), Some(ScheduledRow::Due(at_ms))) => {
            Ok(Some(present(ctx, id, status, at_ms).await?))
        }
        _ => Ok(None),
    }
}

pub(super) async fn present(
    ctx: &Ctx,
    id: Id,
    status: ScheduledStatus,
    at_ms: u64,
) -> Result<ScheduledView> {
    let media = media::of_owner(ctx, &status.media).await?;
    Ok(ScheduledView {
        id,
        at_ms,
        status,
        media,
    })
}

fn id_of(row: &Row<ScheduledStatuses>) -> Id {
    match row.sort {
        ScheduledSort::Status(id) | ScheduledSort::Due(id) => id,
    }
}

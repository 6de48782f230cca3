//! The statuses of one account, as its profile shows them.

use petrel_model::event::MarkKind;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::limits::PAGE_ROWS_MAX;
use petrel_model::scope::Scope;
use petrel_model::text::fold;
use petrel_store::Row;

use crate::accounts::view;
use crate::context::Ctx;
use crate::error::Result;
use crate::lists::{self, Entry, List, Lists, Owner};
use crate::marks::table::{Marks, partition};
use crate::page::{Page, PageRequest};
use crate::statuses::present::hydrate;
use crate::views::StatusView;

#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    pub exclude_replies: bool,
    pub exclude_reblogs: bool,
    pub pinned: bool,
    pub only_media: bool,
    pub tagged: Option<String>,
}

pub async fn of_account(
    ctx: &Ctx,
    account: AccountId,
    filter: AccountFilter,
    page: PageRequest,
) -> Result<Page<StatusView>> {
    ctx.allow_public(Scope::ReadStatuses)?;
    view::require(ctx, account).await?;
    let owner = Owner::Account(account);
    let list = if filter.pinned {
        List::PinsByAccount
    } else {
        List::StatusesByAccount
    };
    let wanted = |entry: &Entry| {
        let is_reply = entry.reply == Some(true) && filter.exclude_replies;
        let is_reblog = entry.reblog == Some(true) && filter.exclude_reblogs;
        let is_bare = entry.reblog == Some(true) && filter.only_media;
        !is_reply && !is_reblog && !is_bare
    };
    let tag = filter.tagged.as_deref().map(fold::tag);
    let shown = |view: &StatusView| {
        // Only own statuses can be pinned at all.
        let is_own = view.account.id == account;
        let has = |tag: &String| view.tags.iter().any(|own| fold::tag(own) == *tag);
        let pinned = !filter.pinned || is_own;
        let media = !filter.only_media || !view.media.is_empty();
        pinned && media && tag.as_ref().is_none_or(has)
    };
    let mut found = fill(ctx, list, &owner, page, Surface::Profile, wanted, shown).await?;
    if filter.pinned {
        found.items = still_pinned(ctx, account, found.items).await?;
    }
    Ok(found)
}

/// A pin's row may outlive the pin, and two tries of one command on two nodes leave two rows: what
/// is pinned is shown once, and nothing else.
async fn still_pinned(
    ctx: &Ctx,
    account: AccountId,
    views: Vec<StatusView>,
) -> Result<Vec<StatusView>> {
    let key = |view: &StatusView| (partition(account, view.id), (view.id, MarkKind::Pin));
    let keys: Vec<_> = views.iter().map(key).collect();
    let pins = ctx.store().get_many::<Marks>(&keys).await?;
    let mut pinned: Vec<StatusView> = Vec::with_capacity(views.len());
    for (view, pin) in views.into_iter().zip(pins) {
        let is_on = pin.is_some_and(|pin| pin.value.on);
        if is_on && pinned.iter().all(|known| known.id != view.id) {
            pinned.push(view);
        }
    }
    Ok(pinned)
}

/// Reads a list until the page is full, its end is reached, or [`PAGE_ROWS_MAX`] rows were looked
/// at; what the gate or the filter refuses is left out.
pub(crate) async fn fill(
    ctx: &Ctx,
    list: List,
    owner: &Owner,
    page: PageRequest,
    surface: Surface,
    wanted: impl Fn(&Entry) -> bool,
    shown: impl Fn(&StatusView) -> bool,
) -> Result<Page<StatusView>> {
    let mut found: Vec<(Id, StatusView)> = Vec::new();
    let mut request = page;
    let mut looked_at = 0;
    let mut last_row = None;
    while found.len() < page.limit && looked_at < PAGE_ROWS_MAX {
        let rows = lists::read(ctx.store(), list, owner, &request).await?;
        let full = rows.len() >= request.limit && !rows.is_empty();
        looked_at += rows.len();
        let step = show(ctx, &rows, surface, &wanted, &shown).await?;
        if page.min_id.is_some() {
            found.splice(0..0, step);
            request.min_id = rows.first().map(|row| row.sort);
        } else {
            found.extend(step);
            request.max_id = rows.last().map(|row| row.sort);
            last_row = request.max_id.or(last_row);
        }
        if !full {
            last_row = None;
            break;
        }
    }
    if page.min_id.is_some() {
        let surplus = found.len().saturating_sub(page.limit);
        found.drain(..surplus);
    } else {
        found.truncate(page.limit);
    }
    let oldest = found.last().map(|(row, _)| *row);
    let is_full = found.len() >= page.limit;
    Ok(Page {
        next_max_id: if is_full { oldest } else { last_row },
        prev_min_id: found.first().map(|(row, _)| *row),
        items: found.into_iter().map(|(_, view)| view).collect(),
    })
}

async fn show(
    ctx: &Ctx,
    rows: &[Row<Lists>],
    surface: Surface,
    wanted: impl Fn(&Entry) -> bool,
    shown: impl Fn(&StatusView) -> bool,
) -> Result<Vec<(Id, StatusView)>> {
    let rows: Vec<_> = rows.iter().filter(|row| wanted(&row.value)).collect();
    let ids: Vec<_> = rows.iter().map(|row| StatusId(row.value.id)).collect();
    let mut views = hydrate(ctx, &ids, surface).await?.into_iter().peekable();
    let mut paired = Vec::new();
    for row in rows {
        if views.peek().is_some_and(|view| view.id.0 == row.value.id)
            && let Some(view) = views.next()
            && shown(&view)
        {
            paired.push((row.sort, view));
        }
    }
    Ok(paired)
}

//! The statuses of one account, as its profile shows them.

use petrel_model::event::MarkKind;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::scope::Scope;
use petrel_model::text::fold;
use petrel_store::Row;

use crate::accounts::view;
use crate::context::Ctx;
use crate::error::Result;
use crate::lists::{self, Entry, List, Lists, Owner};
use crate::marks::table::{Marks, partition};
use crate::page::{Filling, Page, PageRequest};
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

/// Reads a list until the page is full; what the gate or the filter refuses is left out.
async fn fill(
    ctx: &Ctx,
    list: List,
    owner: &Owner,
    page: PageRequest,
    surface: Surface,
    wanted: impl Fn(&Entry) -> bool,
    shown: impl Fn(&StatusView) -> bool,
) -> Result<Page<StatusView>> {
    let mut filling = Filling::of(page);
    while let Some(request) = filling.next() {
        let rows = lists::read(ctx.store(), list, owner, &request).await?;
        let step = show(ctx, &rows, surface, &wanted, &shown).await?;
        let ids: Vec<Id> = rows.iter().map(|row| row.sort).collect();
        filling.add(&ids, step);
    }
    Ok(filling.page())
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

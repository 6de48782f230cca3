//! Turning a mark on and off.

use petrel_model::event::{Event, MarkKind};
use petrel_model::gate::{Interaction, Surface};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::limits::PINS_MAX;
use petrel_model::scope::Scope;
use petrel_model::visibility::Visibility;
use petrel_store::{Batch, Row};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::expiry;
use crate::lists::{self, Entry, List, ListRow, Owner, chapter_for};
use crate::marks::table::{Mark, Marks, partition};
use crate::notifications::table::NotificationKind;
use crate::notifications::write::{Tell, tell, untell};
use crate::page::PageRequest;
use crate::statuses::facts::StatusFacts;
use crate::statuses::{self, world::World};
use crate::views::StatusView;

pub async fn favourite(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteFavourites)?;
    turn_on(ctx, account, id, MarkKind::Favourite).await
}

pub async fn unfavourite(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteFavourites)?;
    turn_off(ctx, account, id, MarkKind::Favourite).await
}

pub async fn bookmark(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteBookmarks)?;
    turn_on(ctx, account, id, MarkKind::Bookmark).await
}

pub async fn unbookmark(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteBookmarks)?;
    turn_off(ctx, account, id, MarkKind::Bookmark).await
}

pub async fn pin(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    turn_on(ctx, account, id, MarkKind::Pin).await
}

pub async fn unpin(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    turn_off(ctx, account, id, MarkKind::Pin).await
}

/// No more notifications from the conversation that the status is part of.
pub async fn mute_thread(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteMutes)?;
    turn_on(ctx, account, id, MarkKind::ThreadMute).await
}

pub async fn unmute_thread(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteMutes)?;
    turn_off(ctx, account, id, MarkKind::ThreadMute).await
}

/// The one function that lists a mark's list rows. The command, the take-back, repairs and
/// `petrel check` all call it. The row of a reblog in its author's list is the reblog status's.
pub fn index_rows(
    account: AccountId,
    status: StatusId,
    kind: MarkKind,
    mark: &Mark,
) -> Vec<ListRow> {
    let by_status = |list| ListRow {
        list,
        owner: Owner::Status(status),
        chapter: mark.status_chapter,
        id: mark.id,
        entry: Entry::of(account),
    };
    let by_account = |list| ListRow {
        list,
        owner: Owner::Account(account),
        chapter: mark.account_chapter,
        id: mark.id,
        entry: Entry::of(status),
    };
    match kind {
        MarkKind::Favourite => vec![
            by_status(List::FavouritesByStatus),
            by_account(List::FavouritesByAccount),
        ],
        MarkKind::Reblog => vec![by_status(List::ReblogsByStatus)],
        MarkKind::Bookmark => vec![by_account(List::BookmarksByAccount)],
        MarkKind::Pin => vec![by_account(List::PinsByAccount)],
        MarkKind::ThreadMute => Vec::new(),
        MarkKind::Vote => {
            let mut row = by_status(List::VotesByStatus);
            row.entry.ballot = mark.ballot;
            vec![row]
        }
    }
}

/// Switches the author's pin off, if there is one: what is deleted keeps no place among the few.
pub async fn put_unpinned(
    batch: &mut Batch<'_>,
    account: AccountId,
    status: StatusId,
) -> Result<()> {
    let known = read(batch, account, status, MarkKind::Pin).await?;
    if known.as_ref().is_some_and(|row| row.value.on) {
        put_off(batch, (account, status, MarkKind::Pin), account, known);
    }
    Ok(())
}

async fn turn_on(
    ctx: &Ctx,
    account: AccountId,
    id: StatusId,
    kind: MarkKind,
) -> Result<StatusView> {
    let world = World::load(ctx, &[id]).await?;
    let facts = target(&world, id, kind)?;
    require_allowed(&world, facts, kind)?;
    let marked = marked(facts, kind);
    let _turn = ctx.turns().status(account, marked).await;
    let mut batch = ctx.batch();
    batch.note(world.revision());
    let known = read(&mut batch, account, marked, kind).await?;
    if known.is_none_or(|row| !row.value.on) {
        if kind == MarkKind::Pin {
            require_room_for_pin(&mut batch, account).await?;
        }
        let id = ctx.clock().next_id();
        let fact = Fact {
            account,
            status: marked,
            author: facts.account(),
            kind,
            id,
        };
        let notification_chapter = match kind {
            MarkKind::Favourite => tell_author(&mut batch, &fact, facts).await?,
            _ => None,
        };
        put_on(&mut batch, &fact, notification_chapter).await?;
        batch.commit().await?;
    }
    statuses::one(ctx, facts.id).await
}

async fn turn_off(
    ctx: &Ctx,
    account: AccountId,
    id: StatusId,
    kind: MarkKind,
) -> Result<StatusView> {
    let world = World::load(ctx, &[id]).await?;
    let Ok(facts) = target(&world, id, kind) else {
        turn_off_unseen(ctx, &world, account, id, kind).await?;
        return Err(Error::NotFound);
    };
    let marked = marked(facts, kind);
    let _turn = ctx.turns().status(account, marked).await;
    let mut batch = ctx.batch();
    batch.note(world.revision());
    let known = read(&mut batch, account, marked, kind).await?;
    put_off(&mut batch, (account, marked, kind), facts.account(), known);
    batch.commit().await?;
    statuses::one(ctx, facts.id).await
}

/// The mark is the caller's own, also on what they may see no longer. They are shown nothing of
/// it, so their answer is the same whether there was a mark or not.
async fn turn_off_unseen(
    ctx: &Ctx,
    world: &World,
    account: AccountId,
    id: StatusId,
    kind: MarkKind,
) -> Result<()> {
    let marked = match (kind, world.statuses.get(&id)) {
        (MarkKind::ThreadMute, facts) => facts.map_or(id, |facts| facts.created.thread),
        (MarkKind::Pin, _) => id,
        _ => world.text_of(id),
    };
    let _turn = ctx.turns().status(account, marked).await;
    let mut batch = ctx.batch();
    batch.note(world.revision());
    let known = read(&mut batch, account, marked, kind).await?;
    // Without a mark nothing is written: nobody makes rows about ids that they made up.
    let Some(row) = known.filter(|row| row.value.on) else {
        return Ok(());
    };
    let author = row.value.author;
    put_off(&mut batch, (account, marked, kind), author, Some(row));
    batch.commit().await?;
    Ok(())
}

/// What the mark is on: through a reblog, the reblogged status, a pin aside.
fn target(world: &World, id: StatusId, kind: MarkKind) -> Result<&StatusFacts> {
    let facts = world.require(id, Surface::ById)?;
    match facts.reblog_of() {
        Some((target, _)) if kind != MarkKind::Pin => world.require(target, Surface::ById),
        _ => Ok(facts),
    }
}

/// A thread is muted at its root; everything else marks the status itself.
fn marked(facts: &StatusFacts, kind: MarkKind) -> StatusId {
    match kind {
        MarkKind::ThreadMute => facts.created.thread,
        _ => facts.id,
    }
}

fn require_allowed(world: &World, facts: &StatusFacts, kind: MarkKind) -> Result<()> {
    let interaction = match kind {
        MarkKind::Favourite => Interaction::Favourite,
        MarkKind::Reblog => Interaction::Reblog,
        MarkKind::Bookmark | MarkKind::ThreadMute => Interaction::Bookmark,
        MarkKind::Vote => Interaction::Favourite,
        MarkKind::Pin => Interaction::Pin,
    };
    if world.may_interact(facts.id, interaction) {
        return Ok(());
    }
    if kind != MarkKind::Pin {
        return Err(Error::NotFound);
    }
    let own = world.eyes.id() == Some(facts.account());
    Err(Error::invalid(if !own {
        "Someone else's post cannot be pinned"
    } else if facts.created.visibility == Visibility::Direct {
        "Posts that are only visible to mentioned users cannot be pinned"
    } else {
        "A boost cannot be pinned"
    }))
}

async fn require_room_for_pin(batch: &mut Batch<'_>, account: AccountId) -> Result<()> {
    let owner = Owner::Account(account);
    let page = PageRequest::first(PINS_MAX);
    let pins = lists::read_for(batch, List::PinsByAccount, &owner, &page).await?;
    if pins.len() >= PINS_MAX {
        return Err(Error::invalid(
            "You have already pinned the maximum number of posts",
        ));
    }
    Ok(())
}

/// What a mark that is being turned on is.
pub(super) struct Fact {
    pub account: AccountId,
    pub status: StatusId,
    pub author: AccountId,
    pub kind: MarkKind,
    pub id: Id,
}

pub(super) async fn read(
    batch: &mut Batch<'_>,
    account: AccountId,
    status: StatusId,
    kind: MarkKind,
) -> Result<Option<Row<Marks>>> {
    let partition = partition(account, status);
    Ok(batch.get::<Marks>(&partition, &(status, kind)).await?)
}

/// The mark, its list rows, and the event.
pub(super) async fn put_on(
    batch: &mut Batch<'_>,
    fact: &Fact,
    notification_chapter: Option<Id>,
) -> Result<()> {
    let (status_list, account_list) = match fact.kind {
        MarkKind::Favourite => (List::FavouritesByStatus, List::FavouritesByAccount),
        MarkKind::Reblog => (List::ReblogsByStatus, List::StatusesByAccount),
        MarkKind::Bookmark => (List::FavouritesByStatus, List::BookmarksByAccount),
        MarkKind::Pin | MarkKind::ThreadMute | MarkKind::Vote => {
            (List::FavouritesByStatus, List::PinsByAccount)
        }
    };
    let (status, account) = (Owner::Status(fact.status), Owner::Account(fact.account));
    let mark = Mark {
        id: fact.id,
        on: true,
        author: fact.author,
        status_chapter: chapter_for(batch, status_list, &status, fact.id).await?,
        account_chapter: chapter_for(batch, account_list, &account, fact.id).await?,
        notification_chapter,
        ballot: None,
    };
    let key = (fact.status, fact.kind);
    batch.put::<Marks>(&partition(fact.account, fact.status), &key, &mark);
    for row in index_rows(fact.account, fact.status, fact.kind, &mark) {
        row.put(batch);
    }
    batch.emit(Event::Marked {
        account: fact.account,
        status: fact.status,
        author: fact.author,
        kind: fact.kind,
        on: true,
        unseen: None,
    });
    Ok(())
}

/// Writes `off` whatever was read, and takes away the list rows of what was on.
pub(super) fn put_off(
    batch: &mut Batch<'_>,
    (account, status, kind): (AccountId, StatusId, MarkKind),
    author: AccountId,
    known: Option<Row<Marks>>,
) {
    let expires_at_s = expiry::of_off(batch.store());
    let off = Mark::off(author);
    batch.put_until::<Marks>(
        &partition(account, status),
        &(status, kind),
        &off,
        expires_at_s,
    );
    let known = known.map(|row| row.value).filter(|mark| mark.on);
    batch.emit(Event::Marked {
        account,
        status,
        author,
        kind,
        on: false,
        unseen: known.is_none().then_some(true),
    });
    let Some(mark) = known else {
        return;
    };
    for row in index_rows(account, status, kind, &mark) {
        row.delete(batch);
    }
    untell(batch, mark.author, mark.notification_chapter, mark.id);
}

pub(super) async fn tell_author(
    batch: &mut Batch<'_>,
    fact: &Fact,
    facts: &StatusFacts,
) -> Result<Option<Id>> {
    let kind = match fact.kind {
        MarkKind::Reblog => NotificationKind::Reblog,
        _ => NotificationKind::Favourite,
    };
    let news = Tell {
        to: fact.author,
        from: fact.account,
        id: fact.id,
        kind,
        status: Some(fact.status),
        thread: Some(facts.created.thread),
    };
    tell(batch, &news).await
}

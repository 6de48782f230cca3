//! A reblog is a mark and a status of its own, which exists only while the mark is on and bears
//! its id.

use petrel_model::event::{About, Event, MarkKind, StatusEvent};
use petrel_model::gate::{Interaction, Surface};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::scope::Scope;
use petrel_model::visibility::Visibility;
use petrel_store::{Batch, Stamp, StoreError};

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::Accounts;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::lists::{List, Owner, chapter_for};
use crate::marks::set::{Fact, put_off, put_on, read, tell_author};
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusContent, StatusCreated, StatusRow, StatusSort, Statuses};
use crate::statuses::{self, index_rows, world::World};
use crate::views::StatusView;

/// How often it is looked which reblog stands. Another node may have put its own in place of this
/// one at the same moment, and of another node's batch the mark may be seen before the status.
const LOOKS_MAX: usize = 4;

/// Answers the reblog that stands; if there is one already, that. It is not found if what it
/// reblogs is gone or hidden, or if it was taken back at the same moment, and for nothing else.
pub async fn reblog(ctx: &Ctx, id: StatusId, visibility: Option<Visibility>) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let facts = original(&world, id)?;
    if !world.may_interact(facts.id, Interaction::Reblog) {
        return Err(Error::NotFound);
    }
    let _turn = ctx.turns().status(account, facts.id).await;
    let mut batch = ctx.batch();
    batch.note(world.revision());
    let known = read(&mut batch, account, facts.id, MarkKind::Reblog).await?;
    if let Some(row) = known.filter(|row| row.value.on) {
        return standing(ctx, account, facts.id, StatusId(row.value.id)).await;
    }
    let visibility = reblog_visibility(&mut batch, account, facts, visibility).await?;
    let reblog = StatusId(ctx.clock().next_id());
    write(ctx, &mut batch, account, facts, reblog, visibility).await?;
    batch.commit().await?;
    let shown = standing(ctx, account, facts.id, reblog).await;
    let has_won = shown.as_ref().is_ok_and(|view| view.id == reblog);
    if !has_won {
        forget_lost(ctx, account, facts.id, reblog).await?;
    }
    shown
}

/// The reblog that the mark bears in the end, which is thought to be this one. Where it cannot be
/// read yet the caller may try again: what is on must never be said not to be found.
async fn standing(
    ctx: &Ctx,
    account: AccountId,
    target: StatusId,
    mut reblog: StatusId,
) -> Result<StatusView> {
    for _ in 0..LOOKS_MAX {
        let world = World::load(ctx, &[reblog, target]).await?;
        world.require(target, Surface::ById)?;
        if world.statuses.contains_key(&reblog) {
            let shown = statuses::present(ctx, &world, &[reblog], Surface::ById).await?;
            return shown.into_iter().next().ok_or(Error::NotFound);
        }
        // What was read half, and kept, is read again when the rest is heard of.
        ctx.store().catch_up().await?;
        let mark = read(&mut ctx.batch(), account, target, MarkKind::Reblog).await?;
        match mark.map(|row| row.value) {
            Some(mark) if mark.on => reblog = StatusId(mark.id),
            Some(_) => return Err(Error::NotFound),
            // Of a batch on its way one look may see the mark and the next may not.
            None => {}
        }
    }
    let rows = ctx.store().partition::<Statuses>(&reblog).await?;
    if rows.iter().any(|row| row.value == StatusRow::Deleted) {
        return Err(Error::NotFound);
    }
    let outcome_unknown = true;
    Err(StoreError::Timeout { outcome_unknown }.into())
}

/// A reblog whose mark another command took over at the same moment, and could not know of, is
/// nobody's: as long as it is in lists, it hides others of the same status from home.
async fn forget_lost(
    ctx: &Ctx,
    account: AccountId,
    target: StatusId,
    reblog: StatusId,
) -> Result<()> {
    let mut batch = ctx.batch();
    let mark = read(&mut batch, account, target, MarkKind::Reblog).await?;
    let Some(mark) = mark.filter(|mark| !mark.value.on || mark.value.id != reblog.0) else {
        return Ok(());
    };
    put_reblog_gone(&mut batch, account, (target, mark.value.author), reblog).await?;
    batch.commit().await?;
    Ok(())
}

/// Answers the status that is no longer reblogged. The reblog is the caller's own, also of what
/// they may see no longer: it is taken back, and nothing is shown.
pub async fn unreblog(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let target = world.text_of(id);
    // Where there is none to be seen and none to be taken back, nothing is written about an id
    // that may be made up.
    if original(&world, id).is_ok() || is_reblogged(ctx, account, target).await? {
        take_back(ctx, target).await?;
    }
    statuses::one(ctx, target).await
}

async fn is_reblogged(ctx: &Ctx, account: AccountId, target: StatusId) -> Result<bool> {
    let mark = read(&mut ctx.batch(), account, target, MarkKind::Reblog).await?;
    Ok(mark.is_some_and(|row| row.value.on))
}

/// Takes the caller's reblog of this status back, whether or not the status is still there.
pub async fn take_back(ctx: &Ctx, target: StatusId) -> Result<()> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    let _turn = ctx.turns().status(account, target).await;
    let mut batch = ctx.batch();
    let known = read(&mut batch, account, target, MarkKind::Reblog).await?;
    let author = known.as_ref().map(|row| row.value.author);
    if let Some(row) = known.as_ref().filter(|row| row.value.on) {
        let (author, id) = (row.value.author, StatusId(row.value.id));
        put_reblog_gone(&mut batch, account, (target, author), id).await?;
    }
    let author = author.unwrap_or(account);
    put_off(
        &mut batch,
        (account, target, MarkKind::Reblog),
        author,
        known,
    );
    batch.commit().await?;
    Ok(())
}

fn original(world: &World, id: StatusId) -> Result<&StatusFacts> {
    let facts = world.require(id, Surface::ById)?;
    match facts.reblog_of() {
        Some((target, _)) => world.require(target, Surface::ById),
        None => Ok(facts),
    }
}

/// A private status is reblogged privately; else what was asked for, or the account's default.
async fn reblog_visibility(
    batch: &mut Batch<'_>,
    account: AccountId,
    facts: &StatusFacts,
    asked: Option<Visibility>,
) -> Result<Visibility> {
    if !facts.created.visibility.is_open() {
        return Ok(facts.created.visibility);
    }
    let visibility = match asked {
        Some(visibility) => visibility,
        None => {
            let rows = batch.partition::<Accounts>(&account).await?;
            let own = AccountFacts::assemble(account, &rows).ok_or(Error::Unauthenticated)?;
            own.settings.privacy
        }
    };
    Ok(match visibility {
        Visibility::Direct => Visibility::Private,
        other => other,
    })
}

async fn write(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    account: AccountId,
    facts: &StatusFacts,
    id: StatusId,
    visibility: Visibility,
) -> Result<()> {
    let fact = Fact {
        account,
        status: facts.id,
        author: facts.account(),
        kind: MarkKind::Reblog,
        id: id.into(),
    };
    let notification_chapter = tell_author(batch, &fact, facts).await?;
    put_on(batch, &fact, notification_chapter).await?;
    let owner = Owner::Account(account);
    let created = StatusCreated {
        account,
        visibility,
        about: About::Reblog {
            status: facts.id,
            account: facts.account(),
        },
        thread: facts.created.thread,
        content: StatusContent::default(),
        app: ctx.app(),
        account_chapter: chapter_for(batch, List::StatusesByAccount, &owner, id.0).await?,
        replies_chapter: Id::MIN,
    };
    let row = StatusRow::Created(created.clone());
    batch.put::<Statuses>(&id, &StatusSort::Created, &row);
    let reblog = StatusFacts {
        id,
        created,
        created_revision: Stamp::MIN,
        edits: Vec::new(),
        mentioned: facts.mentioned.clone(),
        revision: Stamp::MIN,
    };
    for row in index_rows(&reblog) {
        row.put(batch);
    }
    batch.emit(Event::StatusCreated(StatusEvent {
        // That of the first version: an edit of what is reblogged does not reach its reblogs.
        language: facts.created.content.language.clone().unwrap_or_default(),
        has_media: !facts.created.content.media.is_empty(),
        ..reblog.event()
    }));
    Ok(())
}

async fn put_reblog_gone(
    batch: &mut Batch<'_>,
    account: AccountId,
    (target, author): (StatusId, AccountId),
    id: StatusId,
) -> Result<()> {
    let rows = batch.partition::<Statuses>(&id).await?;
    let mut event = StatusEvent {
        id,
        account,
        visibility: Visibility::Public,
        about: About::Reblog {
            status: target,
            account: author,
        },
        language: String::new(),
        mentions: Vec::new(),
        tags: Vec::new(),
        has_media: false,
    };
    if let Some(reblog) = StatusFacts::assemble(id, &rows) {
        event.visibility = reblog.created.visibility;
        for row in index_rows(&reblog) {
            row.delete(batch);
        }
        batch.delete::<Statuses>(&id, &StatusSort::Created);
    }
    batch.put::<Statuses>(&id, &StatusSort::Deleted, &StatusRow::Deleted);
    batch.emit(Event::StatusDeleted(event));
    Ok(())
}

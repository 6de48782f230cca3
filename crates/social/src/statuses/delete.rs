//! Deleting a status: a row without content says so; a job removes the rest.

use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::event::Event;
use petrel_model::gate::Surface;
use petrel_model::id::StatusId;
use petrel_model::limits::STATUS_MEDIA_MAX;
use petrel_model::scope::Scope;
use petrel_store::Batch;

use crate::context::{Ctx, Social};
use crate::error::{Error, Result};
use crate::marks;
use crate::media::{self, MediaLinks};
use crate::notifications::write::untell;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusRow, StatusSort, Statuses};
use crate::statuses::world::World;
use crate::statuses::{cleanup, index, present};
use crate::views::StatusView;

/// A command that found the status still there has committed so long after, in milliseconds, and
/// what it left is cleared away once more.
const UNDER_WAY_MS_MAX: u64 = 60_000;
/// Attachments whose removal is written with the deletion itself; where edits attached more, the
/// job that clears away what is left removes them.
const MEDIA_AT_ONCE_MAX: usize = STATUS_MEDIA_MAX;

/// What becomes of the files of a status that is deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Files {
    /// What it showed is its author's again, who may attach it to the next: so a status is written
    /// anew. The rest goes.
    LetGo,
    Remove,
}

/// Deletes the caller's own status; a reblog is taken back. Answers it as it was. The files that
/// it showed are seen by nobody else from then on, and may be attached to another one.
pub async fn delete(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    delete_and(ctx, id, Files::LetGo).await
}

/// As [`delete`], its files too.
pub async fn delete_with_media(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    delete_and(ctx, id, Files::Remove).await
}

async fn delete_and(ctx: &Ctx, id: StatusId, files: Files) -> Result<StatusView> {
    let caller = ctx.require_user(Scope::WriteStatuses)?;
    let turn = ctx.turns().status(caller, id).await;
    let world = World::load(ctx, &[id]).await?;
    // One's own is there to be deleted, also a reblog of what one may see no longer.
    let own = world.statuses.get(&id);
    let own = own.filter(|facts| facts.account() == caller);
    let facts = own.ok_or(Error::NotFound)?;
    if let Some((target, _)) = facts.reblog_of() {
        let view = present::own_reblog(ctx, &world, facts).await?;
        // The turn that counts is that of what is reblogged.
        drop(turn);
        marks::take_back_reblog(ctx, target).await?;
        return Ok(view);
    }
    let view = present::present(ctx, &world, &[id], Surface::ById)
        .await?
        .pop();
    let mut view = view.ok_or(Error::NotFound)?;
    let mut batch = ctx.batch();
    batch.note(world.revision());
    marks::put_unpinned(&mut batch, caller, id).await?;
    put_deletion(&ctx.social, &mut batch, facts, files);
    batch.commit().await?;
    if files == Files::LetGo {
        // Only its author may fetch them, and must be known to be who asks.
        let links = MediaLinks::of(ctx).await?;
        view.media = links.let_go(&facts.content().media);
    }
    Ok(view)
}

/// All rows of the deletion of a status that is not a reblog.
pub(crate) fn put_deletion(
    social: &Social,
    batch: &mut Batch<'_>,
    facts: &StatusFacts,
    files: Files,
) {
    batch.put::<Statuses>(&facts.id, &StatusSort::Deleted, &StatusRow::Deleted);
    for row in index::index_rows(facts) {
        row.delete(batch);
    }
    for mention in &facts.content().mentions {
        untell(
            batch,
            mention.account,
            mention.notification_chapter,
            mention.notification(facts.id),
        );
    }
    let mut let_go = Vec::new();
    match files {
        Files::LetGo => {
            for media in &facts.content().media {
                let_go.push(media.id);
                media::put_let_go(social, batch, facts.id, media.id);
                if !facts.edits.is_empty() {
                    media::put_said(batch, media);
                }
            }
        }
        Files::Remove => {
            for id in facts.all_media().take(MEDIA_AT_ONCE_MAX) {
                media::put_removal(social, batch, id);
            }
        }
    }
    let status = facts.id;
    let left = cleanup::Left { status, let_go };
    let job = NewJob::of(Queue::Background, cleanup::KIND, &left);
    enqueue(batch, &social.clock, job);
    let late_ms = social.store.late_bound_ms() + UNDER_WAY_MS_MAX;
    let again_ms = social.clock.now_ms() + late_ms;
    let again = NewJob::of(Queue::Background, cleanup::KIND, &left).due_at_ms(again_ms);
    enqueue(batch, &social.clock, again);
    batch.emit(Event::StatusDeleted(facts.event()));
}

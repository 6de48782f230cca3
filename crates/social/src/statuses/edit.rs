//! Editing adds a row; what was written before stays as history.

use std::collections::HashMap;

use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::event::Event;
use petrel_model::gate::Surface;
use petrel_model::id::{Id, MediaId, StatusId};
use petrel_model::limits::EDITS_MAX;
use petrel_model::scope::Scope;
use petrel_model::text::language::Language;
use petrel_store::Batch;

use crate::accounts::view;
use crate::bounds::{Size, has_room};
use crate::context::Ctx;
use crate::conversations;
use crate::emojis;
use crate::error::{Error, Result};
use crate::media::{self, Attaching, MediaAttributes, MediaLinks};
use crate::notifications::write::untell;
use crate::polls::{self, NewPoll};
use crate::statuses::compose::{Composed, compose};
use crate::statuses::create::put_new_tags;
use crate::statuses::facts::StatusFacts;
use crate::statuses::index::tag_rows;
use crate::statuses::notify;
use crate::statuses::present::{self, content_html};
use crate::statuses::table::{Mention, StatusContent, StatusSort, Statuses};
use crate::statuses::world::World;
use crate::views::{EditView, StatusView};

/// What somebody who is named no more takes in a job, in bytes.
const GONE_BYTES: usize = 30;

/// What an author changes; what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub text: Option<String>,
    pub spoiler_text: Option<String>,
    pub sensitive: Option<bool>,
    pub language: Option<String>,
    /// All that is to be attached, in order.
    pub media: Option<Vec<MediaId>>,
    pub media_attributes: Vec<MediaAttributes>,
    /// None leaves the poll as it is; none inside takes it away.
    pub poll: Option<Option<NewPoll>>,
}

pub async fn edit(ctx: &Ctx, id: StatusId, edit: Edit) -> Result<StatusView> {
    let caller = ctx.require_user(Scope::WriteStatuses)?;
    let _turn = ctx.turns().status(caller, id).await;
    let world = World::load(ctx, &[id]).await?;
    let facts = world.require(id, Surface::ById)?;
    if facts.account() != caller || facts.reblog_of().is_some() {
        return Err(Error::NotFound);
    }
    let mut batch = ctx.batch();
    batch.note(world.revision());
    let content = changed(ctx, &mut batch, facts, edit).await?;
    if !differs(facts.content(), &content) {
        return present::one(ctx, id).await;
    }
    if facts.edits.len() >= EDITS_MAX {
        return Err(Error::invalid(format!(
            "A status can be edited at most {EDITS_MAX} times"
        )));
    }
    let attached = newly_attached(facts, &content);
    media::put_attached(&mut batch, id, &attached).await?;
    write(ctx, &mut batch, facts, content).await?;
    let attaching = Attaching::claim(ctx, &mut batch, id, &attached).await?;
    attaching.commit(&mut batch).await?;
    present::one(ctx, id).await
}

/// What this version attaches and no earlier one did.
fn newly_attached(facts: &StatusFacts, content: &StatusContent) -> Vec<MediaId> {
    let known: Vec<MediaId> = facts.all_media().collect();
    let shown = content.media.iter().map(|media| media.id);
    shown.filter(|id| !known.contains(id)).collect()
}

async fn changed(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    facts: &StatusFacts,
    edit: Edit,
) -> Result<StatusContent> {
    let before = facts.content();
    let text = edit.text.unwrap_or_else(|| before.text.clone());
    let spoiler_text = edit
        .spoiler_text
        .unwrap_or_else(|| before.spoiler_text.clone());
    let languages = [&edit.language, &before.language].map(Option::as_deref);
    let shown: Vec<MediaId> = before.media.iter().map(|media| media.id).collect();
    let media = media::resolve(
        batch,
        media::For {
            author: facts.account(),
            status: facts.id,
            scheduled: None,
        },
        edit.media.as_deref().unwrap_or(&shown),
        &edit.media_attributes,
        &before.media,
    );
    let poll = match edit.poll {
        None => before.poll.clone(),
        Some(None) => None,
        Some(Some(new)) => {
            let (fresh, now_ms) = (ctx.clock().next_id(), ctx.clock().now_ms());
            let poll = polls::recompose(before.poll.as_ref(), &new, fresh, now_ms)?;
            Some(poll)
        }
    };
    let composed = Composed {
        media: media.await?,
        poll,
        text: &text,
        spoiler_text: &spoiler_text,
        sensitive: edit.sensitive.unwrap_or(before.sensitive),
        language: Language::first_of(languages.into_iter().flatten()),
    };
    let mut content = compose(ctx, batch, composed, facts.id.0).await?;
    // Who was told already is not told again, and a tag keeps the chapter of its row.
    let told: HashMap<_, _> = before
        .mentions
        .iter()
        .map(|mention| (mention.account, mention))
        .collect();
    for mention in &mut content.mentions {
        if let Some(told) = told.get(&mention.account) {
            mention.notification_chapter = told.notification_chapter;
            mention.since_edit = told.since_edit;
        }
    }
    for tag in &mut content.tags {
        if let Some(known) = before.tags.iter().find(|known| known.name == tag.name) {
            tag.chapter = known.chapter;
        }
    }
    Ok(content)
}

fn differs(before: &StatusContent, after: &StatusContent) -> bool {
    (
        &before.text,
        &before.spoiler_text,
        before.sensitive,
        &before.language,
        &before.media,
        &before.poll,
    ) != (
        &after.text,
        &after.spoiler_text,
        after.sensitive,
        &after.language,
        &after.media,
        &after.poll,
    )
}

/// The new version, its rows in the lists of its hashtags, the event, and of the rest what there
/// is room for.
async fn write(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    facts: &StatusFacts,
    mut content: StatusContent,
) -> Result<()> {
    let edit: Id = ctx.clock().next_id();
    let before = facts.content();
    date_news(&mut content.mentions, &before.mentions, edit);
    let mut after = facts.clone();
    after.mentioned = content
        .mentions
        .iter()
        .map(|mention| mention.account)
        .collect();
    after.edits.push((edit, facts.revision, content.clone()));
    let (old_rows, new_rows) = (tag_rows(facts), tag_rows(&after));
    old_rows
        .iter()
        .filter(|row| !new_rows.contains(row))
        .for_each(|row| row.delete(batch));
    new_rows
        .iter()
        .filter(|row| !old_rows.contains(row))
        .for_each(|row| row.put(batch));
    if let Some(poll) = content.poll.as_ref().filter(|poll| {
        let before = before.poll.as_ref();
        before
            .is_none_or(|before| before.expires_at_ms != poll.expires_at_ms || before.id != poll.id)
    }) {
        polls::enqueue_end(ctx, batch, facts.id, poll);
    }
    batch.emit(Event::StatusEdited(after.event()));
    let gone = before
        .mentions
        .iter()
        .filter(|mention| !after.mentioned.contains(&mention.account));
    let gone: Vec<&Mention> = gone.collect();
    let jobs = rest_of_edit(&gone).and(Size::JOB);
    let sort = StatusSort::Edit(edit);
    let row = content.to_edit(edit);
    let size = Size::of_version(facts.id, sort, &row, content.mentions.len());
    note_rights_taken(batch, facts, &gone, size.and(jobs));
    let (about, author) = ((facts.id, Some(facts.created.thread)), facts.account());
    let (named, known) = (&mut content.mentions, &before.mentions);
    let told = notify::mentions(batch, about, author, named, known, size.and(jobs)).await?;
    batch.put::<Statuses>(&facts.id, &sort, &content.to_edit(edit));
    let edited = notify::Edited {
        status: facts.id,
        edit,
        gone: untell_some(batch, facts.id, &gone, jobs),
    };
    let known = put_new_tags(batch, &content, jobs).await?;
    enqueue(
        batch,
        ctx.clock(),
        NewJob::of(Queue::Normal, notify::EDITED, &edited),
    );
    let part =
        conversations::put_some(batch, &after, &conversations::members(facts), Size::JOB).await?;
    if !told || !known || !part {
        notify::enqueue_rest(ctx, batch, facts.id);
    }
    Ok(())
}

/// Whom the edit names anew is told as of now. Under the status's own id it would lie among what
/// was told when that was written, which they may have read, or cleared, long ago.
fn date_news(named: &mut [Mention], known: &[Mention], edit: Id) {
    let is_known = |account| known.iter().any(|mention| mention.account == account);
    for mention in named {
        if !is_known(mention.account) {
            mention.since_edit = Some(edit);
        }
    }
}

/// Who was named in what is not for everyone could read it until now: the batch is their latest too,
/// as far as there is room for that beside the version itself. For the rest the job says it.
fn note_rights_taken(
    batch: &mut Batch<'_>,
    facts: &StatusFacts,
    gone: &[&Mention],
    reserved: Size,
) {
    if facts.created.visibility.is_open() {
        return;
    }
    for mention in gone {
        if has_room(batch, reserved.and(Size::LATEST)) {
            batch.latest(mention.account);
        }
    }
}

/// What the job of an edit takes if it has to tell all of those that they are named no more.
fn rest_of_edit(gone: &[&Mention]) -> Size {
    Size {
        bytes: Size::JOB.bytes + gone.len() * GONE_BYTES,
        ..Size::JOB
    }
}

/// Takes back the notifications of those named no more, and answers for whom there was no room.
fn untell_some(
    batch: &mut Batch<'_>,
    status: StatusId,
    gone: &[&Mention],
    reserved: Size,
) -> Option<Vec<notify::Gone>> {
    let mut rest = Vec::new();
    for mention in gone {
        let (chapter, id) = (mention.notification_chapter, mention.notification(status));
        if chapter.is_some() && has_room(batch, reserved.and(Size::NOTIFICATION)) {
            untell(batch, mention.account, chapter, id);
        } else {
            rest.push(notify::Gone {
                account: mention.account,
                chapter,
                since_edit: mention.since_edit,
            });
        }
    }
    (!rest.is_empty()).then_some(rest)
}

/// All versions, oldest first.
pub async fn history(ctx: &Ctx, id: StatusId) -> Result<Vec<EditView>> {
    ctx.allow_public(Scope::ReadStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let facts = world.require(id, Surface::ById)?;
    let author = world
        .accounts
        .get(&facts.account())
        .ok_or(Error::NotFound)?;
    let account = std::sync::Arc::new(view::present(ctx, &author.facts).await?);
    let links = MediaLinks::for_statuses(ctx, std::iter::once(facts)).await?;
    let emojis = emojis::book(ctx).await?;
    let first = (facts.id.0, &facts.created.content);
    let edits = facts.edits.iter().map(|(id, _, content)| (*id, content));
    Ok(std::iter::once(first)
        .chain(edits)
        .map(|(id, content)| EditView {
            content_html: content_html(ctx.settings(), content),
            spoiler_text: content.spoiler_text.clone(),
            sensitive: content.sensitive,
            created_at_ms: id.time_ms(),
            poll_options: content.poll.as_ref().map(|poll| poll.options.clone()),
            account: account.clone(),
            media: links.shown(facts.created.visibility, &content.media),
            emojis: emojis.used_in(content.texts()),
        })
        .collect())
}

/// Text and content warning as their author wrote them.
pub async fn source(ctx: &Ctx, id: StatusId) -> Result<(String, String)> {
    ctx.require_user(Scope::ReadStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let content = world.require(id, Surface::ById)?.content();
    Ok((content.text.clone(), content.spoiler_text.clone()))
}

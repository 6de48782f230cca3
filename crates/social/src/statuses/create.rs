//! Creating a status: authorised, composed, then one batch with everything in it.

use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::clock::Stamp;
use petrel_model::event::{About, Event};
use petrel_model::gate::{Interaction, Surface};
use petrel_model::id::{AccountId, Id, MediaId, StatusId};
use petrel_model::scope::Scope;
use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;
use petrel_store::Batch;
use sha2::{Digest, Sha256};

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::Accounts;
use crate::bounds::{Size, has_room};
use crate::context::Ctx;
use crate::conversations;
use crate::error::{Error, Result};
use crate::lists::{self, List, Owner, chapter_for};
use crate::media::{self, Attaching};
use crate::page::PageRequest;
use crate::polls::{self, NewPoll};
use crate::statuses::compose::{Composed, compose};
use crate::statuses::facts::StatusFacts;
use crate::statuses::idempotency::{Key, Settled};
use crate::statuses::table::{StatusContent, StatusCreated, StatusRow, StatusSort, Statuses};
use crate::statuses::world::World;
use crate::statuses::{idempotency, index, notify, present};
use crate::tags::{TagRow, TagSort, Tags};
use crate::views::StatusView;

/// A status as its author sends it. What is not said is taken from the author's settings.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: Option<bool>,
    pub visibility: Option<Visibility>,
    pub language: Option<String>,
    pub in_reply_to: Option<StatusId>,
    pub idempotency_key: Option<String>,
    pub media: Vec<MediaId>,
    pub poll: Option<NewPoll>,
    /// The scheduled status that it was until now.
    pub scheduled: Option<Id>,
}

pub async fn create(ctx: &Ctx, draft: Draft) -> Result<StatusView> {
    let id = StatusId(ctx.clock().next_id());
    create_once(ctx, draft, id, true).await
}

/// As [`create`], with an id that was drawn before: an import's bears a time of its own.
pub async fn create_at(ctx: &Ctx, draft: Draft, fresh: StatusId) -> Result<StatusView> {
    create_once(ctx, draft, fresh, false).await
}

async fn create_once(
    ctx: &Ctx,
    draft: Draft,
    fresh: StatusId,
    drawn_just_now: bool,
) -> Result<StatusView> {
    let author = ctx.require_user(Scope::WriteStatuses)?;
    let key = draft.idempotency_key.as_deref();
    let _turn = match key {
        None => None,
        Some(key) => Some(ctx.turns().key(author, key).await),
    };
    // From here on nothing is missed of what becomes of it.
    ctx.social.counts.expect_status(fresh);
    let mut batch = ctx.batch();
    let resolved = resolve(ctx, &mut batch, author, &draft, fresh).await;
    let settled = match key {
        None => Settled::Fresh(resolved?),
        Some(key) => {
            let body_hash = hash_of(&draft);
            let key = Key {
                account: author,
                key,
                body_hash,
            };
            idempotency::settle(ctx, key, fresh, resolved).await?
        }
    };
    let id = match settled {
        Settled::Fresh(created) if drawn_just_now || key.is_none() => {
            write(ctx, batch, fresh, created).await?;
            fresh
        }
        // Another try may have been quicker, also with an id that was drawn before.
        Settled::Fresh(_) => publish(ctx, &draft, fresh).await.map(|()| fresh)?,
        Settled::Earlier(id) => publish(ctx, &draft, id).await.map(|()| id)?,
    };
    present::one(ctx, id).await
}

/// Writes a status whose id was decided before, unless an earlier try got through.
pub(crate) async fn publish(ctx: &Ctx, draft: &Draft, id: StatusId) -> Result<()> {
    let author = ctx.require_user(Scope::WriteStatuses)?;
    ctx.social.counts.expect_status(id);
    if was_written(ctx, id).await? {
        return Ok(());
    }
    let mut batch = ctx.batch();
    let created = resolve(ctx, &mut batch, author, draft, id).await?;
    write(ctx, batch, id, created).await
}

/// The same for the same request, whatever version of Petrel hashes it: a key outlives an upgrade.
pub(crate) fn hash_of(draft: &Draft) -> u64 {
    let flag = |flag: Option<bool>| flag.map_or("", |flag| if flag { "true" } else { "false" });
    let parent = draft.in_reply_to.map(|id| id.to_string());
    let fields = [
        draft.text.as_str(),
        &draft.spoiler_text,
        flag(draft.sensitive),
        draft.visibility.map_or("", Visibility::as_str),
        draft.language.as_deref().unwrap_or_default(),
        parent.as_deref().unwrap_or_default(),
    ];
    // What came later is hashed only where it is said.
    let media: Vec<String> = draft.media.iter().map(|id| format!("media {id}")).collect();
    let mut hasher = Sha256::new();
    for field in fields.into_iter().chain(media.iter().map(String::as_str)) {
        hasher.update((field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    if let Some(poll) = &draft.poll {
        hash_poll(&mut hasher, poll);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
}

/// After what every draft has: one without a poll hashes as it did before there were polls.
fn hash_poll(hasher: &mut Sha256, poll: &NewPoll) {
    for option in &poll.options {
        hasher.update((option.len() as u64).to_le_bytes());
        hasher.update(option.as_bytes());
    }
    let flags = [poll.multiple, poll.hide_totals].map(u64::from);
    for number in [flags[0], flags[1], poll.expires_in_s.unwrap_or_default()] {
        hasher.update(number.to_le_bytes());
    }
}

/// Whether an earlier try got through: its creation row, or its deletion, is the answer.
pub(crate) async fn was_written(ctx: &Ctx, id: StatusId) -> Result<bool> {
    let rows = ctx.store().partition::<Statuses>(&id).await?;
    let mut sorts = rows.iter().map(|row| row.sort);
    Ok(sorts.any(|sort| matches!(sort, StatusSort::Created | StatusSort::Deleted)))
}

/// What a draft comes to: all that is wrong with it is said here.
pub(crate) async fn resolve(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    author: AccountId,
    draft: &Draft,
    id: StatusId,
) -> Result<StatusCreated> {
    let rows = batch.partition::<Accounts>(&author).await?;
    let account = AccountFacts::of(author, &rows).ok_or(Error::Unauthenticated)?;
    let shown_by = media::For {
        author,
        status: id,
        scheduled: draft.scheduled,
    };
    let media = media::resolve(batch, shown_by, &draft.media, &[], &[]).await?;
    let now_ms = ctx.clock().now_ms();
    let poll = draft.poll.as_ref();
    let poll = poll.map(|poll| polls::compose(poll, id.0, now_ms));
    // As Mastodon does: a language that is not known is as none.
    let languages = [&draft.language, &account.settings.language].map(Option::as_deref);
    let composed = Composed {
        media,
        poll: poll.transpose()?,
        text: &draft.text,
        spoiler_text: &draft.spoiler_text,
        sensitive: draft.sensitive.unwrap_or(account.settings.sensitive),
        language: Language::first_of(languages.into_iter().flatten()),
    };
    let content: StatusContent = compose(ctx, batch, composed, id.0).await?;
    let (about, thread) = resolve_parent(ctx, batch, draft.in_reply_to, id).await?;
    let owner = Owner::Account(author);
    let mut created = StatusCreated {
        account: author,
        visibility: draft.visibility.unwrap_or(account.settings.privacy),
        about,
        thread,
        content,
        app: ctx.app(),
        account_chapter: chapter_for(batch, List::StatusesByAccount, &owner, id.0).await?,
        replies_chapter: Id::MIN,
    };
    if let About::Reply { status, .. } = about {
        let owner = Owner::Status(status);
        created.replies_chapter = chapter_for(batch, List::RepliesByStatus, &owner, id.0).await?;
    }
    Ok(created)
}

/// What is replied to: through a reblog, the reblogged status. It must be there and visible.
async fn resolve_parent(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    parent: Option<StatusId>,
    id: StatusId,
) -> Result<(About, StatusId)> {
    let Some(parent) = parent else {
        return Ok((About::Nothing, id));
    };
    let world = World::load(ctx, &[parent]).await?;
    batch.note(world.revision());
    let mut facts = world.require(parent, Surface::ById)?;
    if let Some((target, _)) = facts.reblog_of() {
        facts = world.require(target, Surface::ById)?;
    }
    if !world.may_interact(facts.id, Interaction::Reply) {
        return Err(Error::NotFound);
    }
    let about = About::Reply {
        status: facts.id,
        account: facts.account(),
    };
    Ok((about, facts.created.thread))
}

/// The one batch: the status, its list rows, the event, and of the rest what there is room for.
async fn write(
    ctx: &Ctx,
    mut batch: Batch<'_>,
    id: StatusId,
    created: StatusCreated,
) -> Result<()> {
    let mentions = created.content.mentions.iter();
    let mut facts = StatusFacts {
        id,
        mentioned: mentions.map(|mention| mention.account).collect(),
        created,
        created_revision: Stamp::MIN,
        edits: Vec::new(),
        revision: Stamp::MIN,
    };
    for row in index::index_rows(&facts) {
        row.put(&mut batch);
    }
    if let Some(poll) = &facts.content().poll {
        polls::enqueue_end(ctx, &mut batch, id, poll);
    }
    ring_bells(ctx, &mut batch, &facts).await?;
    batch.emit(Event::StatusCreated(facts.event()));
    let attached: Vec<MediaId> = facts.content().media.iter().map(|media| media.id).collect();
    media::put_attached(&mut batch, id, &attached).await?;
    let row = StatusRow::Created(facts.created.clone());
    let size = Size::of_version(id, StatusSort::Created, &row, facts.mentioned.len());
    // Nobody has muted a conversation that begins here.
    let thread = Some(facts.created.thread).filter(|thread| *thread != id);
    let about = (id, thread);
    let (author, reserved) = (facts.account(), size.and(Size::JOB));
    let named = &mut facts.created.content.mentions;
    let all_told = notify::mentions(&mut batch, about, author, named, &[], reserved).await?;
    let row = StatusRow::Created(facts.created.clone());
    batch.put::<Statuses>(&id, &StatusSort::Created, &row);
    let all_known = put_new_tags(&mut batch, facts.content(), Size::JOB).await?;
    let all_part = conversations::put_some(&mut batch, &facts, &[], Size::JOB).await?;
    if !all_told || !all_known || !all_part {
        notify::enqueue_rest(ctx, &mut batch, id);
    }
    let attaching = Attaching::claim(ctx, &mut batch, id, &attached).await?;
    attaching.commit(&mut batch).await
}

/// A hashtag's first use is a row of its own, which search knows it by. False if there was no
/// room for all of them beside `reserved`.
pub(super) async fn put_new_tags(
    batch: &mut Batch<'_>,
    content: &StatusContent,
    reserved: Size,
) -> Result<bool> {
    for tag in &content.tags {
        let known = batch.get::<Tags>(&tag.name, &TagSort::Created).await?;
        if known.is_none() {
            let row = TagRow::Created {
                name: tag.text.clone(),
            };
            let size = Size::of_row::<Tags>(&tag.name, &TagSort::Created, &row);
            if !has_room(batch, reserved.and(size)) {
                return Ok(false);
            }
            batch.put::<Tags>(&tag.name, &TagSort::Created, &row);
        }
    }
    Ok(true)
}

/// Followers who asked to be told of each status are told by a job, if there are any. What an
/// author adds to a thread of their own is news, an answer to somebody else is none.
async fn ring_bells(ctx: &Ctx, batch: &mut Batch<'_>, facts: &StatusFacts) -> Result<()> {
    let parent = facts.in_reply_to();
    let is_own_thread = parent.is_none_or(|(_, account)| account == facts.account());
    if facts.created.visibility == Visibility::Direct || !is_own_thread {
        return Ok(());
    }
    let owner = Owner::Account(facts.account());
    let bells = lists::read_for(batch, List::Bells, &owner, &PageRequest::first(1)).await?;
    if !bells.is_empty() {
        let job = NewJob::of(Queue::Normal, notify::BELLS, &facts.id);
        enqueue(batch, ctx.clock(), job);
    }
    Ok(())
}

//! Who is told of a status: those it names, those who rang the bell, those who reblogged what
//! was edited. What does not fit into the command's own batch goes by a job.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::event::RelationKind;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id, NotificationId, StatusId};
use petrel_model::limits::MENTIONS_NOTIFIED_AT_ONCE_MAX;
use petrel_store::{Batch, Row};

use crate::bounds::{Size, has_room};
use crate::context::{Ctx, Social};
use crate::conversations;
use crate::error::Result;
use crate::lists::{self, List, Owner, chapter_for};
use crate::notifications::table::{NotificationKind, Notifications};
use crate::notifications::write::{Tell, put, tell, untell, wanted};
use crate::page::PageRequest;
use crate::statuses::create::put_new_tags;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{Mention, StatusContent};
use crate::statuses::world::World;

pub const BELLS: &str = "status.bells";
pub const MENTIONS: &str = "status.mentions";
pub const EDITED: &str = "status.edited";
/// Notifications in one batch of a job: each is two rows.
const JOB_STEP: usize = 20;

/// Tells those named who are not `known` already and have not muted the `thread`, and notes the chapter of each notification in
/// the mention. False if there was no room for all of them beside `reserved`: then the job of
/// [`enqueue_rest`] tells the rest.
pub async fn mentions(
    batch: &mut Batch<'_>,
    (status, thread): (StatusId, Option<StatusId>),
    author: AccountId,
    mentions: &mut [Mention],
    known: &[Mention],
    reserved: Size,
) -> Result<bool> {
    let is_known = |account| known.iter().any(|mention| mention.account == account);
    let untold = mentions
        .iter_mut()
        .filter(|mention| mention.notification_chapter.is_none() && !is_known(mention.account));
    let mut untold: Vec<&mut Mention> = untold.collect();
    let are_all = untold.len() <= MENTIONS_NOTIFIED_AT_ONCE_MAX;
    untold.truncate(MENTIONS_NOTIFIED_AT_ONCE_MAX);
    let news: Vec<Tell> = untold
        .iter()
        .map(|mention| Tell {
            to: mention.account,
            from: author,
            id: mention.notification(status),
            kind: NotificationKind::Mention,
            status: Some(status),
            thread,
        })
        .collect();
    let wanted = wanted(batch, &news).await?;
    for ((mention, news), wanted) in untold.into_iter().zip(&news).zip(wanted) {
        if !has_room(batch, reserved.and(Size::NOTIFICATION)) {
            return Ok(false);
        }
        if wanted {
            mention.notification_chapter = Some(put(batch, news).await?);
        }
    }
    Ok(are_all)
}

/// Leaves to a job what the command had no room for: mentions that are not told, hashtags that
/// are not known.
pub fn enqueue_rest(ctx: &Ctx, batch: &mut Batch<'_>, status: StatusId) {
    let job = NewJob::of(Queue::Prompt, MENTIONS, &status);
    enqueue(batch, ctx.clock(), job);
}

/// Tells the mentions that the command had no room for, and makes its hashtags known.
pub struct NotifyMentions(pub Arc<Social>);

#[async_trait]
impl Handler for NotifyMentions {
    fn kind(&self) -> &'static str {
        MENTIONS
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let ctx = Ctx::system(self.0.clone());
        let status: StatusId = job.payload()?;
        let Some(facts) = load(&ctx, status).await? else {
            return Ok(());
        };
        let mentions = facts.content().mentions.iter();
        let rest = mentions.filter(|mention| mention.notification_chapter.is_none());
        let rest: BTreeMap<AccountId, Id> = rest
            .map(|mention| (mention.account, mention.notification(status)))
            .collect();
        let accounts: Vec<AccountId> = rest.keys().copied().collect();
        let told = tell_all(&ctx, &accounts, |to| Tell {
            to,
            from: facts.account(),
            id: rest.get(&to).copied().unwrap_or(status.0),
            kind: NotificationKind::Mention,
            status: Some(status),
            thread: Some(facts.created.thread),
        });
        told.await?;
        conversations::put_all(&ctx, &facts).await?;
        let tags = new_tags(&ctx, facts.content());
        tags.await.map_err(JobError::from)
    }
}

async fn new_tags(ctx: &Ctx, content: &StatusContent) -> Result<()> {
    let mut batch = ctx.batch();
    put_new_tags(&mut batch, content, Size::default()).await?;
    if !batch.is_empty() {
        batch.commit().await?;
    }
    Ok(())
}

/// Tells the followers who asked to be told of each status, but for those whom it names: they are
/// told that it does.
pub struct NotifyBells(pub Arc<Social>);

#[async_trait]
impl Handler for NotifyBells {
    fn kind(&self) -> &'static str {
        BELLS
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let ctx = Ctx::system(self.0.clone());
        let status: StatusId = job.payload()?;
        let Some(facts) = load(&ctx, status).await? else {
            return Ok(());
        };
        let owner = Owner::Account(facts.account());
        each_of(&ctx, List::Bells, &owner, &facts.mentioned, |follower| {
            Tell {
                to: follower,
                from: facts.account(),
                id: status.0,
                kind: NotificationKind::Status,
                status: Some(status),
                thread: Some(facts.created.thread),
            }
        })
        .await
        .map_err(JobError::from)
    }
}

/// What a job about an edit needs to know.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Edited {
    #[n(0)]
    pub status: StatusId,
    #[n(1)]
    pub edit: Id,
    /// Those named no more whom the command had no room to tell so.
    #[n(2)]
    pub gone: Option<Vec<Gone>>,
}

/// Somebody whom an edit names no more.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Gone {
    #[n(0)]
    pub account: AccountId,
    /// The chapter of the notification, if the mention noted one.
    #[n(1)]
    pub chapter: Option<Id>,
    /// As in the mention.
    #[n(2)]
    pub since_edit: Option<Id>,
}

/// Tells those who reblogged a status that it was edited.
pub struct NotifyEdited(pub Arc<Social>);

#[async_trait]
impl Handler for NotifyEdited {
    fn kind(&self) -> &'static str {
        EDITED
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let ctx = Ctx::system(self.0.clone());
        let edited: Edited = job.payload()?;
        let facts = load(&ctx, edited.status).await?;
        let content = facts.as_ref().map(|facts| facts.content());
        let named = content.map_or(&[][..], |content| &content.mentions);
        let is_named = |gone: &&Gone| {
            let same = |mention: &Mention| {
                (mention.account, mention.since_edit) == (gone.account, gone.since_edit)
            };
            named.iter().any(same)
        };
        let gone = edited.gone.unwrap_or_default();
        let gone = gone.iter().filter(|gone| !is_named(gone));
        let untold = untell_all(&ctx, edited.status, gone.collect());
        untold.await?;
        let Some(facts) = facts else {
            return Ok(());
        };
        // Of a later edit there is a job of its own, and only the last one is told.
        let mut earlier = facts.edits.iter().rev().skip(1);
        if earlier.any(|(id, ..)| *id == edited.edit) {
            return Ok(());
        }
        let owner = Owner::Status(edited.status);
        each_of(&ctx, List::ReblogsByStatus, &owner, &[], |reblogger| Tell {
            to: reblogger,
            from: facts.account(),
            id: edited.edit,
            kind: NotificationKind::Update,
            status: Some(edited.status),
            thread: Some(facts.created.thread),
        })
        .await
        .map_err(JobError::from)
    }
}

async fn load(ctx: &Ctx, id: StatusId) -> Result<Option<Arc<StatusFacts>>> {
    let mut world = World::load(ctx, &[id]).await?;
    Ok(world.statuses.remove(&id))
}

/// Tells every account of a list, page by page, but for these.
async fn each_of(
    ctx: &Ctx,
    list: List,
    owner: &Owner,
    but_for: &[AccountId],
    telling: impl Fn(AccountId) -> Tell,
) -> Result<()> {
    let mut page = PageRequest::first(JOB_STEP);
    loop {
        let rows = lists::read(ctx.store(), list, owner, &page).await?;
        let accounts = rows.iter().map(|row| AccountId(row.value.id));
        let accounts: Vec<_> = accounts.filter(|id| !but_for.contains(id)).collect();
        tell_all(ctx, &accounts, &telling).await?;
        match rows.last() {
            Some(last) if rows.len() == JOB_STEP => page.max_id = Some(last.sort),
            _ => return Ok(()),
        }
    }
}

pub(crate) async fn tell_all(
    ctx: &Ctx,
    accounts: &[AccountId],
    telling: impl Fn(AccountId) -> Tell,
) -> Result<()> {
    for step in accounts.chunks(JOB_STEP) {
        let mut batch = ctx.batch();
        for (at, account) in step.iter().enumerate() {
            // Two rows of one account, left behind by two commands at once.
            if step[..at].contains(account) {
                continue;
            }
            let news = telling(*account);
            if may_be_told(ctx, &news).await? {
                tell(&mut batch, &news).await?;
            }
        }
        if !batch.is_empty() {
            batch.commit().await?;
        }
    }
    Ok(())
}

/// Takes the notifications of those back who are named no more.
async fn untell_all(ctx: &Ctx, status: StatusId, gone: Vec<&Gone>) -> Result<()> {
    for step in gone.chunks(JOB_STEP) {
        let mut batch = ctx.batch();
        for gone in step {
            let (account, id) = (&gone.account, gone.since_edit.unwrap_or(status.0));
            let owner = Owner::Account(*account);
            let chapter = match gone.chapter {
                Some(chapter) => chapter,
                None => chapter_for(&mut batch, List::Notifications, &owner, id).await?,
            };
            // What was taken of them they know of at their next request.
            batch.latest(*account);
            let partition = (*account, chapter);
            let sort = NotificationId(id);
            let known = batch.get::<Notifications>(&partition, &sort).await?;
            // The bell rings with the same id.
            let is_mention = |row: &Row<Notifications>| row.value.kind == NotificationKind::Mention;
            if known.as_ref().is_some_and(is_mention) {
                untell(&mut batch, *account, Some(chapter), id);
            }
        }
        if !batch.is_empty() {
            batch.commit().await?;
        }
    }
    Ok(())
}

/// Nobody is told of what they may not see. The bell rings for who follows: not for who only asked
/// to, and not for who is left in its list by a race.
async fn may_be_told(ctx: &Ctx, news: &Tell) -> Result<bool> {
    let Some(status) = news.status else {
        return Ok(true);
    };
    let now_ms = ctx.clock().now_ms();
    let eyes = crate::eyes::Eyes::open(ctx.store(), Some(news.to), now_ms).await?;
    let world = World::load_with(ctx.store(), eyes, &[status]).await?;
    let follow = world.eyes.on(news.from, RelationKind::Follow);
    let may_hear = news.kind != NotificationKind::Status || follow.is_some();
    Ok(may_hear && world.may_see(status, Surface::Notification))
}

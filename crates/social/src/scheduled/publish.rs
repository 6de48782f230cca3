//! Publishing what is due. However often the job runs, on however many nodes, it becomes one
//! status: the first to write the key decides its id, and all others write the same.

use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::scope::Scope;
use petrel_store::{Batch, StoreError};

use super::table::{
    PublishKey, PublishKeys, ScheduledRow, ScheduledSort, ScheduledStatus, ScheduledStatuses,
};
use crate::accounts::facts::AccountFacts;
use crate::contended::{self, Put};
use crate::context::{Caller, Ctx, Social};
use crate::error::{Error, Result};
use crate::media;
use crate::polls::NewPoll;
use crate::statuses::{self, Draft};

const KIND: &str = "status.publish";
/// Tries of a job, an hour apart after the first few: about four weeks, while the key is kept.
/// What is not published by then still stands in its author's list.
const ATTEMPTS_MAX: u32 = 24 * 28;
/// How long it is remembered what was decided, in seconds: longer than any try goes on.
pub(super) const KEY_KEPT_S: u64 = 30 * 24 * 3_600;

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Due {
    #[n(0)]
    account: AccountId,
    #[n(1)]
    id: Id,
    #[n(2)]
    at_ms: u64,
}

pub(super) fn when_due(account: AccountId, id: Id, at_ms: u64) -> NewJob {
    let due = Due { account, id, at_ms };
    NewJob::of(Queue::Prompt, KIND, &due).due_at_ms(at_ms)
}

pub(super) fn put_gone(batch: &mut Batch<'_>, account: AccountId, id: Id) {
    batch.delete::<ScheduledStatuses>(&account, &ScheduledSort::Status(id));
    batch.delete::<ScheduledStatuses>(&account, &ScheduledSort::Due(id));
}

/// Its files are its author's again.
pub(super) fn put_media_let_go(
    social: &Social,
    batch: &mut Batch<'_>,
    id: Id,
    status: &ScheduledStatus,
) {
    for media in &status.media {
        media::put_let_go(social, batch, StatusId(id), *media);
    }
}

pub struct PublishScheduled(pub Arc<Social>);

#[async_trait]
impl Handler for PublishScheduled {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn attempts_max(&self) -> u32 {
        ATTEMPTS_MAX
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let due: Due = job.payload()?;
        publish(&self.0, due).await.map_err(JobError::from)
    }
}

async fn publish(social: &Arc<Social>, Due { account, id, at_ms }: Due) -> Result<()> {
    let sorts = [ScheduledSort::Status(id), ScheduledSort::Due(id)];
    let keys = sorts.map(|sort| (account, sort));
    let mut rows = social.store.get_many::<ScheduledStatuses>(&keys).await?;
    let (due, status) = (rows.pop().flatten(), rows.pop().flatten());
    let ctx = |app| Ctx {
        caller: Caller::User {
            account,
            token: None,
            app,
            scopes: Scope::all().collect(),
        },
        ..Ctx::system(social.clone())
    };
    let is_due = matches!(&due, Some(row) if row.value == ScheduledRow::Due(at_ms));
    let Some(ScheduledRow::Status(scheduled)) = status.map(|row| row.value) else {
        // Published or cancelled, and put off at that moment.
        return if due.is_some() {
            forget(&ctx(None), account, id, None).await
        } else {
            Ok(())
        };
    };
    if !is_due {
        return Ok(());
    }
    let ctx = ctx(scheduled.app);
    // As with a request of theirs: what was taken from them on any node counts.
    ctx.store().attend(Some(account)).await?;
    let (status, is_first) = decide(&ctx, id).await?;
    let Some(status) = status else {
        return forget(&ctx, account, id, Some(&scheduled)).await;
    };
    match become_status(&ctx, account, id, scheduled, status).await {
        Ok(()) => forget(&ctx, account, id, None).await,
        Err(error) if may_go_well(&error) => Err(error),
        // What it replies to is gone, say. It stays in its author's list, who may cancel it or give
        // it another time: nothing that somebody wrote is lost without a word.
        Err(error) => {
            tracing::info!(%error, %account, %id, "a scheduled status cannot be published");
            // What an earlier try wrote may land late: then it stays decided while the key is kept,
            // so that it is never published twice, or in spite of being cancelled.
            if is_first || ctx.store().engine().late_bound_s() == 0 {
                undecide(&ctx, id, status).await?;
            }
            Ok(())
        }
    }
}

/// Whether another try may help.
fn may_go_well(error: &Error) -> bool {
    let Error::Store(error) = error else {
        return false;
    };
    !matches!(
        error,
        StoreError::TooLarge { .. } | StoreError::Refused(_) | StoreError::Corrupt { .. }
    )
}

/// Nothing came of the status, so its author decides once more.
async fn undecide(ctx: &Ctx, id: Id, status: StatusId) -> Result<()> {
    let row = contended::get::<PublishKeys>(ctx.store(), &id).await?;
    if let Some(row) = row.filter(|row| row.value.status == Some(status)) {
        contended::delete_if::<PublishKeys>(ctx.store(), &id, row.revision).await?;
    }
    Ok(())
}

/// The status that it becomes, none if it was cancelled; and whether this is the first try.
async fn decide(ctx: &Ctx, id: Id) -> Result<(Option<StatusId>, bool)> {
    let published = PublishKey {
        status: Some(StatusId(ctx.clock().next_id())),
        nonce: ctx.social.entropy.next_u64(),
    };
    let expires_at_s = Some(ctx.clock().now_s() + KEY_KEPT_S);
    let put =
        contended::put_if::<PublishKeys>(ctx.store(), &id, None, &published, expires_at_s).await?;
    Ok(match put {
        Put::Won => (published.status, true),
        Put::Lost(known) => (known.and_then(|known| known.value.status), false),
    })
}

async fn become_status(
    ctx: &Ctx,
    account: AccountId,
    id: Id,
    scheduled: ScheduledStatus,
    status: StatusId,
) -> Result<()> {
    // By an earlier try: what was taken from its author since does not undo it.
    if statuses::was_written(ctx, status).await? {
        return Ok(());
    }
    let facts = AccountFacts::find(&ctx.social, account).await?;
    let facts = facts.ok_or(Error::NotFound)?;
    if facts.suspended {
        return Err(Error::Forbidden("Your login is currently disabled"));
    }
    let draft = Draft {
        text: scheduled.text,
        spoiler_text: scheduled.spoiler_text,
        sensitive: Some(scheduled.sensitive),
        visibility: Some(scheduled.visibility),
        language: scheduled.language,
        in_reply_to: scheduled.in_reply_to,
        poll: scheduled.poll.map(|poll| NewPoll {
            options: poll.options,
            expires_in_s: Some(poll.expires_in_s),
            multiple: poll.multiple,
            hide_totals: poll.hide_totals,
        }),
        media: scheduled.media,
        scheduled: Some(id),
        ..Draft::default()
    };
    statuses::publish(ctx, &draft, status).await
}

/// What was scheduled is gone, and its files are its author's again if it was cancelled.
async fn forget(
    ctx: &Ctx,
    account: AccountId,
    id: Id,
    cancelled: Option<&ScheduledStatus>,
) -> Result<()> {
    let mut batch = ctx.batch();
    for sort in [ScheduledSort::Status(id), ScheduledSort::Due(id)] {
        batch.get::<ScheduledStatuses>(&account, &sort).await?;
    }
    put_gone(&mut batch, account, id);
    if let Some(status) = cancelled {
        put_media_let_go(&ctx.social, &mut batch, id, status);
    }
    batch.commit().await?;
    Ok(())
}

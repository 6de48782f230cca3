//! Scheduling, putting off, and cancelling.

use petrel_jobs::enqueue;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::limits::{SCHEDULED_A_DAY_MAX, SCHEDULED_AHEAD_MS_MIN, SCHEDULED_MAX};
use petrel_model::scope::Scope;
use petrel_store::Batch;

use super::list::{find, present};
use super::publish::{KEY_KEPT_S, put_gone, put_media_let_go, when_due};
use super::table::{
    PublishKey, PublishKeys, ScheduledPoll, ScheduledRow, ScheduledSort, ScheduledStatus,
    ScheduledStatuses,
};
use crate::contended::{self, Put};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::media::{self, Attaching};
use crate::polls::NewPoll;
use crate::statuses::{self, Draft, Settled};
use crate::views::ScheduledView;

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Schedules what would be a status now, for `at_ms` (Unix milliseconds).
///
/// # Errors
/// `Invalid` for a time that is too near, for too many, and for what is no status.
pub async fn schedule(ctx: &Ctx, draft: Draft, at_ms: u64) -> Result<ScheduledView> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    require_ahead(ctx, at_ms)?;
    let fresh = ctx.clock().next_id();
    let key = draft.idempotency_key.clone();
    let _turn = match &key {
        None => None,
        Some(key) => Some(ctx.turns().key(account, key).await),
    };
    let begun = begin(ctx, account, &draft, at_ms, fresh).await;
    let settled = match &key {
        None => Settled::Fresh(begun?),
        Some(key) => {
            let key = statuses::Key {
                account,
                key,
                // The time counts as part of the request.
                body_hash: statuses::hash_of(&draft) ^ at_ms.rotate_left(1),
            };
            statuses::settle(ctx, key, StatusId(fresh), begun).await?
        }
    };
    let (id, (batch, status)) = match settled {
        Settled::Fresh(begun) => (fresh, begun),
        Settled::Earlier(StatusId(id)) => match earlier(ctx, account, id).await? {
            Some(known) => return Ok(known),
            None => (id, begin(ctx, account, &draft, at_ms, id).await?),
        },
    };
    write(ctx, batch, account, id, status, at_ms).await
}

/// What an earlier try with this id came to, if it got through; it may have been decided since.
async fn earlier(ctx: &Ctx, account: AccountId, id: Id) -> Result<Option<ScheduledView>> {
    if let Some(known) = find(ctx, account, id).await? {
        return Ok(Some(known));
    }
    match contended::get::<PublishKeys>(ctx.store(), &id).await? {
        Some(_) => Err(Error::NotFound),
        None => Ok(None),
    }
}

/// A batch that has read what it is decided on, and what is to be scheduled: all that is wrong
/// with it is said here.
async fn begin<'a>(
    ctx: &'a Ctx,
    account: AccountId,
    draft: &Draft,
    at_ms: u64,
    id: Id,
) -> Result<(Batch<'a>, ScheduledStatus)> {
    let mut batch = ctx.batch();
    let status = plan(ctx, &mut batch, account, draft, id).await?;
    require_room(&mut batch, account, at_ms).await?;
    Ok((batch, status))
}

async fn write(
    ctx: &Ctx,
    mut batch: Batch<'_>,
    account: AccountId,
    id: Id,
    status: ScheduledStatus,
    at_ms: u64,
) -> Result<ScheduledView> {
    let row = ScheduledRow::Status(status.clone());
    batch.put::<ScheduledStatuses>(&account, &ScheduledSort::Status(id), &row);
    put_due(ctx, &mut batch, account, id, at_ms);
    media::put_scheduled(&mut batch, id, &status.media).await?;
    let attaching = Attaching::claim(ctx, &mut batch, StatusId(id), &status.media).await?;
    attaching.commit(&mut batch).await?;
    present(ctx, id, status, at_ms).await
}

/// Another time; jobs of earlier ones find that they are not meant any more.
///
/// # Errors
/// `NotFound` if there is none, or its time has come; `Invalid` for a time that is too near.
pub async fn reschedule(ctx: &Ctx, id: Id, at_ms: u64) -> Result<ScheduledView> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    require_ahead(ctx, at_ms)?;
    let mut batch = ctx.batch();
    let status = read(&mut batch, account, id).await?;
    if contended::get::<PublishKeys>(ctx.store(), &id)
        .await?
        .is_some()
    {
        return Err(Error::NotFound);
    }
    put_due(ctx, &mut batch, account, id, at_ms);
    batch.commit().await?;
    present(ctx, id, status, at_ms).await
}

/// Cancels it, unless it is being published.
///
/// # Errors
/// `NotFound` if there is none, or its time has come.
pub async fn cancel(ctx: &Ctx, id: Id) -> Result<()> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    let mut batch = ctx.batch();
    let status = read(&mut batch, account, id).await?;
    let cancelled = PublishKey {
        status: None,
        nonce: ctx.social.entropy.next_u64(),
    };
    let expires_at_s = Some(ctx.clock().now_s() + KEY_KEPT_S);
    match contended::put_if::<PublishKeys>(ctx.store(), &id, None, &cancelled, expires_at_s).await?
    {
        Put::Won => {}
        // Another try of the same.
        Put::Lost(Some(known)) if known.value.status.is_none() => {}
        Put::Lost(_) => return Err(Error::NotFound),
    }
    put_gone(&mut batch, account, id);
    put_media_let_go(&ctx.social, &mut batch, id, &status);
    batch.commit().await?;
    Ok(())
}

/// Judged as if it were published now, so that its author hears at once what is wrong with it.
async fn plan(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    account: AccountId,
    draft: &Draft,
    id: Id,
) -> Result<ScheduledStatus> {
    let planned = statuses::resolve(ctx, batch, account, draft, StatusId(id)).await?;
    Ok(ScheduledStatus {
        sensitive: planned.content.sensitive,
        visibility: planned.visibility,
        language: planned.content.language,
        media: planned.content.media.iter().map(|media| media.id).collect(),
        text: draft.text.clone(),
        spoiler_text: draft.spoiler_text.clone(),
        in_reply_to: draft.in_reply_to,
        poll: draft.poll.as_ref().map(kept),
        app: ctx.app(),
        idempotency_key: draft.idempotency_key.clone(),
    })
}

fn kept(poll: &NewPoll) -> ScheduledPoll {
    ScheduledPoll {
        options: poll.options.clone(),
        expires_in_s: poll.expires_in_s.unwrap_or_default(),
        multiple: poll.multiple,
        hide_totals: poll.hide_totals,
    }
}

fn require_ahead(ctx: &Ctx, at_ms: u64) -> Result<()> {
    if at_ms <= ctx.clock().now_ms() + SCHEDULED_AHEAD_MS_MIN {
        return Err(Error::invalid(
            "Scheduled at The scheduled date must be in the future",
        ));
    }
    Ok(())
}

async fn require_room(batch: &mut Batch<'_>, account: AccountId, at_ms: u64) -> Result<()> {
    let first = ScheduledSort::Due(Id::MIN);
    let dues = batch
        .scan::<ScheduledStatuses>(&account, |scan| scan.from(&first).limit(SCHEDULED_MAX))
        .await?;
    if dues.len() >= SCHEDULED_MAX {
        return Err(Error::invalid(format!(
            "You have exceeded the limit of {SCHEDULED_MAX} scheduled posts"
        )));
    }
    let same_day = dues.iter().filter(
        |row| matches!(row.value, ScheduledRow::Due(due_ms) if due_ms / DAY_MS == at_ms / DAY_MS),
    );
    if same_day.count() >= SCHEDULED_A_DAY_MAX {
        return Err(Error::invalid(format!(
            "You have exceeded the limit of {SCHEDULED_A_DAY_MAX} scheduled posts for that day"
        )));
    }
    Ok(())
}

async fn read(batch: &mut Batch<'_>, account: AccountId, id: Id) -> Result<ScheduledStatus> {
    let sort = ScheduledSort::Status(id);
    let row = batch.get::<ScheduledStatuses>(&account, &sort).await?;
    match row.map(|row| row.value) {
        Some(ScheduledRow::Status(status)) => Ok(status),
        _ => Err(Error::NotFound),
    }
}

fn put_due(ctx: &Ctx, batch: &mut Batch<'_>, account: AccountId, id: Id, at_ms: u64) {
    let due = ScheduledRow::Due(at_ms);
    batch.put::<ScheduledStatuses>(&account, &ScheduledSort::Due(id), &due);
    enqueue(batch, ctx.clock(), when_due(account, id, at_ms));
}

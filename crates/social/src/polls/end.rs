//! What happens when a poll ends: its author and all who voted are told, once, and the streams
//! hear of the final figures.

use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::event::{Event, PollEvent};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Batch, Row};

use super::table::Poll;
use crate::context::{Ctx, Social};
use crate::error::Result;
use crate::lists::{self, List, Lists, Owner};
use crate::notifications::table::NotificationKind;
use crate::notifications::write::{Tell, put};
use crate::page::PageRequest;
use crate::statuses::facts::StatusFacts;
use crate::statuses::notify::tell_all;
use crate::statuses::world::World;

const KIND: &str = "poll.end";
/// Rows of votes that are read at a time.
const VOTES_STEP: usize = 200;
/// A run of the job that has taken so long, in microseconds, leaves the rest to another job: a run
/// that takes too long has failed, and begins anew.
const RUN_US: u64 = 60_000_000;
/// The lowest bits of an id, below its milliseconds.
const ID_REST_BITS: u32 = 16;

/// An end of a poll that was set, and how far it has been told.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Ending {
    #[n(0)]
    status: StatusId,
    #[n(1)]
    poll: Id,
    #[n(2)]
    expires_at_ms: u64,
    /// The row of the last vote that was told; none at the beginning.
    #[n(3)]
    told_to: Option<Id>,
}

/// Whenever a poll, or another end of it, is set.
pub(crate) fn enqueue_end(ctx: &Ctx, batch: &mut Batch<'_>, status: StatusId, poll: &Poll) {
    let ending = Ending {
        status,
        poll: poll.id,
        expires_at_ms: poll.expires_at_ms,
        told_to: None,
    };
    let job = NewJob::of(Queue::Normal, KIND, &ending).due_at_ms(poll.expires_at_ms);
    enqueue(batch, ctx.clock(), job);
}

/// Tells of the end of a poll, a page of votes at a time.
pub struct EndPoll(pub Arc<Social>);

#[async_trait]
impl Handler for EndPoll {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let ctx = Ctx::system(self.0.clone());
        let ending: Ending = job.payload()?;
        end(&ctx, job, ending).await.map_err(JobError::from)
    }
}

async fn end(ctx: &Ctx, job: &Job, ending: Ending) -> Result<()> {
    let begun_us = ctx.clock().wall().monotonic_us();
    let world = World::load(ctx, &[ending.status]).await?;
    // Deleted, or another end was set since: that one has a job of its own.
    let is_still =
        |poll: &Poll| (poll.id, poll.expires_at_ms) == (ending.poll, ending.expires_at_ms);
    let facts = world.statuses.get(&ending.status);
    let poll = facts.and_then(|facts| facts.content().poll.as_ref());
    let (Some(facts), true) = (facts, poll.is_some_and(is_still)) else {
        return Ok(());
    };
    let telling = |to: AccountId| Tell {
        to,
        from: facts.account(),
        id: notification_id(&ending),
        kind: NotificationKind::Poll,
        status: Some(ending.status),
        thread: Some(facts.created.thread),
    };
    if ending.told_to.is_none() {
        begin(ctx, facts, &telling(facts.account())).await?;
    }
    let owner = Owner::Status(ending.status);
    let mut told_to = ending.told_to;
    loop {
        let page = PageRequest {
            max_id: told_to,
            ..PageRequest::first(VOTES_STEP)
        };
        let rows = lists::read(ctx.store(), List::VotesByStatus, &owner, &page).await?;
        tell_all(ctx, &voters(&rows, ending.poll), telling).await?;
        told_to = rows.last().map(|row| row.sort);
        if rows.len() < VOTES_STEP {
            return Ok(());
        }
        let now_us = ctx.clock().wall().monotonic_us();
        if now_us.saturating_sub(begun_us) >= RUN_US {
            return leave(ctx, job, &Ending { told_to, ..ending }).await;
        }
    }
}

/// In one batch with the end of this job: it may run again although it was done, and each run
/// would leave a rest of its own.
async fn leave(ctx: &Ctx, job: &Job, rest: &Ending) -> Result<()> {
    let mut batch = ctx.batch();
    job.remove(&mut batch);
    enqueue(
        &mut batch,
        ctx.clock(),
        NewJob::of(Queue::Normal, KIND, rest),
    );
    batch.commit().await?;
    Ok(())
}

/// The author, who is told whatever comes of the votes, and the streams.
async fn begin(ctx: &Ctx, facts: &StatusFacts, news: &Tell) -> Result<()> {
    let mut batch = ctx.batch();
    put(&mut batch, news).await?;
    batch.emit(Event::Poll(PollEvent::Ended(facts.event())));
    batch.commit().await?;
    Ok(())
}

fn voters(rows: &[Row<Lists>], poll: Id) -> Vec<AccountId> {
    let of_version = rows.iter().filter(|row| {
        let ballot = row.value.ballot.as_ref();
        ballot.is_some_and(|ballot| ballot.poll == poll)
    });
    of_version.map(|row| AccountId(row.value.id)).collect()
}

/// The same however often it is told, so that telling twice is telling once: of the moment at
/// which the poll ended, and of its status.
fn notification_id(ending: &Ending) -> Id {
    let rest_mask = (1 << ID_REST_BITS) - 1;
    let folded = ending.status.0.0 ^ ending.status.0.0 >> ID_REST_BITS;
    Id(ending.expires_at_ms << ID_REST_BITS | folded & rest_mask)
}

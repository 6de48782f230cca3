//! Deleting a file: a row without content says so, and jobs remove what lies in the depot.

use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::id::{MediaId, StatusId};
use petrel_model::scope::Scope;
use petrel_store::Batch;

use crate::context::{Ctx, Social};
use crate::error::{Error, Result};
use crate::media::claims::{self, Claimed, MediaClaim, Over};
use crate::media::facts::MediaFacts;
use crate::media::picture;
use crate::media::table::{MediaRow, MediaSort, MediaTable, Purpose};
use crate::media::view;

/// Removes a deleted file from the depot; the payload is a [`Removal`].
pub const REMOVE: &str = "media.remove";
const SWEEP: &str = "media.sweep";

/// What nobody attached by then goes, in milliseconds.
const UNATTACHED_MS_MAX: u64 = 24 * 3_600 * 1_000;
/// Whatever was under way when a file was deleted is done by then, in milliseconds.
const UNDER_WAY_MS_MAX: u64 = 15 * 60_000;

/// A file that is to leave the depot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Removal {
    #[n(0)]
    pub media: MediaId,
    /// Nothing that was under way can add anything to it any more.
    #[n(1)]
    pub last: bool,
}

impl Removal {
    /// What a job asks for, also one from when its payload was the file alone. The claims of then
    /// stay.
    ///
    /// # Errors
    /// Permanent if it is neither.
    pub fn of(job: &Job) -> Result<Removal, JobError> {
        job.payload().or_else(|_| {
            Ok(Removal {
                media: job.payload()?,
                last: false,
            })
        })
    }
}

/// All rows of the deletion of a file: it is removed now, and once more when nothing that was
/// under way can add anything to it.
pub(crate) fn put_removal(social: &Social, batch: &mut Batch<'_>, id: MediaId) {
    batch.put::<MediaTable>(&id, &MediaSort::Deleted, &MediaRow::Deleted);
    let removal = |last| Removal { media: id, last };
    let job = NewJob::of(Queue::Prompt, REMOVE, &removal(false));
    enqueue(batch, &social.clock, job);
    let again_ms = social.clock.now_ms() + settled_ms(social);
    let again = NewJob::of(Queue::Background, REMOVE, &removal(true)).due_at_ms(again_ms);
    enqueue(batch, &social.clock, again);
}

fn settled_ms(social: &Social) -> u64 {
    social.store.late_bound_ms() + UNDER_WAY_MS_MAX
}

/// Deletes the caller's own file, which is attached to nothing.
pub async fn delete(ctx: &Ctx, id: MediaId) -> Result<()> {
    let caller = ctx.require_user(Scope::WriteMedia)?;
    let mut batch = ctx.batch();
    let facts = MediaFacts::read(&mut batch, id).await?;
    let facts = view::own_unattached(facts, caller)?;
    let claim = MediaClaim::of_try(ctx, None);
    let over = over_holder(facts.place.let_go_of());
    let claimed = claims::claim(ctx.store(), facts.id, &claim, over).await?;
    if matches!(claimed, Claimed::ByAnother(_)) {
        return Err(Error::Conflict(
            "Media attachment is currently used by a status".to_owned(),
        ));
    }
    put_removal(&ctx.social, &mut batch, id);
    batch.commit().await?;
    Ok(())
}

/// What a look at an unattached file needs to know.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Sweep {
    #[n(0)]
    media: MediaId,
    /// The nonce of a try that had claimed it when it was looked at last, and has had the time to
    /// attach it since. (1 was another shape of this.)
    #[n(2)]
    claimed: Option<u64>,
    /// What let go of it, a day before the look; none if it is the look at an upload. Each concerns
    /// itself with its own day only: what was let go of since has a look of its own ahead.
    #[n(3)]
    of: Option<StatusId>,
}

/// A look at whether somebody attached it, in a day: since it was uploaded, or since that let go of
/// it.
pub(super) fn sweep_later(social: &Social, media: MediaId, of: Option<StatusId>) -> NewJob {
    let due_ms = social.clock.now_ms() + UNATTACHED_MS_MAX;
    let sweep = Sweep {
        media,
        claimed: None,
        of,
    };
    NewJob::of(Queue::Background, SWEEP, &sweep).due_at_ms(due_ms)
}

/// Deletes what nobody attached within a day, and avatars and headers that are not shown.
pub struct SweepUnattached(pub Arc<Social>);

#[async_trait]
impl Handler for SweepUnattached {
    fn kind(&self) -> &'static str {
        SWEEP
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let ctx = Ctx::system(self.0.clone());
        sweep(&ctx, job.payload()?).await.map_err(JobError::from)
    }
}

async fn sweep(ctx: &Ctx, sweep: Sweep) -> Result<()> {
    let Sweep { media, claimed, of } = sweep;
    let mut batch = ctx.batch();
    let Some(facts) = MediaFacts::read(&mut batch, media).await? else {
        return Ok(());
    };
    let is_used = match facts.created.purpose {
        Purpose::Attachment => !facts.place.is_free() || facts.place.let_go_of() != of,
        Purpose::Avatar | Purpose::Header => picture::is_shown(&mut batch, &facts).await?,
        Purpose::Thumbnail => false,
    };
    if is_used {
        return Ok(());
    }
    // A claim is never passed over: whoever has it may be about to attach the file.
    let over = claimed.map_or(over_holder(of), Over::Try);
    let claim = MediaClaim::of_try(ctx, None);
    match claims::claim(ctx.store(), media, &claim, over).await? {
        Claimed::Now | Claimed::Before => put_removal(&ctx.social, &mut batch, media),
        Claimed::ByAnother(nonce) => {
            let due_ms = ctx.clock().now_ms() + settled_ms(&ctx.social);
            let claimed = Some(nonce);
            let again = NewJob::of(Queue::Background, SWEEP, &Sweep { claimed, ..sweep });
            enqueue(&mut batch, ctx.clock(), again.due_at_ms(due_ms));
        }
    }
    batch.commit().await?;
    Ok(())
}

fn over_holder(before: Option<StatusId>) -> Over {
    before.map_or(Over::Nobody, Over::LetGo)
}

//! What the jobs that handle the files themselves ask and tell.

use petrel_model::event::{AccountChange, Event};
use petrel_model::id::{AccountId, MediaId};
use petrel_store::Batch;

use crate::context::Ctx;
use crate::error::Result;
use crate::media::facts::MediaFacts;
use crate::media::table::{MediaKind, MediaRow, MediaSort, MediaTable, Processed, Purpose};
use crate::media::{Removal, claims, picture};

/// Processes a file; the payload is its id.
pub const PROCESS: &str = "media.process";

/// Why a file could not be used, as it is stored, in bytes.
const WHY_BYTES_MAX: usize = 500;

/// What there is to process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub account: AccountId,
    pub purpose: Purpose,
    /// What its first bytes look like.
    pub kind: MediaKind,
    /// The key in the depot of the file as it was sent.
    pub incoming: String,
    pub size_bytes: u64,
}

/// None if it is processed, was found unusable, or is gone.
pub async fn pending(ctx: &Ctx, id: MediaId) -> Result<Option<Pending>> {
    ctx.require_system()?;
    let facts = MediaFacts::find(ctx.store(), id).await?;
    let facts = facts.filter(|facts| facts.processed.is_none() && facts.failed.is_none());
    Ok(facts.map(|facts| Pending {
        account: facts.created.account,
        purpose: facts.created.purpose,
        kind: facts.created.kind,
        incoming: facts.created.incoming.clone(),
        size_bytes: facts.created.size_bytes,
    }))
}

/// Notes what was made of a file. False if it was deleted meanwhile: what lies in the depot is
/// nobody's then.
pub async fn finish(ctx: &Ctx, id: MediaId, done: Processed) -> Result<bool> {
    ctx.require_system()?;
    let mut batch = ctx.batch();
    let Some(facts) = MediaFacts::read(&mut batch, id).await? else {
        return Ok(false);
    };
    if facts.processed.is_some() {
        return Ok(true);
    }
    let row = MediaRow::Processed(done.clone());
    batch.put::<MediaTable>(&id, &MediaSort::Processed, &row);
    // Its owner waits for it, on whatever node.
    batch.latest(facts.created.account);
    match facts.created.purpose {
        Purpose::Attachment | Purpose::Thumbnail => {}
        Purpose::Avatar | Purpose::Header => show(ctx, &mut batch, &facts, &done).await?,
    }
    batch.commit().await?;
    Ok(true)
}

/// An avatar or a header is shown as soon as it is ready.
async fn show(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    facts: &MediaFacts,
    done: &Processed,
) -> Result<()> {
    let account = facts.created.account;
    picture::put(ctx, batch, facts, done).await?;
    batch.emit(Event::AccountChanged {
        account,
        change: AccountChange::Profile,
    });
    Ok(())
}

/// Notes that a file cannot be used, and why, as its owner is told.
pub async fn fail(ctx: &Ctx, id: MediaId, why: &str) -> Result<()> {
    ctx.require_system()?;
    let mut batch = ctx.batch();
    let Some(facts) = MediaFacts::read(&mut batch, id).await? else {
        return Ok(());
    };
    if facts.processed.is_some() || facts.failed.is_some() {
        return Ok(());
    }
    let row = MediaRow::Failed(shortened(why).to_owned());
    batch.put::<MediaTable>(&id, &MediaSort::Failed, &row);
    batch.latest(facts.created.account);
    batch.commit().await?;
    Ok(())
}

/// As much of a reason as is stored.
pub(super) fn shortened(why: &str) -> &str {
    let mut end = why.len().min(WHY_BYTES_MAX);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    &why[..end]
}

/// The keys in the depot of what is left of a deleted file; none if it was not deleted.
pub async fn removed(ctx: &Ctx, id: MediaId) -> Result<Vec<String>> {
    ctx.require_system()?;
    let rows = ctx.store().partition::<MediaTable>(&id).await?;
    let is_deleted = rows.iter().any(|row| row.sort == MediaSort::Deleted);
    let mut keys = Vec::new();
    for row in rows.iter().filter(|_| is_deleted) {
        if let MediaRow::Created(created) = &row.value {
            keys.push(created.incoming.clone());
        }
        let variants = row.value.variants();
        keys.extend(variants.map(|variant| variant.key.clone()));
    }
    Ok(keys)
}

/// Lets go of what is known of a deleted file, once the depot has nothing of it any more. That it
/// was deleted stays known; and the claim on it stays until nobody who knew it can be attaching it
/// any more.
pub async fn forget(ctx: &Ctx, removal: &Removal) -> Result<()> {
    let id = removal.media;
    ctx.require_system()?;
    let mut batch = ctx.batch();
    let rows = batch.partition::<MediaTable>(&id).await?;
    if !rows.iter().any(|row| row.sort == MediaSort::Deleted) {
        return Ok(());
    }
    if removal.last {
        claims::release(ctx.store(), id).await?;
    }
    let rest = rows.iter().filter(|row| row.sort != MediaSort::Deleted);
    for row in rest {
        batch.delete::<MediaTable>(&id, &row.sort);
    }
    if !batch.is_empty() {
        batch.commit().await?;
    }
    Ok(())
}

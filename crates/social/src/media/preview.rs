//! A preview of their own that owners give to a file: it takes the place of the one that is made.

use std::sync::Arc;

use minicbor::{Decode, Encode};
use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::id::MediaId;
use petrel_store::Batch;

use crate::context::{Ctx, Social};
use crate::error::Result;
use crate::media::facts::MediaFacts;
use crate::media::table::{MediaRow, MediaSort, MediaTable, OwnPreview, PreviewMade};
use crate::media::work::shortened;

/// Makes a preview of a file that was given; the payload is a [`GivenPreview`].
pub const PREVIEW: &str = "media.preview";

/// A file in the depot that is to be the preview of another.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct GivenPreview {
    /// What it is a preview of.
    #[n(0)]
    pub media: MediaId,
    #[n(1)]
    pub upload: MediaId,
    /// Its key in the depot.
    #[n(2)]
    pub incoming: String,
}

/// What became of a preview when it was to be kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PreviewKept {
    pub is_wanted: bool,
    /// The key in the depot of the one that it replaces.
    pub replaced: Option<String>,
}

pub(super) fn put_given(social: &Social, batch: &mut Batch<'_>, given: &GivenPreview) {
    let row = MediaRow::Thumbnail(given.upload);
    batch.put::<MediaTable>(&given.media, &MediaSort::Thumbnail, &row);
    enqueue(
        batch,
        &social.clock,
        NewJob::of(Queue::Prompt, PREVIEW, given),
    );
}

/// What is to be done about a preview that was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaited {
    Make,
    /// It was taken back, replaced, or made before; what is not wanted any more is forgotten.
    Nothing,
    /// The job is seen, and the row that it was written with is not.
    NotYet,
}

/// Whether it is still to be made.
pub async fn awaits_preview(ctx: &Ctx, given: &GivenPreview) -> Result<Awaited> {
    ctx.require_system()?;
    // It may have been given on another node a moment ago.
    ctx.store().catch_up().await?;
    if wanted(&mut ctx.batch(), given).await?.is_some() {
        return Ok(Awaited::Make);
    }
    let facts = MediaFacts::read(&mut ctx.batch(), given.media).await?;
    let is_unheard_of = facts.is_some_and(|facts| {
        let made = facts.preview.as_ref().map(|preview| preview.upload);
        facts.place.is_free() && facts.thumbnail.max(made) < Some(given.upload)
    });
    Ok(if is_unheard_of {
        Awaited::NotYet
    } else {
        Awaited::Nothing
    })
}

/// Notes what was made of it; what is not wanted any more is nobody's. Twice is once.
pub async fn finish_preview(
    ctx: &Ctx,
    given: &GivenPreview,
    made: PreviewMade,
    blurhash: Option<String>,
) -> Result<PreviewKept> {
    ctx.require_system()?;
    let mut batch = ctx.batch();
    let Some(facts) = wanted(&mut batch, given).await? else {
        // Another run may have kept it: they give the file the same name.
        let facts = MediaFacts::read(&mut ctx.batch(), given.media).await?;
        let kept = facts.and_then(|facts| facts.preview.clone());
        return Ok(PreviewKept {
            is_wanted: kept
                .is_some_and(|kept| kept.upload == given.upload && kept.shown().is_some()),
            replaced: None,
        });
    };
    let made = match made {
        PreviewMade::Failed(why) => PreviewMade::Failed(shortened(&why).to_owned()),
        shown => shown,
    };
    let upload = given.upload;
    let row = MediaRow::Preview(OwnPreview {
        upload,
        made,
        blurhash,
    });
    batch.put::<MediaTable>(&given.media, &MediaSort::Preview, &row);
    // Its owner waits for it, on whatever node.
    batch.latest(facts.created.account);
    batch.commit().await?;
    let replaced = facts.own_preview().map(|(variant, _)| variant.key.clone());
    Ok(PreviewKept {
        is_wanted: true,
        replaced,
    })
}

/// The file, if the preview is wanted for it. What a status shows is its own from then on, and does
/// not change any more: where it was attached before the preview was made, nobody waits for that.
async fn wanted(batch: &mut Batch<'_>, given: &GivenPreview) -> Result<Option<Arc<MediaFacts>>> {
    let facts = MediaFacts::read(batch, given.media).await?;
    let is_last =
        |facts: &Arc<MediaFacts>| facts.thumbnail == Some(given.upload) && facts.awaits_preview();
    let Some(facts) = facts.filter(is_last) else {
        return Ok(None);
    };
    if facts.place.is_free() {
        return Ok(Some(facts));
    }
    match &facts.preview {
        Some(before) => {
            let row = MediaRow::Thumbnail(before.upload);
            batch.put::<MediaTable>(&facts.id, &MediaSort::Thumbnail, &row);
        }
        None => batch.delete::<MediaTable>(&facts.id, &MediaSort::Thumbnail),
    }
    batch.latest(facts.created.account);
    batch.commit().await?;
    Ok(None)
}

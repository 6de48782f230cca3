//! Files as they are shown.

use std::sync::Arc;
use std::time::Duration;

use petrel_model::id::{AccountId, MediaId};
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::media::facts::MediaFacts;
use crate::media::links::MediaLinks;
use crate::media::table::{Focus, MediaKind, Purpose};
use crate::statuses::table::{Shape, StatusMedia};

/// How often it is looked whether a file is processed while somebody waits for it.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaState {
    Processing,
    Ready,
    /// Says why.
    Failed(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct MediaView {
    pub id: MediaId,
    pub state: MediaState,
    pub kind: MediaKind,
    /// None until it is ready.
    pub url: Option<String>,
    pub preview_url: Option<String>,
    pub original: Option<Shape>,
    pub preview: Option<Shape>,
    pub blurhash: Option<String>,
    pub duration_ms: Option<u64>,
    pub frame_rate: Option<String>,
    pub bitrate: Option<u64>,
    pub description: Option<String>,
    pub focus: Option<Focus>,
}

impl MediaView {
    pub(super) fn of_status(media: &StatusMedia, links: &MediaLinks, is_open: bool) -> MediaView {
        let address = |shape: &Shape| links.address(media.id, &shape.file, is_open);
        MediaView {
            id: media.id,
            state: MediaState::Ready,
            kind: media.kind,
            url: Some(address(&media.original)),
            preview_url: media.preview.as_ref().map(address),
            original: Some(media.original.clone()),
            preview: media.preview.clone(),
            blurhash: media.blurhash.clone(),
            duration_ms: media.duration_ms,
            frame_rate: media.frame_rate.clone(),
            bitrate: media.bitrate,
            description: media.description.clone(),
            focus: media.focus,
        }
    }
}

/// The caller's own file that is attached to nothing yet.
pub async fn get(ctx: &Ctx, id: MediaId) -> Result<MediaView> {
    let caller = ctx.require_user(Scope::WriteMedia)?;
    let facts = MediaFacts::find(ctx.store(), id).await?;
    let facts = own_unattached(facts, caller)?;
    present(ctx, Some(&facts)).await
}

/// What became of the caller's own file, if that is known within the time.
pub async fn await_state(ctx: &Ctx, id: MediaId, wait_max: Duration) -> Result<MediaState> {
    let caller = ctx.viewer().ok_or(Error::Unauthenticated)?;
    let looks = async {
        loop {
            let facts = MediaFacts::find(ctx.store(), id).await?;
            let facts = facts.filter(|facts| facts.created.account == caller);
            match state(&*facts.ok_or(Error::NotFound)?) {
                MediaState::Processing => tokio::time::sleep(LOOK_EVERY).await,
                known => return Ok(known),
            }
        }
    };
    let known = tokio::time::timeout(wait_max, looks).await;
    known.unwrap_or(Ok(MediaState::Processing))
}

pub(super) fn own_unattached(
    facts: Option<Arc<MediaFacts>>,
    caller: AccountId,
) -> Result<Arc<MediaFacts>> {
    let is_own = |facts: &Arc<MediaFacts>| {
        facts.created.account == caller
            && facts.created.purpose == Purpose::Attachment
            && facts.place.is_free()
    };
    facts.filter(is_own).ok_or(Error::NotFound)
}

fn state(facts: &MediaFacts) -> MediaState {
    match (&facts.processed, &facts.failed) {
        (Some(_), _) => MediaState::Ready,
        (None, Some(why)) => MediaState::Failed(why.clone()),
        (None, None) => MediaState::Processing,
    }
}

/// A file as its owner sees it.
pub(super) async fn present(ctx: &Ctx, facts: Option<&MediaFacts>) -> Result<MediaView> {
    let facts = facts.ok_or(Error::NotFound)?;
    if let Some(media) = facts.for_status() {
        let links = MediaLinks::of(ctx).await?;
        return Ok(MediaView::of_status(&media, &links, false));
    }
    Ok(MediaView {
        id: facts.id,
        state: state(facts),
        kind: facts.created.kind,
        url: None,
        preview_url: None,
        original: None,
        preview: None,
        blurhash: None,
        duration_ms: None,
        frame_rate: None,
        bitrate: None,
        description: facts.description.clone(),
        focus: facts.focus,
    })
}

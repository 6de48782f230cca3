//! Files as they are shown.

use std::sync::Arc;
use std::time::Duration;

use petrel_model::id::{AccountId, MediaId};
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::media::facts::MediaFacts;
use crate::media::links::MediaLinks;
use crate::media::table::{Focus, MediaKind, PreviewMade, Purpose};
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
    await_known(ctx, id, wait_max, state).await
}

/// What became of the preview that the caller gave to their own file, as [`await_state`].
pub async fn await_preview(ctx: &Ctx, id: MediaId, wait_max: Duration) -> Result<MediaState> {
    await_known(ctx, id, wait_max, preview_state).await
}

async fn await_known(
    ctx: &Ctx,
    id: MediaId,
    wait_max: Duration,
    state: fn(&MediaFacts) -> MediaState,
) -> Result<MediaState> {
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

/// Files that the caller owns and is about to show, in order.
pub(crate) async fn of_owner(ctx: &Ctx, ids: &[MediaId]) -> Result<Vec<MediaView>> {
    let mut views = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(facts) = MediaFacts::find(ctx.store(), *id).await? {
            views.push(present(ctx, Some(&facts)).await?);
        }
    }
    Ok(views)
}

fn state(facts: &MediaFacts) -> MediaState {
    match (&facts.processed, &facts.failed) {
        (Some(_), _) if facts.awaits_preview() => MediaState::Processing,
        (Some(_), _) => MediaState::Ready,
        (None, Some(why)) => MediaState::Failed(why.clone()),
        (None, None) => MediaState::Processing,
    }
}

fn preview_state(facts: &MediaFacts) -> MediaState {
    let made = facts.preview.as_ref().map(|preview| &preview.made);
    match made {
        _ if facts.awaits_preview() => MediaState::Processing,
        Some(PreviewMade::Failed(why)) => MediaState::Failed(why.clone()),
        _ => MediaState::Ready,
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

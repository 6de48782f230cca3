//! Attaching files to a status: the author's own, processed, and to one status only.

use petrel_model::id::{AccountId, MediaId, StatusId};
use petrel_model::limits::STATUS_MEDIA_MAX;
use petrel_store::Batch;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::media::claims::{self, Claimed};
use crate::media::facts::MediaFacts;
use crate::media::table::{Focus, MediaKind, MediaRow, MediaSort, MediaTable, Purpose};
use crate::media::update::description;
use crate::statuses::table::StatusMedia;

/// Said in Mastodon's words also where a poll leaves no room for any.
pub(crate) const TOO_MANY: Error = Error::Refused("Cannot attach more than 4 files");
const NOT_READY: Error =
    Error::Refused("Cannot attach files that have not finished processing. Try again in a moment!");
const MIXED: Error =
    Error::Refused("Cannot attach a video to a status that already contains images");
const NOT_FOUND: Error = Error::Refused("Media not found or already attached to another post");

/// What an edit says of one attachment; what is `None` stays.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaAttributes {
    pub id: MediaId,
    pub description: Option<String>,
    pub focus: Option<Focus>,
}

/// What a status is to show: the files named, of which those in `before` are shown already.
pub(crate) async fn resolve(
    batch: &mut Batch<'_>,
    (author, status): (AccountId, StatusId),
    ids: &[MediaId],
    attributes: &[MediaAttributes],
    before: &[StatusMedia],
) -> Result<Vec<StatusMedia>> {
    if ids.len() > STATUS_MEDIA_MAX {
        return Err(TOO_MANY);
    }
    let mut found: Vec<StatusMedia> = Vec::with_capacity(ids.len());
    for id in ids {
        if found.iter().any(|media| media.id == *id) {
            continue;
        }
        let mut media = match before.iter().find(|media| media.id == *id) {
            Some(known) => known.clone(),
            None => fresh(batch, author, status, *id).await?,
        };
        for attributes in attributes.iter().filter(|attributes| attributes.id == *id) {
            if let Some(text) = &attributes.description {
                media.description = Some(description(text)?).filter(|text| !text.is_empty());
            }
            media.focus = attributes.focus.or(media.focus);
        }
        found.push(media);
    }
    let plays = |media: &StatusMedia| matches!(media.kind, MediaKind::Video | MediaKind::Audio);
    if found.len() > 1 && found.iter().any(plays) {
        return Err(MIXED);
    }
    Ok(found)
}

async fn fresh(
    batch: &mut Batch<'_>,
    author: AccountId,
    status: StatusId,
    id: MediaId,
) -> Result<StatusMedia> {
    let facts = MediaFacts::read(batch, id).await?.ok_or(NOT_FOUND)?;
    let is_own = facts.created.account == author && facts.created.purpose == Purpose::Attachment;
    // An edit may bring back what an earlier one took away.
    let is_free = facts.attached.is_none_or(|attached| attached == status);
    if !is_own || !is_free {
        return Err(NOT_FOUND);
    }
    facts.for_status().ok_or(NOT_READY)
}

/// Files that a command has claimed for its status, until its batch is known to have come to
/// something.
pub(crate) struct Attaching<'a> {
    ctx: &'a Ctx,
    claimed: Vec<MediaId>,
}

impl<'a> Attaching<'a> {
    /// Claims the files. The last thing before the commit.
    pub async fn claim(ctx: &'a Ctx, status: StatusId, media: &[MediaId]) -> Result<Attaching<'a>> {
        let mut attaching = Attaching {
            ctx,
            claimed: Vec::new(),
        };
        for id in media {
            match claims::claim(ctx.store(), *id, Some(status)).await {
                Ok(Claimed::Now) => attaching.claimed.push(*id),
                Ok(Claimed::Before) => {}
                Ok(Claimed::ByAnother) => {
                    attaching.give_up().await;
                    return Err(NOT_FOUND);
                }
                Err(error) => {
                    attaching.give_up().await;
                    return Err(error);
                }
            }
        }
        Ok(attaching)
    }

    /// Commits what attaches them; if that fails for certain, others may have them.
    pub async fn commit(self, batch: &mut Batch<'_>) -> Result<()> {
        match batch.commit().await {
            Ok(_) => Ok(()),
            Err(error) => {
                if !error.is_in_doubt() {
                    self.give_up().await;
                }
                Err(error.into())
            }
        }
    }

    async fn give_up(&self) {
        for id in &self.claimed {
            if let Err(error) = claims::release(self.ctx.store(), *id).await {
                // What nobody attaches is swept away in a day all the same.
                tracing::warn!(%error, media = %id, "a claim on a file was not given up");
            }
        }
    }
}

/// Says in the files' own rows which status they are attached to.
pub(crate) fn put_attached(batch: &mut Batch<'_>, status: StatusId, media: &[MediaId]) {
    for id in media {
        let row = MediaRow::Attached(status);
        batch.put::<MediaTable>(id, &MediaSort::Attached, &row);
    }
}

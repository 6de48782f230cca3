//! Attaching files to a status: the author's own, processed, and to one status only.

use std::mem;
use std::sync::Arc;

use petrel_jobs::enqueue;
use petrel_model::id::{AccountId, Id, MediaId, StatusId};
use petrel_model::limits::STATUS_MEDIA_MAX;
use petrel_store::Batch;

use crate::context::{Ctx, Social};
use crate::error::{Error, Result};
use crate::media::claims::{self, Claimed, MediaClaim, Over};
use crate::media::facts::{MediaFacts, Place};
use crate::media::remove;
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

/// What files are attached to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct For {
    pub author: AccountId,
    pub status: StatusId,
    /// The scheduled status that it was until now.
    pub scheduled: Option<Id>,
}

impl For {
    /// Whether what is there may be attached to it.
    fn may_have(self, place: Place) -> bool {
        match place {
            Place::Nowhere | Place::LetGo(_) => true,
            // An edit may bring back what an earlier one took away.
            Place::Status(status) => status == self.status,
            Place::Scheduled(id) => id == self.status.0 || Some(id) == self.scheduled,
        }
    }
}

/// What a status is to show: the files named, of which those in `before` are shown already.
pub(crate) async fn resolve(
    batch: &mut Batch<'_>,
    shown_by: For,
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
            None => fresh(batch, shown_by, *id).await?,
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

async fn fresh(batch: &mut Batch<'_>, shown_by: For, id: MediaId) -> Result<StatusMedia> {
    match usable(shown_by, MediaFacts::read(batch, id).await?) {
        Err(_) if batch.store().peers().is_some() => {
            usable(shown_by, MediaFacts::read_anew(batch, id).await?)
        }
        known => known,
    }
}

fn usable(shown_by: For, facts: Option<Arc<MediaFacts>>) -> Result<StatusMedia> {
    let facts = facts.ok_or(NOT_FOUND)?;
    let created = &facts.created;
    let is_own = created.account == shown_by.author && created.purpose == Purpose::Attachment;
    if !is_own || !shown_by.may_have(facts.place) {
        return Err(NOT_FOUND);
    }
    facts.for_status().ok_or(NOT_READY)
}

/// Files that a command has claimed for its status, until its batch is known to have come to
/// something. If it is dropped before the batch is sent, it gives them up.
pub(crate) struct Attaching {
    social: Arc<Social>,
    claim: MediaClaim,
    /// Also what is just being claimed, whatever comes of that.
    claimed: Vec<MediaId>,
}

impl Attaching {
    /// Claims the files. The last thing before the commit.
    pub async fn claim(
        ctx: &Ctx,
        batch: &mut Batch<'_>,
        status: StatusId,
        media: &[MediaId],
    ) -> Result<Attaching> {
        let mut attaching = Attaching {
            social: ctx.social.clone(),
            claim: MediaClaim::of_try(ctx, Some(status)),
            claimed: Vec::new(),
        };
        for id in media {
            match attaching.claim_one(batch, *id).await {
                Ok(Claimed::Now | Claimed::Before) => {}
                Ok(Claimed::ByAnother(_)) => {
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
    pub async fn commit(mut self, batch: &mut Batch<'_>) -> Result<()> {
        // From here on it is not known what comes of it, also if nobody waits for the answer.
        let claimed = mem::take(&mut self.claimed);
        match batch.commit().await {
            Ok(_) => Ok(()),
            Err(error) => {
                if !error.is_in_doubt() {
                    self.claimed = claimed;
                    self.give_up().await;
                }
                Err(error.into())
            }
        }
    }

    async fn claim_one(&mut self, batch: &mut Batch<'_>, id: MediaId) -> Result<Claimed> {
        let facts = MediaFacts::read(batch, id).await?.ok_or(NOT_FOUND)?;
        match self.claim_over(id, facts.place).await? {
            Claimed::ByAnother(_) if batch.store().peers().is_some() => {
                let facts = MediaFacts::read_anew(batch, id).await?.ok_or(NOT_FOUND)?;
                self.claim_over(id, facts.place).await
            }
            claimed => Ok(claimed),
        }
    }

    async fn claim_over(&mut self, id: MediaId, place: Place) -> Result<Claimed> {
        let over = match place {
            Place::LetGo(before) => Over::LetGo(before),
            // What was scheduled claimed it by its own id, and is becoming this status.
            Place::Scheduled(id) => Over::LetGo(StatusId(id)),
            Place::Nowhere | Place::Status(_) => Over::Nobody,
        };
        let claimed = &mut self.claimed;
        let note = |made: &Claimed| {
            // Not ours to give up: the earlier try may yet come to something.
            claimed.retain(|known| *known != id);
            if *made == Claimed::Now {
                claimed.push(id);
            }
        };
        claims::claim_telling(&self.social.store, id, &self.claim, over, note).await
    }

    async fn give_up(&mut self) {
        give_up(&self.social, &self.claimed, &self.claim).await;
        self.claimed.clear();
    }
}

impl Drop for Attaching {
    fn drop(&mut self) {
        if self.claimed.is_empty() {
            return;
        }
        let (social, claim) = (self.social.clone(), self.claim.clone());
        let claimed = mem::take(&mut self.claimed);
        petrel_jobs::see_off(async move { give_up(&social, &claimed, &claim).await });
    }
}

async fn give_up(social: &Social, claimed: &[MediaId], claim: &MediaClaim) {
    for id in claimed {
        if let Err(error) = claims::give_up(&social.store, *id, claim).await {
            // What nobody attaches is swept away in a day all the same.
            tracing::warn!(%error, media = %id, "a claim on a file was not given up");
        }
    }
}

/// Says in the files' own rows which status they are attached to.
pub(crate) async fn put_attached(
    batch: &mut Batch<'_>,
    status: StatusId,
    media: &[MediaId],
) -> Result<()> {
    put_held(batch, &MediaRow::Attached(status), media).await
}

/// Says in the files' own rows that a scheduled status holds them.
pub(crate) async fn put_scheduled(batch: &mut Batch<'_>, id: Id, media: &[MediaId]) -> Result<()> {
    put_held(batch, &MediaRow::Scheduled(id), media).await
}

async fn put_held(batch: &mut Batch<'_>, row: &MediaRow, media: &[MediaId]) -> Result<()> {
    for id in media {
        // What let go of it is of no interest any more.
        let rows = batch.partition::<MediaTable>(id).await?;
        let let_go = rows.iter().map(|row| &row.sort);
        for sort in let_go.filter(|sort| matches!(sort, MediaSort::LetGo(_))) {
            batch.delete::<MediaTable>(id, sort);
        }
        batch.put::<MediaTable>(id, &MediaSort::Attached, row);
    }
    Ok(())
}

/// Says in the file's own rows that its status does not hold it any more: its owner may attach it
/// again, and it goes when nobody did, as what was never attached.
pub(crate) fn put_let_go(social: &Social, batch: &mut Batch<'_>, holder: StatusId, id: MediaId) {
    let row = MediaRow::LetGo(holder);
    batch.put::<MediaTable>(&id, &MediaSort::LetGo(holder), &row);
    let sweep = remove::sweep_later(social, id, Some(holder));
    enqueue(batch, &social.clock, sweep);
}

/// What edits of its status said of a file is said of it from then on.
pub(crate) fn put_said(batch: &mut Batch<'_>, media: &StatusMedia) {
    let row = MediaRow::Description(media.description.clone().unwrap_or_default());
    batch.put::<MediaTable>(&media.id, &MediaSort::Description, &row);
    if let Some(focus) = media.focus {
        batch.put::<MediaTable>(&media.id, &MediaSort::Focus, &MediaRow::Focus(focus));
    }
}

#[cfg(test)]
mod tests {
    use petrel_store::sim;

    use super::*;
    use crate::counts::Counts;
    use crate::media::MediaClaims;
    use crate::media::table::MediaCreated;
    use crate::testing;

    #[tokio::test]
    async fn a_try_that_is_dropped_gives_up_what_it_claimed() {
        let (store, _) = sim::store(1);
        let social = testing::social(store, Arc::new(Counts::default()), 7, testing::settings());
        let ctx = Ctx::system(social.clone());
        let media = MediaId(social.clock.next_id());
        let mut batch = ctx.batch();
        let created = MediaRow::Created(MediaCreated {
            account: AccountId(social.clock.next_id()),
            purpose: Purpose::Attachment,
            incoming: String::new(),
            size_bytes: 1,
            kind: MediaKind::Image,
        });
        batch.put::<MediaTable>(&media, &MediaSort::Created, &created);
        batch.commit().await.unwrap();
        let status = StatusId(social.clock.next_id());
        let mut batch = ctx.batch();
        let first = Attaching::claim(&ctx, &mut batch, status, &[media]).await;
        let claim = async || social.store.get::<MediaClaims>(&media, &()).await.unwrap();
        assert!(claim().await.is_some());
        drop(first.unwrap());
        while claim().await.is_some() {
            tokio::task::yield_now().await;
        }
        // A second try of the same status leaves the first one its claim.
        let first = Attaching::claim(&ctx, &mut batch, status, &[media]).await;
        let second = Attaching::claim(&ctx, &mut batch, status, &[media]).await;
        assert!(second.unwrap().claimed.is_empty());
        assert_eq!(first.unwrap().claimed, [media]);
    }
}

//! A file as its rows say it.

use std::sync::Arc;

use petrel_model::clock::Stamp;
use petrel_model::id::{Id, MediaId, StatusId};
use petrel_store::{Batch, Partition, Row, Store};

use crate::error::Result;
use crate::media::table::{
    Focus, MediaCreated, MediaRow, MediaTable, OwnPreview, Processed, Variant,
};
use crate::statuses::table::{Shape, StatusMedia};

/// What holds a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Place {
    #[default]
    Nowhere,
    Status(StatusId),
    Scheduled(Id),
    /// Nothing any more; this did.
    LetGo(StatusId),
}

impl Place {
    /// Whether it is attached to nothing, now or later.
    pub fn is_free(self) -> bool {
        matches!(self, Place::Nowhere | Place::LetGo(_))
    }

    /// What held it last, if nothing does now.
    pub(super) fn let_go_of(self) -> Option<StatusId> {
        match self {
            Place::LetGo(before) => Some(before),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct MediaFacts {
    pub id: MediaId,
    pub created: MediaCreated,
    pub deleted: bool,
    pub processed: Option<Processed>,
    pub failed: Option<String>,
    pub description: Option<String>,
    pub focus: Option<Focus>,
    pub place: Place,
    /// The file that its owner gave as a preview, and what was made of the last one.
    pub thumbnail: Option<MediaId>,
    pub preview: Option<OwnPreview>,
    /// The newest revision among its rows.
    pub revision: Stamp,
}

impl MediaFacts {
    /// As [`MediaFacts::assemble`], made once for as long as the rows stay in the cache.
    pub fn of(id: MediaId, rows: &Partition<MediaTable>) -> Option<Arc<MediaFacts>> {
        let made = rows.derive(|rows| MediaFacts::assemble(id, rows).map(Arc::new));
        Option::clone(&made)
    }

    /// None if it was never created, or nothing is left of it.
    pub fn assemble(id: MediaId, rows: &[Row<MediaTable>]) -> Option<MediaFacts> {
        let created = rows.iter().find_map(|row| match &row.value {
            MediaRow::Created(created) => Some(created.clone()),
            _ => None,
        })?;
        let mut facts = MediaFacts {
            id,
            created,
            deleted: false,
            processed: None,
            failed: None,
            description: None,
            focus: None,
            place: Place::Nowhere,
            thumbnail: None,
            preview: None,
            revision: Stamp::MIN,
        };
        let (mut held, mut let_go) = (None, Vec::new());
        for row in rows {
            facts.revision = facts.revision.max(row.revision);
            match &row.value {
                MediaRow::Created(_) => {}
                MediaRow::Deleted => facts.deleted = true,
                MediaRow::Processed(processed) => facts.processed = Some(processed.clone()),
                MediaRow::Failed(why) => facts.failed = Some(why.clone()),
                MediaRow::Description(text) => {
                    facts.description = Some(text.clone()).filter(|text| !text.is_empty());
                }
                MediaRow::Focus(focus) => facts.focus = Some(*focus),
                MediaRow::Attached(status) => held = Some((row.revision, Place::Status(*status))),
                MediaRow::Scheduled(id) => held = Some((row.revision, Place::Scheduled(*id))),
                MediaRow::LetGo(status) => let_go.push((row.revision, *status)),
                MediaRow::Thumbnail(media) => facts.thumbnail = Some(*media),
                MediaRow::Preview(made) => facts.preview = Some(made.clone()),
            }
        }
        facts.place = place(held, &let_go);
        Some(facts)
    }

    /// As a command reads it; none unless it exists.
    pub async fn read(batch: &mut Batch<'_>, id: MediaId) -> Result<Option<Arc<MediaFacts>>> {
        let rows = batch.partition::<MediaTable>(&id).await?;
        Ok(MediaFacts::of(id, &rows).filter(|facts| !facts.deleted))
    }

    /// As [`MediaFacts::read`], past what this node keeps, which may not know yet what somebody saw
    /// on another node: of a batch that is in doubt, one row may be there before its event is.
    pub async fn read_anew(batch: &mut Batch<'_>, id: MediaId) -> Result<Option<Arc<MediaFacts>>> {
        let rows = batch.scan::<MediaTable>(&id, |scan| scan).await?;
        let facts = MediaFacts::assemble(id, &rows).map(Arc::new);
        Ok(facts.filter(|facts| !facts.deleted))
    }

    /// As a query reads it; none unless it exists.
    pub async fn find(store: &Store, id: MediaId) -> Result<Option<Arc<MediaFacts>>> {
        let rows = store.partition::<MediaTable>(&id).await?;
        Ok(MediaFacts::of(id, &rows).filter(|facts| !facts.deleted))
    }

    /// Whether a preview was given of which nothing is known yet.
    pub fn awaits_preview(&self) -> bool {
        let made = self.preview.as_ref().map(|preview| preview.upload);
        self.thumbnail.is_some() && self.thumbnail != made
    }

    /// What its owner gave as a preview, as far as that could be used.
    pub fn own_preview(&self) -> Option<(&Variant, Option<&String>)> {
        let preview = self.preview.as_ref()?;
        Some((preview.shown()?, preview.blurhash.as_ref()))
    }

    /// Every file of it that may be fetched.
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        let processed = self.processed.iter().flat_map(Processed::variants);
        processed.chain(self.own_preview().map(|(variant, _)| variant))
    }

    /// As a status shows it, once it is processed.
    pub fn for_status(&self) -> Option<StatusMedia> {
        let processed = self.processed.as_ref()?;
        if self.awaits_preview() {
            return None;
        }
        let (preview, blurhash) = match self.own_preview() {
            Some((variant, blurhash)) => (Some(variant), blurhash),
            None => (processed.preview.as_ref(), processed.blurhash.as_ref()),
        };
        Some(StatusMedia {
            id: self.id,
            kind: processed.kind,
            original: shape(&processed.original),
            preview: preview.map(shape),
            blurhash: blurhash.cloned(),
            duration_ms: processed.duration_ms,
            frame_rate: processed.frame_rate.clone(),
            bitrate: processed.bitrate,
            description: self.description.clone(),
            focus: self.focus,
        })
    }
}

/// What holds the file stays, whatever else let go of it.
fn place(held: Option<(Stamp, Place)>, let_go: &[(Stamp, StatusId)]) -> Place {
    let since = match held {
        None => let_go.iter().max().copied(),
        Some((at, holder)) => {
            let mut of_holder = let_go.iter().filter(|(_, status)| match holder {
                Place::Status(holder) => holder == *status,
                Place::Scheduled(id) => id == status.0,
                _ => false,
            });
            of_holder.find(|(since, _)| *since > at).copied()
        }
    };
    match (since, held) {
        (Some((_, status)), _) => Place::LetGo(status),
        (None, Some((_, holder))) => holder,
        (None, None) => Place::Nowhere,
    }
}

fn shape(variant: &Variant) -> Shape {
    Shape {
        file: variant.file().to_owned(),
        width: variant.width,
        height: variant.height,
    }
}

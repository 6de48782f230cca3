//! What people do with files. No file has any content here: its rows are all that there is of it.

mod draw;
pub mod work;

use petrel_model::id::MediaId;
use petrel_social::Ctx;
use petrel_social::error::Result;
use petrel_social::media::{self, MediaKind, MediaUpdate, Purpose, Upload};

use crate::act::Answer;
use crate::effects::Effects;
use crate::model::files::{File, media_id};
use crate::model::{Key, Value};

#[derive(Clone, Debug)]
pub enum FileDeed {
    /// The number is in its description.
    Upload(File, u64),
    Describe(File, u64),
    Delete(File),
    /// A picture that is to be its preview.
    GivePreview(File),
}

/// Where a file would lie that was sent.
fn incoming(id: MediaId) -> String {
    format!("incoming/{id}")
}

/// A picture as it is sent.
pub fn upload(id: MediaId, purpose: Purpose) -> Upload {
    Upload {
        id,
        purpose,
        incoming: incoming(id),
        size_bytes: 1,
        kind: MediaKind::Image,
        description: None,
        focus: None,
    }
}

/// A file's description.
pub fn said(number: u64) -> String {
    format!("said {number}")
}

impl FileDeed {
    pub fn file(&self) -> File {
        match self {
            FileDeed::Upload(file, _)
            | FileDeed::Describe(file, _)
            | FileDeed::Delete(file)
            | FileDeed::GivePreview(file) => *file,
        }
    }

    /// # Errors
    /// Those of the command.
    pub async fn perform(&self, ctx: &Ctx) -> Result<Answer> {
        let id = media_id(self.file());
        match self {
            FileDeed::Upload(_, number) => {
                let upload = Upload {
                    description: Some(said(*number)),
                    ..upload(id, Purpose::Attachment)
                };
                media::create(ctx, upload).await?;
            }
            FileDeed::Describe(_, number) => {
                let update = MediaUpdate {
                    description: Some(said(*number)),
                    ..MediaUpdate::default()
                };
                media::update(ctx, id, update).await?;
            }
            FileDeed::Delete(_) => media::delete(ctx, id).await?,
            FileDeed::GivePreview(_) => {
                let upload = MediaId(ctx.clock().next_id());
                let update = MediaUpdate {
                    preview: Some((upload, incoming(upload))),
                    ..MediaUpdate::default()
                };
                media::update(ctx, id, update).await?;
            }
        }
        Ok(Answer::Done)
    }

    pub fn effects(&self) -> Effects {
        match self {
            FileDeed::Upload(file, number) => vec![
                (Key::FileThere(*file), Value::On),
                (Key::FileText(*file), Value::Text(said(*number))),
            ],
            FileDeed::Describe(file, number) => {
                vec![(Key::FileText(*file), Value::Text(said(*number)))]
            }
            // It is shown once a job has looked at it.
            FileDeed::GivePreview(_) => Vec::new(),
            FileDeed::Delete(file) => vec![
                (Key::FileGone(*file), Value::On),
                (Key::FileDropped(*file), Value::On),
            ],
        }
    }
}

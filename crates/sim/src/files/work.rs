//! The jobs that handle files, with nothing to handle: no depot, and what is made of a file is made
//! up.

use std::sync::Arc;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::id::MediaId;
use petrel_social::Ctx;
use petrel_social::context::Social;
use petrel_social::media::{
    self, Awaited, GivenPreview, MediaKind, PREVIEW, PROCESS, PreviewMade, Processed, REMOVE,
    Removal, Variant,
};

use crate::model::files::is_unusable;

/// The one variant that each processed file has.
pub const FILE: &str = "original.png";
/// How the names of previews begin that owners gave.
pub const PREVIEW_NAME: &str = "preview-";

pub struct MakeUp(pub Arc<Social>);

#[async_trait]
impl Handler for MakeUp {
    fn kind(&self) -> &'static str {
        PROCESS
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let id: MediaId = job.payload()?;
        let ctx = Ctx::system(self.0.clone());
        if media::pending(&ctx, id).await?.is_none() {
            return Ok(());
        }
        if is_unusable(id) {
            let failed = media::fail(&ctx, id, "it is no picture").await;
            return failed.map_err(JobError::from);
        }
        let done = media::finish(&ctx, id, processed(id)).await;
        done.map(drop).map_err(JobError::from)
    }
}

fn processed(id: MediaId) -> Processed {
    Processed {
        kind: MediaKind::Image,
        original: Variant {
            key: format!("media/{id}/{FILE}"),
            content_type: "image/png".to_owned(),
            size_bytes: 1,
            width: 1,
            height: 1,
        },
        preview: None,
        blurhash: None,
        duration_ms: None,
        frame_rate: None,
        bitrate: None,
    }
}

/// Of so many previews, one cannot be made.
const FAILED_EVERY: u64 = 5;

pub struct MakeUpPreview(pub Arc<Social>);

#[async_trait]
impl Handler for MakeUpPreview {
    fn kind(&self) -> &'static str {
        PREVIEW
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let given: GivenPreview = job.payload()?;
        let ctx = Ctx::system(self.0.clone());
        match media::awaits_preview(&ctx, &given).await? {
            Awaited::NotYet => return Err(JobError::retry("its row is not there yet")),
            Awaited::Nothing => return Ok(()),
            Awaited::Make => {}
        }
        let made = match given.upload.0.0.is_multiple_of(FAILED_EVERY) {
            true => PreviewMade::Failed("it is no picture".to_owned()),
            false => PreviewMade::Shown(Variant {
                key: format!("media/{}/{}", given.media, preview_of(given.upload)),
                content_type: "image/png".to_owned(),
                size_bytes: 1,
                width: 1,
                height: 1,
            }),
        };
        media::finish_preview(&ctx, &given, made, None).await?;
        Ok(())
    }
}

fn preview_of(upload: MediaId) -> String {
    format!("{PREVIEW_NAME}{upload}.png")
}

pub struct Forget(pub Arc<Social>);

#[async_trait]
impl Handler for Forget {
    fn kind(&self) -> &'static str {
        REMOVE
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let removal = Removal::of(job)?;
        let ctx = Ctx::system(self.0.clone());
        media::removed(&ctx, removal.media).await?;
        media::forget(&ctx, &removal).await.map_err(JobError::from)
    }
}

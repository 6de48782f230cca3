use std::sync::Arc;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue};
use petrel_social::Ctx;
use petrel_social::context::Social;
use petrel_social::media::{self, Awaited, GivenPreview, MediaKind, PREVIEW, PreviewMade, Variant};

use super::process::{is_final, later};
use super::{Upload, folder_of};
use crate::depot::Depot;
use crate::error::MediaError;
use crate::pictures::ImagePurpose;
use crate::processor::{Made, Processor};

/// Makes a preview of the picture that an owner gave for a file of theirs.
pub struct MakePreview {
    pub social: Arc<Social>,
    pub depot: Depot,
    pub processor: Processor,
}

#[async_trait]
impl Handler for MakePreview {
    fn kind(&self) -> &'static str {
        PREVIEW
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let given: GivenPreview = job.payload()?;
        let ctx = Ctx::system(self.social.clone());
        let awaited = media::awaits_preview(&ctx, &given).await;
        match awaited? {
            Awaited::Make => match self.made(&given).await {
                Ok(made) => self.keep(&ctx, &given, &made).await?,
                Err(MediaError::Busy) => {
                    let again = NewJob::of(Queue::Prompt, PREVIEW, &given);
                    return later(&ctx, again, given.upload, MediaKind::Image).await;
                }
                Err(error) if is_final(&error, job.attempts + 1) => {
                    let why = PreviewMade::Failed(error.public().to_owned());
                    let told = media::finish_preview(&ctx, &given, why, None).await;
                    told?;
                }
                Err(error) => return Err(JobError::retry(error)),
            },
            Awaited::Nothing => {}
            Awaited::NotYet => return Err(JobError::retry("the preview's row is not there yet")),
        }
        Ok(self.depot.delete(&given.incoming).await?)
    }
}

impl MakePreview {
    async fn made(&self, given: &GivenPreview) -> Result<Made, MediaError> {
        let _place = self.processor.place()?;
        let upload = Upload::fetch(&self.depot, &given.incoming).await?;
        self.processor
            .image(&upload.path, ImagePurpose::Preview)
            .await
    }

    /// Below the file that it is a preview of, so that it goes with it, under a name of its own, so
    /// that nobody takes it for an earlier one.
    async fn keep(&self, ctx: &Ctx, given: &GivenPreview, made: &Made) -> Result<(), JobError> {
        let shown = made.preview.as_ref().unwrap_or(&made.original);
        let name = format!("preview-{}.{}", given.upload, shown.extension());
        let variant = Variant {
            key: format!("{}/{name}", folder_of(given.media)),
            content_type: shown.content_type().to_owned(),
            size_bytes: shown.size_bytes,
            width: shown.width,
            height: shown.height,
        };
        self.depot.put(&variant.key, &shown.path).await?;
        let key = variant.key.clone();
        let (shown, blurhash) = (PreviewMade::Shown(variant), made.blurhash.clone());
        let kept = media::finish_preview(ctx, given, shown, blurhash).await;
        let kept = kept?;
        let over = if kept.is_wanted {
            kept.replaced
        } else {
            Some(key)
        };
        if let Some(key) = over {
            self.depot.delete(&key).await?;
        }
        Ok(())
    }
}

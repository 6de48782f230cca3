use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::id::MediaId;
use petrel_social::Ctx;
use petrel_social::context::Social;
use petrel_social::media::{self, MediaKind, PROCESS, Pending, Processed, Purpose};

use super::{Upload, folder_of};
use crate::depot::Depot;
use crate::error::MediaError;
use crate::pictures::ImagePurpose;
use crate::processor::{Kind, Made, Processor, Variant};

/// After so many attempts the owner is told that it does not work.
const ATTEMPTS_MAX: u32 = 8;
/// A file that ends its child is tried once more: the machine may have been at fault.
const ENDED_ATTEMPTS_MAX: u32 = 2;
/// Longer than all limits of children together, and shorter than what a deletion waits for before
/// it looks again.
const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(14 * 60);
/// When others are in work, a film is tried again after so long at least, in milliseconds.
const FILM_PAUSE_MS_MIN: u64 = 5_000;
/// As [`FILM_PAUSE_MS_MIN`], of pictures, which take about a second.
const PICTURE_PAUSE_MS_MIN: u64 = 500;
/// What has waited for long is tried again after this share of it: the longer the queue, the fewer
/// writes for each that stands in it.
const PAUSE_SHARE: u64 = 8;
/// So that whoever stands at the end of the queue is not left standing when it is empty.
const PAUSE_MS_MAX: u64 = 10_000;

/// Makes of an uploaded file what is shown.
pub struct ProcessMedia {
    pub social: Arc<Social>,
    pub depot: Depot,
    pub processor: Processor,
}

#[async_trait]
impl Handler for ProcessMedia {
    fn kind(&self) -> &'static str {
        PROCESS
    }

    fn attempts_max(&self) -> u32 {
        ATTEMPTS_MAX
    }

    fn attempt_time_max(&self) -> Duration {
        ATTEMPT_TIME_MAX
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let id: MediaId = job.payload()?;
        let ctx = Ctx::system(self.social.clone());
        let Some(pending) = media::pending(&ctx, id).await? else {
            return Ok(());
        };
        match self.made(&pending).await {
            Ok(made) => self.keep(&ctx, id, &pending, &made).await,
            Err(MediaError::Busy) => {
                let again = NewJob::of(Queue::Prompt, PROCESS, &id);
                later(&ctx, again, id, pending.kind).await
            }
            Err(error) if is_final(&error, job.attempts + 1) => {
                tracing::info!(media = %id, %error, "an uploaded file cannot be used");
                let told = media::fail(&ctx, id, error.public()).await;
                told?;
                Ok(self.depot.delete(&pending.incoming).await?)
            }
            Err(error) => Err(JobError::retry(error)),
        }
    }
}

impl ProcessMedia {
    async fn made(&self, pending: &Pending) -> Result<Made, MediaError> {
        let _place = match is_film(pending.kind) {
            // Films are large: none is copied here only to wait.
            true if self.processor.is_busy_with_films() => return Err(MediaError::Busy),
            true => None,
            // Whatever else the queue is for is not held up by pictures that wait.
            false => Some(self.processor.place()?),
        };
        let upload = Upload::fetch(&self.depot, &pending.incoming).await?;
        self.make(pending.purpose, &upload.path).await
    }

    async fn make(&self, purpose: Purpose, input: &Path) -> Result<Made, MediaError> {
        let purpose = match purpose {
            Purpose::Attachment => return self.processor.attachment(input).await,
            Purpose::Avatar => ImagePurpose::Avatar,
            Purpose::Header => ImagePurpose::Header,
            Purpose::Thumbnail => ImagePurpose::Preview,
        };
        self.processor.image(input, purpose).await
    }

    /// Puts what was made under keys that are the same in each attempt, and says so. What was
    /// deleted meanwhile is taken away again.
    async fn keep(
        &self,
        ctx: &Ctx,
        id: MediaId,
        pending: &Pending,
        made: &Made,
    ) -> Result<(), JobError> {
        let still = match pending.purpose {
            Purpose::Attachment | Purpose::Thumbnail => "small",
            Purpose::Avatar | Purpose::Header => "static",
        };
        let done = Processed {
            kind: kind(made.kind),
            original: variant(id, "original", &made.original),
            preview: made.preview.as_ref().map(|made| variant(id, still, made)),
            blurhash: made.blurhash.clone(),
            duration_ms: made.duration_ms,
            frame_rate: made.frame_rate.clone(),
            bitrate: made.bitrate,
        };
        let files = std::iter::once(&made.original).chain(&made.preview);
        for (variant, file) in done.variants().zip(files) {
            self.depot.put(&variant.key, &file.path).await?;
        }
        let keys: Vec<String> = done.variants().map(|variant| variant.key.clone()).collect();
        let is_wanted = media::finish(ctx, id, done).await?;
        if !is_wanted {
            for key in keys {
                self.depot.delete(&key).await?;
            }
        }
        self.depot.delete(&pending.incoming).await?;
        Ok(())
    }
}

/// Others are in work: this one goes to the end of the queue, and holds nobody up.
pub(super) async fn later(
    ctx: &Ctx,
    again: NewJob,
    upload: MediaId,
    kind: MediaKind,
) -> Result<(), JobError> {
    let mut batch = ctx.batch();
    let now_ms = ctx.clock().now_ms();
    let waited_ms = now_ms.saturating_sub(upload.0.time_ms());
    let due_ms = now_ms + pause_ms(kind, waited_ms);
    enqueue(&mut batch, ctx.clock(), again.due_at_ms(due_ms));
    batch.commit().await?;
    Ok(())
}

fn is_film(kind: MediaKind) -> bool {
    matches!(kind, MediaKind::Video | MediaKind::Audio)
}

fn pause_ms(kind: MediaKind, waited_ms: u64) -> u64 {
    let least_ms = match is_film(kind) {
        true => FILM_PAUSE_MS_MIN,
        false => PICTURE_PAUSE_MS_MIN,
    };
    (waited_ms / PAUSE_SHARE).clamp(least_ms, PAUSE_MS_MAX)
}

pub(super) fn is_final(error: &MediaError, attempts: u32) -> bool {
    match error {
        MediaError::Refused(_) => true,
        MediaError::Ended(_) => attempts >= ENDED_ATTEMPTS_MAX,
        MediaError::Full | MediaError::Failed(_) | MediaError::Busy => attempts >= ATTEMPTS_MAX,
    }
}

fn kind(kind: Kind) -> MediaKind {
    match kind {
        Kind::Image => MediaKind::Image,
        Kind::Gifv => MediaKind::Gifv,
        Kind::Video => MediaKind::Video,
        Kind::Audio => MediaKind::Audio,
    }
}

fn variant(id: MediaId, name: &str, made: &Variant) -> media::Variant {
    media::Variant {
        key: format!("{}/{name}.{}", folder_of(id), made.extension()),
        content_type: made.content_type().to_owned(),
        size_bytes: made.size_bytes,
        width: made.width,
        height: made.height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_long_is_looked_at_less_often() {
        let of_picture = |waited_ms| pause_ms(MediaKind::Image, waited_ms);
        assert_eq!([0, 4_000, 8_000].map(of_picture), [500, 500, 1_000]);
        assert_eq!(of_picture(u64::MAX), PAUSE_MS_MAX);
        assert_eq!(pause_ms(MediaKind::Video, 0), 5_000);
    }
}

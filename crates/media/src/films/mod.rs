//! Video and sound, through ffmpeg where it is installed.
//!
//! ffmpeg is told which container it reads (by the first bytes, so that no playlist is ever taken
//! for a video), may open nothing but local files, and runs within the limits of a child.

mod ffmpeg;
mod plain;
mod plan;
mod probe;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::MediaError;
use crate::limits::{FILM_CHILD, PICTURE_CHILD};
use crate::pictures::{self, ImagePurpose};
use crate::processor::{Kind, Made, Variant};
use crate::sniff::Sniffed;
use crate::worker::Worker;
pub use ffmpeg::Ffmpeg;
pub(crate) use plain::pass_through;
use plan::Plan;

/// The names of what is made on the way.
const FRAME: &str = "frame.png";

/// Makes of a video or a sound what browsers play.
pub(crate) async fn make(
    ffmpeg: &Ffmpeg,
    worker: &Worker,
    kind: Sniffed,
    input: &Path,
    workplace: TempDir,
) -> Result<Made, MediaError> {
    let folder = workplace.path().to_owned();
    let found = ffmpeg.probe(worker, kind, input, &folder).await?;
    let plan = Plan::of(kind, &found)?;
    let output = folder.join(format!("film.{}", plan.makes.extension()));
    let arguments = plan.arguments(kind, input, &output);
    ffmpeg
        .run(worker, FILM_CHILD, &arguments, &folder)
        .await
        .map_err(unreadable)?;
    // What is said of it is what was made, not what came.
    let made = ffmpeg.probe(worker, plan.makes, &output, &folder).await?;
    let (width, height) = made.shown_size();
    let (preview, blurhash) = match plan.is_sound() {
        true => (None, None),
        false => {
            let (preview, blurhash) = still(ffmpeg, worker, plan.makes, &output, &folder).await?;
            (Some(preview), Some(blurhash))
        }
    };
    Ok(Made {
        kind: plan.kind,
        original: Variant::of(output, plan.makes, width, height)?,
        preview,
        blurhash,
        duration_ms: made.duration_ms,
        frame_rate: made.frame_rate.clone().filter(|_| !plan.is_sound()),
        bitrate: made.bitrate,
        workplace,
    })
}

/// Makes a video of a GIF that was written anew by the child.
pub(crate) async fn from_gif(
    ffmpeg: &Ffmpeg,
    worker: &Worker,
    gif: &Path,
    folder: &Path,
) -> Result<(PathBuf, probe::Probe), MediaError> {
    let found = ffmpeg.probe(worker, Sniffed::Gif, gif, folder).await?;
    let plan = Plan::of(Sniffed::Gif, &found)?;
    let output = folder.join("gif.mp4");
    let arguments = plan.arguments(Sniffed::Gif, gif, &output);
    ffmpeg.run(worker, FILM_CHILD, &arguments, folder).await?;
    let made = ffmpeg.probe(worker, Sniffed::Mp4, &output, folder).await?;
    Ok((output, made))
}

/// Makes a PNG of an AVIF, once its measures were judged.
pub(crate) async fn from_avif(
    ffmpeg: &Ffmpeg,
    worker: &Worker,
    input: &Path,
    folder: &Path,
) -> Result<PathBuf, MediaError> {
    let found = ffmpeg.probe(worker, Sniffed::Avif, input, folder).await?;
    plan::require_picture_size(&found)?;
    let output = folder.join(FRAME);
    let arguments = plan::first_frame(Sniffed::Avif, input, &output);
    ffmpeg
        .run(worker, PICTURE_CHILD, &arguments, folder)
        .await
        .map_err(unreadable)?;
    Ok(output)
}

/// The first frame as preview.
async fn still(
    ffmpeg: &Ffmpeg,
    worker: &Worker,
    kind: Sniffed,
    film: &Path,
    folder: &Path,
) -> Result<(Variant, String), MediaError> {
    let frame = folder.join(FRAME);
    let arguments = plan::first_frame(kind, film, &frame);
    ffmpeg
        .run(worker, PICTURE_CHILD, &arguments, folder)
        .await
        .map_err(unreadable)?;
    let purpose = ImagePurpose::Attachment;
    let picture = worker
        .picture(purpose, Sniffed::Avif, &frame, folder)
        .await?;
    let missing = || MediaError::Failed("a preview is missing".to_owned());
    let preview = picture.preview.ok_or_else(missing)?;
    let file = folder.join(pictures::PREVIEW);
    let kind = preview.format.sniffed();
    let preview = Variant::of(file, kind, preview.width, preview.height)?;
    Ok((preview, picture.blurhash))
}

/// What ffmpeg fails at is mostly broken.
fn unreadable(error: MediaError) -> MediaError {
    match error {
        MediaError::Refused(_) => MediaError::refused("The file is broken and cannot be read"),
        other => other,
    }
}

impl Plan {
    fn is_sound(&self) -> bool {
        self.kind == Kind::Audio
    }
}

//! From an uploaded file to what is shown, a few at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::depot::Depot;
use crate::error::MediaError;
use crate::films::{self, Ffmpeg};
use crate::limits::{
    FILM_WAIT_MAX, FILMS_AT_ONCE, PICTURE_WAIT_MAX, PICTURES_AT_ONCE, PICTURES_WAITING_MAX,
};
use crate::pictures::{self, ImagePurpose, Picture};
use crate::sniff::{Sniffed, sniff};
use crate::worker::Worker;

/// What something is shown as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Image,
    /// A film without sound, which plays again and again.
    Gifv,
    Video,
    Audio,
}

/// What was made of a file. The files are gone when it is dropped.
#[derive(Debug)]
pub struct Made {
    pub kind: Kind,
    pub original: Variant,
    /// Of an attachment smaller; of an avatar, header or emoji the still of what moves.
    pub preview: Option<Variant>,
    pub blurhash: Option<String>,
    pub duration_ms: Option<u64>,
    /// A fraction, as in "30000/1001".
    pub frame_rate: Option<String>,
    /// Bits a second.
    pub bitrate: Option<u64>,
    pub(crate) workplace: TempDir,
}

/// One file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub path: PathBuf,
    pub kind: Sniffed,
    /// Zero if it is not known, or sound.
    pub width: u32,
    pub height: u32,
    pub size_bytes: u64,
}

/// Cheap to clone; all clones together do a few at once.
#[derive(Clone)]
pub struct Processor(Arc<Inner>);

struct Inner {
    depot: Depot,
    worker: Worker,
    ffmpeg: Option<Ffmpeg>,
    pictures: Semaphore,
    films: Semaphore,
    /// For pictures in work and those that wait for it.
    places: Semaphore,
}

impl Variant {
    pub(crate) fn of(
        path: PathBuf,
        kind: Sniffed,
        width: u32,
        height: u32,
    ) -> Result<Variant, MediaError> {
        let size_bytes = std::fs::metadata(&path)?.len();
        Ok(Variant {
            path,
            kind,
            width,
            height,
            size_bytes,
        })
    }

    pub fn content_type(&self) -> &'static str {
        self.kind.content_type()
    }

    pub fn extension(&self) -> &'static str {
        self.kind.extension()
    }
}

impl Processor {
    /// Files in work are in the depot's scratch folder.
    pub fn new(depot: Depot, worker: Worker, ffmpeg: Option<Ffmpeg>) -> Processor {
        Processor(Arc::new(Inner {
            depot,
            worker,
            ffmpeg,
            pictures: Semaphore::new(PICTURES_AT_ONCE),
            films: Semaphore::new(FILMS_AT_ONCE),
            places: Semaphore::new(PICTURES_AT_ONCE + PICTURES_WAITING_MAX),
        }))
    }

    /// Whether video and sound are converted, or at most passed through.
    pub fn has_ffmpeg(&self) -> bool {
        self.0.ffmpeg.is_some()
    }

    /// Whether a film that comes now would have to wait for another.
    pub fn is_busy_with_films(&self) -> bool {
        self.has_ffmpeg() && self.0.films.available_permits() == 0
    }

    /// A place among the pictures that are in work or wait for it, for those who can come again.
    ///
    /// # Errors
    /// `Busy` if there is none.
    pub fn place(&self) -> Result<SemaphorePermit<'_>, MediaError> {
        self.0.places.try_acquire().map_err(|_| MediaError::Busy)
    }

    /// Makes what is attached to a status: a picture, a video or a sound.
    pub async fn attachment(&self, input: &Path) -> Result<Made, MediaError> {
        let kind = kind_of(input)?;
        match kind.is_picture() {
            true => self.picture(kind, input, ImagePurpose::Attachment).await,
            false => self.film(kind, input).await,
        }
    }

    /// Makes an avatar, a header or an emoji.
    pub async fn image(&self, input: &Path, purpose: ImagePurpose) -> Result<Made, MediaError> {
        let kind = kind_of(input)?;
        if !kind.is_picture() {
            return Err(MediaError::refused("This is not a picture"));
        }
        self.picture(kind, input, purpose).await
    }

    async fn picture(
        &self,
        kind: Sniffed,
        input: &Path,
        purpose: ImagePurpose,
    ) -> Result<Made, MediaError> {
        let Inner { worker, ffmpeg, .. } = &*self.0;
        let may_move = purpose == ImagePurpose::Attachment && kind == Sniffed::Gif;
        if may_move && self.is_busy_with_films() {
            // It becomes a video, and is not decoded only to wait for that.
            return Err(MediaError::Busy);
        }
        let workplace = self.0.depot.workplace()?;
        let folder = workplace.path();
        let picture = {
            let _turn = turn(&self.0.pictures, PICTURE_WAIT_MAX).await?;
            let png = match (kind, ffmpeg) {
                (Sniffed::Avif, None) => {
                    let why = "AVIF pictures are not supported by this server";
                    return Err(MediaError::refused(why));
                }
                (Sniffed::Avif, Some(ffmpeg)) => {
                    Some(films::from_avif(ffmpeg, worker, input, folder).await?)
                }
                _ => None,
            };
            let input = png.as_deref().unwrap_or(input);
            worker.picture(purpose, kind, input, folder).await?
        };
        let mut made = collect(picture, workplace)?;
        if purpose == ImagePurpose::Attachment && made.original.kind == Sniffed::Gif {
            self.animate(&mut made).await?;
        }
        Ok(made)
    }

    /// A GIF that moves becomes a video where that can be made; elsewhere it stays what it is.
    async fn animate(&self, made: &mut Made) -> Result<(), MediaError> {
        let (Some(ffmpeg), Kind::Gifv) = (&self.0.ffmpeg, made.kind) else {
            made.kind = Kind::Image;
            return Ok(());
        };
        let _turn = turn(&self.0.films, FILM_WAIT_MAX).await?;
        let (gif, folder) = (made.original.path.clone(), made.workplace.path());
        let (path, probe) = films::from_gif(ffmpeg, &self.0.worker, &gif, folder).await?;
        let (width, height) = probe.shown_size();
        made.original = Variant::of(path, Sniffed::Mp4, width, height)?;
        made.duration_ms = probe.duration_ms;
        made.frame_rate = probe.frame_rate;
        made.bitrate = probe.bitrate;
        Ok(())
    }

    async fn film(&self, kind: Sniffed, input: &Path) -> Result<Made, MediaError> {
        let workplace = self.0.depot.workplace()?;
        let _turn = turn(&self.0.films, FILM_WAIT_MAX).await?;
        let Some(ffmpeg) = &self.0.ffmpeg else {
            let input = input.to_owned();
            let copied = move || films::pass_through(kind, &input, workplace);
            let copied = tokio::task::spawn_blocking(copied).await;
            return copied.map_err(|error| MediaError::Failed(error.to_string()))?;
        };
        films::make(ffmpeg, &self.0.worker, kind, input, workplace).await
    }
}

async fn turn(
    semaphore: &Semaphore,
    wait_max: Duration,
) -> Result<SemaphorePermit<'_>, MediaError> {
    let Ok(permit) = timeout(wait_max, semaphore.acquire()).await else {
        return Err(MediaError::Busy);
    };
    Ok(permit.expect("the semaphore is never closed"))
}

fn kind_of(input: &Path) -> Result<Sniffed, MediaError> {
    const FIRST_BYTES: u64 = 4_096;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(input)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, FIRST_BYTES), &mut bytes)?;
    sniff(&bytes).ok_or_else(|| MediaError::refused("This kind of file is not supported"))
}

/// What the child says that it made, as far as it is there.
fn collect(picture: Picture, workplace: TempDir) -> Result<Made, MediaError> {
    let folder = workplace.path();
    let variant = |name: &str, image: &pictures::Image| {
        let kind = image.format.sniffed();
        Variant::of(folder.join(name), kind, image.width, image.height)
    };
    let original = variant(pictures::ORIGINAL, &picture.original)?;
    let preview = match &picture.preview {
        Some(image) => Some(variant(pictures::PREVIEW, image)?),
        None => None,
    };
    let is_gif = original.kind == Sniffed::Gif;
    Ok(Made {
        kind: if picture.moves && is_gif {
            Kind::Gifv
        } else {
            Kind::Image
        },
        original,
        preview,
        blurhash: Some(picture.blurhash),
        duration_ms: None,
        frame_rate: None,
        bitrate: None,
        workplace,
    })
}

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::probe::Probe;
use crate::error::MediaError;
use crate::limits::{ChildLimits, PROBE_CHILD};
use crate::sniff::Sniffed;
use crate::worker::{Ended, Worker};

/// Where Debian and others put programs.
const FOLDERS: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/bin", "/opt/ffmpeg/bin"];

/// The two programs, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ffmpeg {
    ffmpeg: PathBuf,
    ffprobe: PathBuf,
}

impl Ffmpeg {
    /// Looks where `path` says, or where programs usually are. ffprobe must lie beside ffmpeg.
    pub fn find(path: Option<&Path>) -> Option<Ffmpeg> {
        let named = path.map(Path::to_owned);
        let usual = FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join("ffmpeg"));
        let all: Vec<PathBuf> = match named {
            Some(path) => vec![path],
            None => usual.collect(),
        };
        all.into_iter().find_map(|ffmpeg| {
            let ffmpeg = std::path::absolute(ffmpeg).ok()?;
            let ffprobe = ffmpeg.with_file_name("ffprobe");
            let both = ffmpeg.is_file() && ffprobe.is_file();
            both.then_some(Ffmpeg { ffmpeg, ffprobe })
        })
    }

    pub(super) async fn probe(
        &self,
        worker: &Worker,
        kind: Sniffed,
        input: &Path,
        folder: &Path,
    ) -> Result<Probe, MediaError> {
        let mut arguments: Vec<OsString> = [
            "-v",
            "error",
            "-show_format",
            "-show_streams",
            "-of",
            "flat",
        ]
        .map(OsString::from)
        .to_vec();
        arguments.extend(source(kind, input));
        let said = worker
            .run(PROBE_CHILD, &self.ffprobe, &arguments, folder)
            .await
            .map_err(judge)?;
        Ok(Probe::read(&String::from_utf8_lossy(&said)))
    }

    pub(super) async fn run(
        &self,
        worker: &Worker,
        limits: ChildLimits,
        arguments: &[OsString],
        folder: &Path,
    ) -> Result<(), MediaError> {
        let ended = worker.run(limits, &self.ffmpeg, arguments, folder).await;
        ended.map(drop).map_err(judge)
    }
}

/// What is read, and as what. Nothing but local files is ever opened.
pub(super) fn source(kind: Sniffed, input: &Path) -> Vec<OsString> {
    let mut file = OsString::from("file:");
    file.push(input);
    let words = ["-protocol_whitelist", "file", "-f", demuxer(kind), "-i"];
    let mut source: Vec<OsString> = words.map(OsString::from).to_vec();
    source.push(file);
    source
}

fn demuxer(kind: Sniffed) -> &'static str {
    match kind {
        Sniffed::Mp4 | Sniffed::QuickTime | Sniffed::M4a | Sniffed::ThreeGp | Sniffed::Avif => {
            "mov"
        }
        Sniffed::WebM => "matroska",
        Sniffed::Ogg | Sniffed::OggVideo => "ogg",
        Sniffed::Mp3 => "mp3",
        Sniffed::Flac => "flac",
        Sniffed::Wav => "wav",
        Sniffed::Aac => "aac",
        Sniffed::Asf => "asf",
        Sniffed::Gif => "gif",
        Sniffed::Jpeg => "jpeg_pipe",
        Sniffed::Png => "png_pipe",
        Sniffed::WebP => "webp_pipe",
    }
}

fn judge(ended: Ended) -> MediaError {
    if ended.wrote_too_much() {
        return MediaError::refused("The file becomes too large when it is converted");
    }
    match ended {
        Ended::Failed { said, .. } if said.contains("No space left on device") => MediaError::Full,
        Ended::Failed { said, .. } => {
            tracing::debug!(said, "ffmpeg failed");
            MediaError::refused("The file cannot be read")
        }
        ended => ended.into(),
    }
}

//! Without ffmpeg: what browsers play is passed through, less the metadata that can be taken out
//! without understanding more of it: of MP4 its user data (where places are), of MP3 its tags.
//! WebM, Ogg, FLAC and WAV are passed through as they are.

mod mp3;
mod mp4;

use std::path::Path;

use tempfile::TempDir;

use crate::error::MediaError;
use crate::processor::{Kind, Made, Variant};
use crate::sniff::Sniffed;

const NEEDS_FFMPEG: &str = "This kind of file needs to be converted, which this server cannot do";

/// What little can be told of a file without decoding it.
#[derive(Default)]
struct Facts {
    width: u32,
    height: u32,
    duration_ms: Option<u64>,
}

/// Copies the file into the workplace; for a thread that may wait.
pub(crate) fn pass_through(
    kind: Sniffed,
    input: &Path,
    workplace: TempDir,
) -> Result<Made, MediaError> {
    let output = workplace.path().join(format!("film.{}", kind.extension()));
    let mut facts = Facts::default();
    let is_sound = match kind {
        Sniffed::Mp4 | Sniffed::M4a => {
            std::fs::copy(input, &output)?;
            facts = mp4::strip(&output)?;
            kind.is_sound()
        }
        Sniffed::Mp3 => {
            mp3::copy(input, &output)?;
            true
        }
        Sniffed::WebM => {
            std::fs::copy(input, &output)?;
            !has_video_track(&output)?
        }
        Sniffed::Ogg | Sniffed::Flac | Sniffed::Wav | Sniffed::Aac => {
            std::fs::copy(input, &output)?;
            true
        }
        _ => return Err(MediaError::refused(NEEDS_FFMPEG)),
    };
    Ok(Made {
        kind: if is_sound { Kind::Audio } else { Kind::Video },
        original: Variant::of(output, kind, facts.width, facts.height)?,
        preview: None,
        blurhash: None,
        duration_ms: facts.duration_ms,
        frame_rate: None,
        bitrate: None,
        workplace,
    })
}

/// Codecs of Matroska whose names begin so are video; they are named near the beginning.
fn has_video_track(file: &Path) -> Result<bool, MediaError> {
    const LOOKED_AT_BYTES: u64 = 64 * 1_024;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(file)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, LOOKED_AT_BYTES), &mut bytes)?;
    Ok(bytes
        .windows(4)
        .any(|window| matches!(window, b"V_VP" | b"V_AV")))
}

use std::ffi::OsString;
use std::path::Path;

use super::ffmpeg::source;
use super::probe::{Probe, Video};
use crate::error::MediaError;
use crate::limits::{
    IMAGE_PIXELS_MAX, TRANSCODED_FRAME_RATE_MAX, TRANSCODED_PIXELS_MAX, VIDEO_BYTES_MAX,
    VIDEO_DURATION_MAX, VIDEO_FRAME_RATE_MAX, VIDEO_PIXELS_MAX,
};
use crate::pictures::fit;
use crate::processor::Kind;
use crate::sniff::Sniffed;

/// Bits a second of a transcoded video at most, and of its sound, in thousands.
const VIDEO_KBITS_MAX: u64 = 3_000;
const VIDEO_KBITS_MIN: u64 = 100;
const SOUND_KBITS: u64 = 128;
/// Threads of ffmpeg.
const THREADS: &str = "2";

/// What is to be made of a file.
#[derive(Debug)]
pub struct Plan {
    pub kind: Kind,
    pub makes: Sniffed,
    how: How,
    video: Option<Video>,
    has_sound: bool,
    /// Bits a second of the video at most, in thousands.
    kbits: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum How {
    /// The streams are fine already; all else is left out.
    Copy,
    Transcode,
}

impl Plan {
    pub fn of(kind: Sniffed, found: &Probe) -> Result<Plan, MediaError> {
        let duration_ms = found.duration_ms.unwrap_or_default();
        if u128::from(duration_ms) > VIDEO_DURATION_MAX.as_millis() {
            return Err(MediaError::refused("The file lasts too long"));
        }
        let video = found.video.clone().filter(|_| !kind.is_sound());
        if let Some(video) = &video {
            require_video_size(video)?;
        }
        let sound = found.audio.as_deref();
        let (kind, makes) = match (&video, sound) {
            (Some(_), Some(_)) => (Kind::Video, Sniffed::Mp4),
            // As Mastodon: what moves and makes no sound is shown as a GIF.
            (Some(_), None) => (Kind::Gifv, Sniffed::Mp4),
            (None, Some(_)) => (Kind::Audio, Sniffed::Mp3),
            (None, None) => {
                return Err(MediaError::refused(
                    "There is nothing to see or hear in the file",
                ));
            }
        };
        let is_fine = match &video {
            Some(video) => {
                let is_plain = video.codec == "h264" && video.pixels == "yuv420p";
                is_plain && matches!(sound, None | Some("aac"))
            }
            None => sound == Some("mp3"),
        };
        Ok(Plan {
            kind,
            makes,
            how: if is_fine { How::Copy } else { How::Transcode },
            has_sound: sound.is_some(),
            kbits: kbits(duration_ms),
            video,
        })
    }

    pub fn arguments(&self, kind: Sniffed, input: &Path, output: &Path) -> Vec<OsString> {
        let mut words = Words::reading(kind, input);
        // Nothing but the streams: no chapters, no subtitles, no data, no cover.
        words.add("-map_metadata -1 -map_chapters -1 -sn -dn");
        if let Some(video) = &self.video {
            words.add(&format!("-map 0:{}", video.index));
        }
        if self.has_sound {
            words.add("-map 0:a:0");
        }
        match (&self.video, &self.how) {
            (Some(_), How::Copy) => words.add("-c copy"),
            (Some(video), How::Transcode) => self.transcode(video, &mut words),
            (None, How::Copy) => words.add("-c:a copy"),
            (None, How::Transcode) => words.add("-c:a libmp3lame -q:a 2"),
        }
        match self.makes {
            Sniffed::Mp4 => words.add("-movflags +faststart -f mp4"),
            _ => words.add("-id3v2_version 0 -write_id3v1 0 -f mp3"),
        }
        words.writing(output)
    }

    fn transcode(&self, video: &Video, words: &mut Words) {
        let (width, height) = match video.is_turned {
            true => (video.height, video.width),
            false => (video.width, video.height),
        };
        let (width, height) = fit(width, height, TRANSCODED_PIXELS_MAX);
        // The codec takes even sides only.
        let (width, height) = ((width & !1).max(2), (height & !1).max(2));
        let (kbits, buffer) = (self.kbits, 2 * self.kbits);
        words.add(&format!(
            "-vf scale={width}:{height} -fpsmax {TRANSCODED_FRAME_RATE_MAX}"
        ));
        words.add("-c:v libx264 -preset veryfast -crf 22 -pix_fmt yuv420p -profile:v high");
        words.add(&format!("-maxrate {kbits}k -bufsize {buffer}k"));
        if self.has_sound {
            words.add(&format!("-c:a aac -b:a {SOUND_KBITS}k -ac 2"));
        }
    }
}

/// The first frame as a PNG.
pub fn first_frame(kind: Sniffed, input: &Path, output: &Path) -> Vec<OsString> {
    let mut words = Words::reading(kind, input);
    words.add("-map_metadata -1 -map 0:v:0 -frames:v 1 -c:v png -f image2 -update 1");
    words.writing(output)
}

/// Of an AVIF; before anything is decoded.
pub fn require_picture_size(found: &Probe) -> Result<(), MediaError> {
    let video = found.video.as_ref();
    let Some(Video { width, height, .. }) = video.filter(|video| video.width > 0) else {
        return Err(MediaError::refused(
            "The picture is broken and cannot be read",
        ));
    };
    match u64::from(*width) * u64::from(*height) <= IMAGE_PIXELS_MAX {
        true => Ok(()),
        false => Err(MediaError::Refused(format!(
            "{width}x{height} images are not supported"
        ))),
    }
}

fn require_video_size(video: &Video) -> Result<(), MediaError> {
    let Video {
        width,
        height,
        frames_a_second,
        ..
    } = video;
    let pixels = u64::from(*width) * u64::from(*height);
    if pixels == 0 {
        return Err(MediaError::refused(
            "The video is broken and cannot be read",
        ));
    }
    if pixels > VIDEO_PIXELS_MAX {
        return Err(MediaError::Refused(format!(
            "{width}x{height} videos are not supported"
        )));
    }
    if *frames_a_second > VIDEO_FRAME_RATE_MAX {
        let rate = frames_a_second.round();
        return Err(MediaError::Refused(format!(
            "{rate}fps videos are not supported"
        )));
    }
    Ok(())
}

/// So that what is made is no larger than what may be uploaded.
fn kbits(duration_ms: u64) -> u64 {
    let bits = VIDEO_BYTES_MAX * 8 / 10 * 9;
    let fitting = bits / duration_ms.max(1);
    fitting
        .saturating_sub(SOUND_KBITS)
        .clamp(VIDEO_KBITS_MIN, VIDEO_KBITS_MAX)
}

struct Words(Vec<OsString>);

impl Words {
    fn reading(kind: Sniffed, input: &Path) -> Words {
        let mut words = Words(Vec::new());
        words.add("-nostdin -hide_banner -loglevel error -y -threads");
        words.add(THREADS);
        words.0.extend(source(kind, input));
        words
    }

    fn add(&mut self, text: &str) {
        self.0.extend(text.split(' ').map(OsString::from));
    }

    fn writing(mut self, output: &Path) -> Vec<OsString> {
        let mut file = OsString::from("file:");
        file.push(output);
        self.add("-threads");
        self.add(THREADS);
        self.0.push(file);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(codec: &str, sound: Option<&str>) -> Probe {
        Probe {
            video: Some(Video {
                codec: codec.to_owned(),
                pixels: "yuv420p".to_owned(),
                width: 3_840,
                height: 2_160,
                frames_a_second: 30.0,
                ..Video::default()
            }),
            audio: sound.map(str::to_owned),
            duration_ms: Some(5_000),
            ..Probe::default()
        }
    }

    fn line(kind: Sniffed, found: &Probe) -> String {
        let plan = Plan::of(kind, found).unwrap();
        let words = plan.arguments(kind, Path::new("/i"), Path::new("/o"));
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn what_is_fine_is_copied_and_all_else_is_transcoded() {
        let fine = line(Sniffed::Mp4, &film("h264", Some("aac")));
        assert!(
            fine.contains("-c copy") && !fine.contains("libx264"),
            "{fine}"
        );
        let other = line(Sniffed::WebM, &film("vp9", Some("opus")));
        assert!(
            other.contains("libx264") && other.contains("scale=1920:1080"),
            "{other}"
        );
        for line in [fine, other] {
            assert!(
                line.contains("-map_metadata -1") && line.contains("-protocol_whitelist file -f ")
            );
        }
    }

    #[test]
    fn silence_makes_a_gifv_and_darkness_a_sound() {
        let silent = Plan::of(Sniffed::Mp4, &film("h264", None)).unwrap();
        assert_eq!((silent.kind, silent.makes), (Kind::Gifv, Sniffed::Mp4));
        let dark = Probe {
            video: None,
            ..film("", Some("vorbis"))
        };
        let dark = Plan::of(Sniffed::Ogg, &dark).unwrap();
        assert_eq!((dark.kind, dark.makes), (Kind::Audio, Sniffed::Mp3));
        assert!(Plan::of(Sniffed::Mp4, &Probe::default()).is_err());
    }

    #[test]
    fn what_is_too_much_is_refused_with_its_measure() {
        let mut large = film("h264", None);
        large.video.as_mut().unwrap().width = 3_841;
        let error = Plan::of(Sniffed::Mp4, &large).unwrap_err().to_string();
        assert_eq!(error, "3841x2160 videos are not supported");
        let mut quick = film("h264", None);
        quick.video.as_mut().unwrap().frames_a_second = 240.0;
        assert!(
            Plan::of(Sniffed::Mp4, &quick)
                .unwrap_err()
                .to_string()
                .contains("240fps")
        );
        let mut long = film("h264", None);
        long.duration_ms = Some(4 * 60 * 60 * 1_000);
        assert!(Plan::of(Sniffed::Mp4, &long).is_err());
    }
}

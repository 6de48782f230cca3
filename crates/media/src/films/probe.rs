use std::collections::HashMap;

/// What ffprobe says of a file. Whatever it says may be missing or wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    pub video: Option<Video>,
    /// The codec of the first sound.
    pub audio: Option<String>,
    pub duration_ms: Option<u64>,
    /// Bits a second.
    pub bitrate: Option<u64>,
    /// A fraction, as in "30000/1001".
    pub frame_rate: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Video {
    pub index: u32,
    pub codec: String,
    pub pixels: String,
    pub width: u32,
    pub height: u32,
    /// Whether it is shown with width and height exchanged.
    pub is_turned: bool,
    /// Frames a second.
    pub frames_a_second: f64,
}

impl Probe {
    /// Reads ffprobe's flat format: `streams.stream.0.codec_name="h264"`.
    pub fn read(text: &str) -> Probe {
        let fields: HashMap<&str, &str> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
            .collect();
        let get = |name: &str| fields.get(name).copied().filter(|value| *value != "N/A");
        let of = |index: u32, name: &str| get(&format!("streams.stream.{index}.{name}"));
        let mut probe = Probe {
            duration_ms: get("format.duration").and_then(milliseconds),
            bitrate: get("format.bit_rate").and_then(|bits| bits.parse().ok()),
            ..Probe::default()
        };
        let mut index = 0;
        while let Some(kind) = of(index, "codec_type") {
            let is_cover = of(index, "disposition.attached_pic") == Some("1");
            let codec = of(index, "codec_name").unwrap_or_default().to_owned();
            match kind {
                "video" if probe.video.is_none() && !is_cover => {
                    let rate = of(index, "avg_frame_rate").filter(|rate| fraction(rate).is_some());
                    probe.frame_rate = rate.map(str::to_owned);
                    let number = |name| of(index, name).and_then(|text| text.parse().ok());
                    let turn = ["side_data_list.side_data.0.rotation", "tags.rotate"]
                        .into_iter()
                        .find_map(|name| of(index, name)?.parse::<i32>().ok());
                    probe.video = Some(Video {
                        index,
                        codec,
                        pixels: of(index, "pix_fmt").unwrap_or_default().to_owned(),
                        width: number("width").unwrap_or_default(),
                        height: number("height").unwrap_or_default(),
                        is_turned: turn.is_some_and(|turn| turn.rem_euclid(180) == 90),
                        frames_a_second: rate.and_then(fraction).unwrap_or_default(),
                    });
                }
                "audio" if probe.audio.is_none() => probe.audio = Some(codec),
                _ => {}
            }
            index += 1;
        }
        probe
    }

    /// Width and height as they are shown; nothing for sound.
    pub fn shown_size(&self) -> (u32, u32) {
        match &self.video {
            Some(video) if video.is_turned => (video.height, video.width),
            Some(video) => (video.width, video.height),
            None => (0, 0),
        }
    }
}

fn milliseconds(seconds: &str) -> Option<u64> {
    let seconds: f64 = seconds.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some((seconds * 1_000.0) as u64)
}

/// None for "0/0", which ffprobe says when it does not know.
fn fraction(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let (above, below): (f64, f64) = (above.parse().ok()?, below.parse().ok()?);
    (above > 0.0 && below > 0.0).then_some(above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffprobe_says_is_read() {
        let said = r#"
streams.stream.0.codec_type="audio"
streams.stream.0.codec_name="aac"
streams.stream.1.codec_type="video"
streams.stream.1.codec_name="h264"
streams.stream.1.pix_fmt="yuv420p"
streams.stream.1.width=1920
streams.stream.1.height=1080
streams.stream.1.avg_frame_rate="30000/1001"
streams.stream.1.side_data_list.side_data.0.rotation=-90
format.duration="12.345000"
format.bit_rate="128000"
"#;
        let probe = Probe::read(said);
        assert_eq!(probe.shown_size(), (1_080, 1_920));
        assert_eq!(probe.audio.as_deref(), Some("aac"));
        assert_eq!(probe.duration_ms, Some(12_345));
        assert_eq!(probe.bitrate, Some(128_000));
        assert_eq!(probe.frame_rate.as_deref(), Some("30000/1001"));
        let video = probe.video.unwrap();
        assert_eq!((video.index, video.codec.as_str()), (1, "h264"));
        assert!((video.frames_a_second - 29.97).abs() < 0.01);
    }

    #[test]
    fn a_cover_is_no_video_and_nonsense_is_nothing() {
        let said = "streams.stream.0.codec_type=\"video\"\nstreams.stream.0.disposition.attached_pic=1\nformat.duration=\"N/A\"\nnonsense\n=\n";
        assert_eq!(Probe::read(said), Probe::default());
    }
}

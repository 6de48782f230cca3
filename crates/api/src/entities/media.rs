//! MediaAttachment.

use petrel_model::id::MediaId;
use petrel_social::media::{Focus, MediaKind, MediaView};
use petrel_social::statuses::table::Shape;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::Shown;

/// A second, in milliseconds.
const SECOND_MS: u64 = 1_000;

#[derive(JsonSchema, Serialize)]
pub struct MediaAttachment<'a> {
    id: Shown<MediaId>,
    r#type: &'static str,
    url: Option<&'a str>,
    preview_url: Option<&'a str>,
    remote_url: Option<&'a str>,
    preview_remote_url: Option<&'a str>,
    meta: Option<Meta<'a>>,
    description: Option<&'a str>,
    blurhash: Option<&'a str>,
}

#[derive(JsonSchema, Serialize)]
struct Meta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<String>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<Extent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    small: Option<Extent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    focus: Option<FocalPoint>,
}

#[derive(Default, JsonSchema, Serialize)]
struct Extent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_rate: Option<&'a str>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bitrate: Option<u64>,
}

#[derive(JsonSchema, Serialize)]
struct FocalPoint {
    x: f64,
    y: f64,
}

impl<'a> MediaAttachment<'a> {
    pub fn new(view: &'a MediaView) -> MediaAttachment<'a> {
        MediaAttachment {
            id: Shown(view.id),
            r#type: view.kind.as_str(),
            url: view.url.as_deref(),
            // Clients show the file itself where there is nothing smaller; sound has no picture.
            preview_url: match view.kind {
                MediaKind::Audio => view.preview_url.as_deref(),
                _ => view.preview_url.as_deref().or(view.url.as_deref()),
            },
            remote_url: None,
            preview_remote_url: None,
            meta: Meta::of(view),
            description: view.description.as_deref(),
            blurhash: view.blurhash.as_deref(),
        }
    }

    pub fn all(views: &'a [MediaView]) -> Vec<MediaAttachment<'a>> {
        views.iter().map(MediaAttachment::new).collect()
    }
}

impl<'a> Meta<'a> {
    fn of(view: &'a MediaView) -> Option<Meta<'a>> {
        let focus = view.focus.map(FocalPoint::of);
        if view.original.is_none() && focus.is_none() {
            return None;
        }
        let original = view.original.as_ref().map(|shape| Extent {
            frame_rate: view.frame_rate.as_deref(),
            duration: view.duration_ms.map(seconds),
            bitrate: view.bitrate,
            ..Extent::of(shape)
        });
        Some(Meta {
            length: view.duration_ms.map(length),
            duration: view.duration_ms.map(seconds),
            original,
            small: view.preview.as_ref().map(Extent::of),
            focus,
        })
    }
}

impl Extent<'_> {
    fn of(shape: &Shape) -> Self {
        let (width, height) = (shape.width, shape.height);
        if width == 0 || height == 0 {
            return Extent::default();
        }
        Extent {
            width: Some(width),
            height: Some(height),
            size: Some(format!("{width}x{height}")),
            aspect: Some(f64::from(width) / f64::from(height)),
            ..Extent::default()
        }
    }
}

impl FocalPoint {
    fn of(focus: Focus) -> FocalPoint {
        FocalPoint {
            x: focus.x(),
            y: focus.y(),
        }
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / SECOND_MS as f64
}

/// As ffmpeg writes it: `0:01:28.65`.
fn length(ms: u64) -> String {
    let seconds = ms / SECOND_MS;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let (seconds, hundredths) = (seconds % 60, ms % SECOND_MS / 10);
    format!("{hours}:{minutes:02}:{seconds:02}.{hundredths:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_as_people_do() {
        assert_eq!(length(88_650), "0:01:28.65");
        assert_eq!(length(0), "0:00:00.00");
    }
}

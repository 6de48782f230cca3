//! All rows of one file share a partition. It exists while its creation row is there and its
//! `deleted` row is not; what became of processing it, its description and its focus are rows
//! beside it.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, MediaId, StatusId};
use petrel_store::{Key, KeyError, KeyReader, KeyWriter, Plain, Table, TakesRights};

pub struct MediaTable;

impl Table for MediaTable {
    const ID: u16 = 29;
    const NAME: &'static str = "media";
    type Partition = MediaId;
    type Sort = MediaSort;
    type Value = MediaRow;
    type Mode = Plain;
    const BOUND: &'static str =
        "cap: one row of each kind, and one of each status that let go of it since it was attached";
    /// The `deleted` row.
    const TAKES_RIGHTS: Option<TakesRights> = Some(|sort| sort == [1]);
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MediaSort {
    Created,
    Deleted,
    Processed,
    Failed,
    Description,
    Focus,
    /// What holds it, unless that has let go of it since: the latest counts.
    Attached,
    /// Which file its owner gave as a preview: the latest counts.
    Thumbnail,
    Preview,
    /// What let go of it. A row for each, since whoever deletes a status for the second time may not
    /// know that its file has been attached anew.
    LetGo(StatusId),
}

impl Key for MediaSort {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[match self {
            MediaSort::Created => 0,
            MediaSort::Deleted => 1,
            MediaSort::Processed => 2,
            MediaSort::Failed => 3,
            MediaSort::Description => 4,
            MediaSort::Focus => 5,
            MediaSort::Attached => 6,
            MediaSort::Thumbnail => 7,
            MediaSort::Preview => 8,
            MediaSort::LetGo(_) => 9,
        }]);
        if let MediaSort::LetGo(status) = self {
            status.write(out);
        }
    }
    fn read(from: &mut KeyReader<'_>) -> Result<MediaSort, KeyError> {
        Ok(match u8::read(from)? {
            0 => MediaSort::Created,
            1 => MediaSort::Deleted,
            2 => MediaSort::Processed,
            3 => MediaSort::Failed,
            4 => MediaSort::Description,
            5 => MediaSort::Focus,
            6 => MediaSort::Attached,
            7 => MediaSort::Thumbnail,
            8 => MediaSort::Preview,
            9 => MediaSort::LetGo(StatusId::read(from)?),
            _ => return Err(KeyError("no such row of a file")),
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum MediaRow {
    #[n(0)]
    Created(#[n(0)] MediaCreated),
    /// Without content; never expires.
    #[n(1)]
    Deleted,
    #[n(2)]
    Processed(#[n(0)] Processed),
    /// Why it cannot be shown, as its owner is told.
    #[n(3)]
    Failed(#[n(0)] String),
    /// Empty for none.
    #[n(4)]
    Description(#[n(0)] String),
    #[n(5)]
    Focus(#[n(0)] Focus),
    #[n(6)]
    Attached(#[n(0)] StatusId),
    /// The file that its owner gave as a preview.
    #[n(7)]
    Thumbnail(#[n(0)] MediaId),
    /// What held it let go of it, and its owner may attach it again.
    #[n(8)]
    LetGo(#[n(0)] StatusId),
    /// In place of `Attached`: a scheduled status holds it.
    #[n(9)]
    Scheduled(#[n(0)] Id),
    /// What was made of the file that its owner gave as a preview.
    #[n(10)]
    Preview(#[n(0)] OwnPreview),
}

impl MediaRow {
    /// The files that may be fetched of which this row tells.
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        let (processed, preview) = match self {
            MediaRow::Processed(processed) => (Some(processed), None),
            MediaRow::Preview(preview) => (None, preview.shown()),
            _ => (None, None),
        };
        processed
            .into_iter()
            .flat_map(Processed::variants)
            .chain(preview)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MediaCreated {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub purpose: Purpose,
    /// The key in the depot of the file as it was sent.
    #[n(2)]
    pub incoming: String,
    #[n(3)]
    pub size_bytes: u64,
    /// What its first bytes look like.
    #[n(4)]
    pub kind: MediaKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    #[n(0)]
    Attachment,
    #[n(1)]
    Avatar,
    #[n(2)]
    Header,
    /// Given in place of the preview that would be made of another file.
    #[n(3)]
    Thumbnail,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum MediaKind {
    #[n(0)]
    Image,
    #[n(1)]
    Gifv,
    #[n(2)]
    Video,
    #[n(3)]
    Audio,
    #[n(4)]
    Unknown,
}

impl MediaKind {
    pub fn as_str(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Gifv => "gifv",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Unknown => "unknown",
        }
    }
}

/// A file as it lies in the depot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Variant {
    /// Its key in the depot: `media/<id>/original.jpg`. No two variants of a file end alike.
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub content_type: String,
    #[n(2)]
    pub size_bytes: u64,
    /// In pixels; 0 for sound.
    #[n(3)]
    pub width: u32,
    #[n(4)]
    pub height: u32,
}

impl Variant {
    /// How it is addressed below its file's id.
    pub fn file(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

/// What processing made of a file.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Processed {
    #[n(0)]
    pub kind: MediaKind,
    #[n(1)]
    pub original: Variant,
    /// Smaller, and never moving.
    #[n(2)]
    pub preview: Option<Variant>,
    #[n(3)]
    pub blurhash: Option<String>,
    #[n(4)]
    pub duration_ms: Option<u64>,
    /// As ffmpeg writes it: `30/1`.
    #[n(5)]
    pub frame_rate: Option<String>,
    /// Bits in a second.
    #[n(6)]
    pub bitrate: Option<u64>,
}

impl Processed {
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        std::iter::once(&self.original).chain(&self.preview)
    }
}

/// What was made of a file that was given as a preview of another.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct OwnPreview {
    /// The file that was given.
    #[n(0)]
    pub upload: MediaId,
    #[n(1)]
    pub made: PreviewMade,
    #[n(2)]
    pub blurhash: Option<String>,
}

impl OwnPreview {
    /// None if it could not be used.
    pub fn shown(&self) -> Option<&Variant> {
        match &self.made {
            PreviewMade::Shown(variant) => Some(variant),
            PreviewMade::Failed(_) => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum PreviewMade {
    #[n(0)]
    Shown(#[n(0)] Variant),
    /// Why it cannot be used, as its owner is told.
    #[n(1)]
    Failed(#[n(0)] String),
}

/// What must stay in sight when a picture is cropped: from -1 to 1, in millionths; x to the
/// right, y upwards, 0 in the middle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Focus {
    #[n(0)]
    pub x_millionths: i32,
    #[n(1)]
    pub y_millionths: i32,
}

const MILLION: f64 = 1_000_000.0;

impl Focus {
    /// None unless both are from -1 to 1.
    pub fn new(x: f64, y: f64) -> Option<Focus> {
        let is_in = |at: f64| (-1.0..=1.0).contains(&at);
        (is_in(x) && is_in(y)).then(|| Focus {
            x_millionths: (x * MILLION).round() as i32,
            y_millionths: (y * MILLION).round() as i32,
        })
    }

    pub fn x(self) -> f64 {
        f64::from(self.x_millionths) / MILLION
    }

    pub fn y(self) -> f64 {
        f64::from(self.y_millionths) / MILLION
    }
}

//! From a file that claims to be a picture to what is shown. Runs in a child process that holds
//! itself to hard limits; nothing here is called by the server itself.
//!
//! What is made bears nothing but pixels and a colour profile: no EXIF, no place, no comment,
//! and nothing of what may have followed the picture in its file.

mod encode;
mod gif;
mod hash;
mod read;
mod refusal;
mod scale;
mod webp;

use std::path::Path;

use image::DynamicImage;
use minicbor::{Decode, Encode};

use crate::limits;
use crate::sniff::Sniffed;
use read::Still;
pub use refusal::Refusal;
pub use scale::fit;

/// The names of what is made, in the folder that was given.
pub const ORIGINAL: &str = "original";
pub const PREVIEW: &str = "preview";

/// What a picture is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImagePurpose {
    /// Shown with a status, with a preview.
    Attachment,
    /// Square.
    Avatar,
    Header,
    Emoji,
    /// Given by the owner of an attachment in place of its preview; never moves.
    Preview,
}

/// What was made.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Picture {
    #[n(0)]
    pub original: Image,
    /// Of an attachment smaller, of anything else the still of what moves.
    #[n(1)]
    pub preview: Option<Image>,
    #[n(2)]
    pub blurhash: String,
    #[n(3)]
    pub moves: bool,
}

#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Image {
    #[n(0)]
    pub format: Format,
    #[n(1)]
    pub width: u32,
    #[n(2)]
    pub height: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Format {
    #[n(0)]
    Jpeg,
    #[n(1)]
    Png,
    #[n(2)]
    Gif,
    #[n(3)]
    WebP,
}

impl Format {
    pub fn sniffed(self) -> Sniffed {
        match self {
            Format::Jpeg => Sniffed::Jpeg,
            Format::Png => Sniffed::Png,
            Format::Gif => Sniffed::Gif,
            Format::WebP => Sniffed::WebP,
        }
    }
}

impl ImagePurpose {
    pub const ALL: [ImagePurpose; 5] = [
        ImagePurpose::Attachment,
        ImagePurpose::Avatar,
        ImagePurpose::Header,
        ImagePurpose::Emoji,
        ImagePurpose::Preview,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ImagePurpose::Attachment => "attachment",
            ImagePurpose::Avatar => "avatar",
            ImagePurpose::Header => "header",
            ImagePurpose::Emoji => "emoji",
            ImagePurpose::Preview => "preview",
        }
    }

    /// How many bytes of an upload are taken in.
    pub fn bytes_max(self) -> u64 {
        match self {
            ImagePurpose::Attachment | ImagePurpose::Preview => limits::IMAGE_BYTES_MAX,
            ImagePurpose::Avatar | ImagePurpose::Header => limits::PROFILE_IMAGE_BYTES_MAX,
            ImagePurpose::Emoji => limits::EMOJI_BYTES_MAX,
        }
    }

    /// The size that a picture of this size gets.
    fn size(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            ImagePurpose::Attachment => scale::fit(width, height, limits::ORIGINAL_PIXELS_MAX),
            ImagePurpose::Header => scale::fit(width, height, limits::HEADER_PIXELS_MAX),
            ImagePurpose::Emoji => scale::fit(width, height, limits::EMOJI_PIXELS_MAX),
            ImagePurpose::Preview => scale::fit(width, height, limits::PREVIEW_PIXELS_MAX),
            ImagePurpose::Avatar => {
                let side = width.min(height).min(limits::AVATAR_SIDE_MAX);
                (side, side)
            }
        }
    }
}

/// Makes of `input`, which is of the kind `sniffed`, what the purpose asks for, into `folder`.
pub fn make(
    purpose: ImagePurpose,
    sniffed: Sniffed,
    input: &Path,
    folder: &Path,
) -> Result<Picture, Refusal> {
    match sniffed {
        Sniffed::Gif => gif::make(purpose, input, folder),
        Sniffed::WebP => webp::make(purpose, input, folder),
        // What was AVIF comes here as PNG; its like is JPEG all the same.
        Sniffed::Jpeg | Sniffed::Avif => make_still(purpose, sniffed, input, folder, Format::Jpeg),
        Sniffed::Png => make_still(purpose, sniffed, input, folder, Format::Png),
        _ => Err(Refusal::refused("This is not a picture")),
    }
}

fn make_still(
    purpose: ImagePurpose,
    sniffed: Sniffed,
    input: &Path,
    folder: &Path,
    format: Format,
) -> Result<Picture, Refusal> {
    let still = read::still(sniffed, input)?;
    let still = fitted(still, purpose)?;
    let original = encode::write(&still, format, &folder.join(ORIGINAL))?;
    finish(purpose, original, &still, false, folder)
}

/// In the size that the purpose asks for, and the right way up.
fn fitted(still: Still, purpose: ImagePurpose) -> Result<Still, Refusal> {
    let (width, height) = purpose.size(still.image.width(), still.image.height());
    let mut image = scale::to(still.image, width, height)?;
    image.apply_orientation(still.orientation);
    Ok(Still {
        image,
        orientation: image::metadata::Orientation::NoTransforms,
        profile: still.profile,
    })
}

/// Adds preview and blurhash, both of a picture that is the right way up.
fn finish(
    purpose: ImagePurpose,
    original: Image,
    still: &Still,
    moves: bool,
    folder: &Path,
) -> Result<Picture, Refusal> {
    let (width, height) = (still.image.width(), still.image.height());
    let pixels_max = match purpose {
        ImagePurpose::Attachment => Some(limits::PREVIEW_PIXELS_MAX),
        _ => moves.then_some(u64::MAX),
    };
    let mut preview = None;
    let mut small: Option<DynamicImage> = None;
    if let Some(pixels_max) = pixels_max {
        let (width, height) = scale::fit(width, height, pixels_max);
        let shown = still.with(scale::copy(&still.image, width, height)?);
        let format = match purpose {
            ImagePurpose::Attachment => Format::Jpeg,
            _ => Format::Png,
        };
        preview = Some(encode::write(&shown, format, &folder.join(PREVIEW))?);
        small = Some(shown.image);
    }
    Ok(Picture {
        original,
        preview,
        blurhash: hash::of(small.as_ref().unwrap_or(&still.image))?,
        moves,
    })
}

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits};

use super::Refusal;
use crate::limits::{IMAGE_PIXELS_MAX, SIDE_MAX};
use crate::sniff::Sniffed;

/// Memory for pixels while one picture is decoded, in bytes. The child has twice as much.
const DECODING_BYTES_MAX: u64 = 512 * 1_024 * 1_024;
/// A colour profile that is larger is left out, in bytes.
const PROFILE_BYTES_MAX: usize = 1_024 * 1_024;

/// A picture that does not move, with 8 bits for each of three or four colours.
pub struct Still {
    pub image: DynamicImage,
    pub orientation: Orientation,
    /// An ICC profile, of colours as these are.
    pub profile: Option<Vec<u8>>,
}

impl Still {
    pub fn with(&self, image: DynamicImage) -> Still {
        Still {
            image,
            orientation: self.orientation,
            profile: self.profile.clone(),
        }
    }
}

/// Reads a JPEG or a PNG.
pub fn still(sniffed: Sniffed, input: &Path) -> Result<Still, Refusal> {
    let file = BufReader::new(File::open(input)?);
    match sniffed {
        Sniffed::Jpeg => decode(JpegDecoder::new(file)?),
        _ => decode(PngDecoder::with_limits(file, limits())?),
    }
}

/// Nothing is decoded before the header's measures were judged.
pub fn decode(mut decoder: impl ImageDecoder) -> Result<Still, Refusal> {
    let (width, height) = decoder.dimensions();
    require_size(width, height)?;
    decoder.set_limits(limits())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder)?;
    let is_coloured = image.color().has_color();
    let image = match image.color().has_alpha() {
        true => DynamicImage::ImageRgba8(image.into_rgba8()),
        false => DynamicImage::ImageRgb8(image.into_rgb8()),
    };
    Ok(Still {
        image,
        orientation,
        profile: profile.filter(|profile| is_coloured && is_of_rgb(profile)),
    })
}

pub fn require_size(width: u32, height: u32) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Refusal::broken());
    }
    if pixels > IMAGE_PIXELS_MAX || width.max(height) > SIDE_MAX {
        return Err(Refusal::too_large(width, height));
    }
    Ok(())
}

/// Of memory; measures are judged by [`require_size`], which says what they are.
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODING_BYTES_MAX);
    limits
}

/// ICC.1: the colour space of the data is in bytes 16 to 19, the signature in 36 to 39. A profile
/// for inks says nothing of what was decoded to red, green and blue.
fn is_of_rgb(profile: &[u8]) -> bool {
    profile.len() <= PROFILE_BYTES_MAX
        && profile.get(16..20) == Some(b"RGB ")
        && profile.get(36..40) == Some(b"acsp")
}

/// A reader that a decoder takes.
pub fn open(input: &Path) -> Result<impl BufRead + Seek, Refusal> {
    Ok(BufReader::new(File::open(input)?))
}

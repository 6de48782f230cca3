use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder};

use super::read::Still;
use super::{Format, Image, Refusal};

/// As Mastodon.
const JPEG_QUALITY: u8 = 90;

/// Writes the picture, as PNG if it is to be one or has transparent places, else as JPEG.
pub fn write(still: &Still, format: Format, path: &Path) -> Result<Image, Refusal> {
    let mut file = BufWriter::new(File::create(path)?);
    let format = match format {
        Format::Jpeg if !is_transparent(&still.image) => {
            let encoder = JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY);
            encode(still, encoder)?;
            Format::Jpeg
        }
        _ => {
            encode(still, PngEncoder::new(&mut file))?;
            Format::Png
        }
    };
    file.flush()?;
    Ok(Image {
        format,
        width: still.image.width(),
        height: still.image.height(),
    })
}

fn encode(still: &Still, mut encoder: impl ImageEncoder) -> Result<(), Refusal> {
    if let Some(profile) = &still.profile {
        // An encoder that cannot keep profiles leaves the colours as they are.
        let _ = encoder.set_icc_profile(profile.clone());
    }
    match &still.image {
        DynamicImage::ImageRgba8(image) if !is_transparent(&still.image) => {
            let opaque = DynamicImage::ImageRgba8(image.clone()).into_rgb8();
            opaque.write_with_encoder(encoder)?;
        }
        image => image.write_with_encoder(encoder)?,
    }
    Ok(())
}

fn is_transparent(image: &DynamicImage) -> bool {
    match image {
        DynamicImage::ImageRgba8(image) => image.pixels().any(|pixel| pixel.0[3] != u8::MAX),
        _ => false,
    }
}

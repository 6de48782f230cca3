use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage, RgbaImage};

use super::Refusal;

/// The largest size of the same shape with at most so many pixels; never larger than it is.
pub fn fit(width: u32, height: u32, pixels_max: u64) -> (u32, u32) {
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= pixels_max {
        return (width, height);
    }
    let scale = (pixels_max as f64 / pixels as f64).sqrt();
    let shrunk = |side: u32| ((f64::from(side) * scale).floor() as u32).clamp(1, side);
    let (narrow, low) = (shrunk(width), shrunk(height));
    // A side that cannot be less than 1 leaves less for the other.
    let fitting =
        |side: u32, other: u32| u64::from(side).min(pixels_max / u64::from(other)).max(1) as u32;
    (fitting(narrow, low), fitting(low, narrow))
}

/// The middle of the picture in the given shape, scaled; the picture itself if it is of that size.
pub fn to(image: DynamicImage, width: u32, height: u32) -> Result<DynamicImage, Refusal> {
    match (image.width(), image.height()) == (width, height) {
        true => Ok(image),
        false => copy(&image, width, height),
    }
}

/// As [`to`], and leaves the picture as it is.
pub fn copy(image: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage, Refusal> {
    if (image.width(), image.height()) == (width, height) {
        return Ok(image.clone());
    }
    let failed = |error: &dyn std::fmt::Display| Refusal::Failed(format!("scaling: {error}"));
    let pixel_type = match image.color().has_alpha() {
        true => PixelType::U8x4,
        false => PixelType::U8x3,
    };
    let from = ImageRef::new(image.width(), image.height(), image.as_bytes(), pixel_type)
        .map_err(|error| failed(&error))?;
    let mut to = Image::new(width, height, pixel_type);
    let options = ResizeOptions::new().fit_into_destination(Some((0.5, 0.5)));
    Resizer::new()
        .resize(&from, &mut to, &options)
        .map_err(|error| failed(&error))?;
    let pixels = to.into_vec();
    let scaled = match pixel_type {
        PixelType::U8x4 => RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
    };
    scaled.ok_or_else(|| failed(&"a wrong number of pixels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_their_shape_and_stay_within_the_limit() {
        assert_eq!(fit(640, 360, 230_400), (640, 360));
        assert_eq!(fit(3840, 2160, 230_400), (640, 360));
        assert_eq!(fit(1, 1_000_000, 1_000), (1, 1_000));
        for (width, height) in [(5_000, 3), (3, 5_000), (7_680, 4_320), (4_001, 3_999)] {
            let (narrow, low) = fit(width, height, 1_000);
            assert!(narrow >= 1 && low >= 1 && u64::from(narrow) * u64::from(low) <= 1_000);
        }
    }
}

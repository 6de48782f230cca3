use image::DynamicImage;

use super::{Refusal, scale};

/// As Mastodon.
const COMPONENTS: u32 = 4;
/// More pixels than this say nothing more.
const PIXELS_MAX: u64 = 64 * 64;

/// The blurhash of the picture.
pub fn of(image: &DynamicImage) -> Result<String, Refusal> {
    let (width, height) = scale::fit(image.width(), image.height(), PIXELS_MAX);
    let small = scale::copy(image, width, height)?.into_rgba8();
    blurhash::encode(COMPONENTS, COMPONENTS, width, height, small.as_raw())
        .map_err(|error| Refusal::Failed(format!("blurhash: {error}")))
}

//! What is made of pictures, by a real child process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use petrel_media::{ImagePurpose, Kind, Sniffed};
use support::samples::{self, BLUE, GREEN, RED, SECRET, WHITE};
use support::{House, bytes, holds, opened};

const PIECES: [&[u8]; 5] = [SECRET, b"Exif", b"EXIF", b"ns.adobe.com", b"<html"];

#[tokio::test]
async fn each_kind_of_picture_is_made_with_preview_and_blurhash() {
    let house = House::plain();
    let drawn = samples::corners(1_200, 900);
    let cases = [
        (samples::jpeg(&drawn), Sniffed::Jpeg),
        (samples::png(drawn.clone()), Sniffed::Png),
        (samples::webp(drawn), Sniffed::WebP),
        (samples::gif(640, 480, 1), Sniffed::Gif),
        (samples::gif(320, 200, 3), Sniffed::Gif),
    ];
    for (file, kind) in cases {
        let made = house.attach(&file).await.unwrap();
        let preview = made.preview.unwrap();
        assert_eq!((made.kind, made.original.kind), (Kind::Image, kind));
        assert!(u64::from(preview.width) * u64::from(preview.height) <= 230_400);
        let shape = |width: u32, height: u32| f64::from(width) / f64::from(height);
        let (whole, small) = (
            shape(made.original.width, made.original.height),
            shape(preview.width, preview.height),
        );
        assert!(
            (whole - small).abs() < 0.02,
            "{kind:?}: {whole} and {small}"
        );
        assert_eq!(
            made.original.size_bytes,
            bytes(&made.original.path).len() as u64
        );
        let seen = image::load_from_memory(&bytes(&preview.path)).unwrap();
        assert_eq!(
            (seen.width(), seen.height()),
            (preview.width, preview.height)
        );
        let hash = made.blurhash.unwrap();
        assert!(blurhash::decode(&hash, 8, 8, 1.0).is_ok(), "{hash}");
    }
}

#[tokio::test]
async fn a_picture_is_turned_as_its_exif_says_and_keeps_none_of_it() {
    let house = House::plain();
    // Corners from left to right and top to bottom, as they are to be seen (EXIF 2.3, table 6).
    let expected = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    let drawn = samples::corners(64, 32);
    for (orientation, corners) in (1..=8).zip(expected) {
        let files = [
            samples::jpeg_with_metadata(&samples::jpeg(&drawn), orientation),
            samples::png_with_metadata(&samples::png(drawn.clone()), orientation),
            samples::webp_with_metadata(&samples::webp(drawn.clone()), 64, 32, orientation),
        ];
        for file in files {
            assert!(holds(&file, SECRET));
            let made = house.attach(&file).await.unwrap();
            let size = (made.original.width, made.original.height);
            let turned = if orientation > 4 { (32, 64) } else { (64, 32) };
            assert_eq!(size, turned, "{orientation}, {:?}", made.original.kind);
            let preview = made.preview.as_ref().unwrap();
            for variant in [&made.original, preview] {
                let seen = opened(variant);
                assert_eq!((seen.width(), seen.height()), turned);
                for (place, colour) in corners.into_iter().enumerate() {
                    let x = if place % 2 == 0 { 4 } else { turned.0 - 5 };
                    let y = if place < 2 { 4 } else { turned.1 - 5 };
                    let pixel = seen.get_pixel(x, y).0;
                    let near = colour.iter().zip(pixel).all(|(a, b)| a.abs_diff(b) < 40);
                    assert!(near, "{orientation}, {place}: {pixel:?} is not {colour:?}");
                }
                let kept = bytes(&variant.path);
                for piece in PIECES {
                    assert!(
                        !holds(&kept, piece),
                        "{orientation}: {}",
                        piece.escape_ascii()
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn what_hides_in_a_gif_or_behind_a_picture_is_gone() {
    let house = House::plain();
    let page = [b"<html><script>alert(1)</script>".as_slice(), SECRET].concat();
    let drawn = samples::corners(40, 30);
    let zip = [b"PK\x03\x04".as_slice(), SECRET].concat();
    let files = [
        samples::gif_with_metadata(&samples::gif(40, 30, 3)),
        [samples::jpeg(&drawn), page.clone()].concat(),
        [samples::jpeg(&drawn), zip].concat(),
        [samples::png(drawn.clone()), page.clone()].concat(),
        [samples::webp(drawn), page].concat(),
    ];
    for file in files {
        let made = house.attach(&file).await.unwrap();
        for variant in [&made.original, made.preview.as_ref().unwrap()] {
            let kept = bytes(&variant.path);
            assert!(
                !holds(&kept, SECRET) && !holds(&kept, b"<html") && !holds(&kept, b"PK\x03\x04")
            );
        }
    }
}

#[tokio::test]
async fn a_large_picture_is_made_smaller_and_transparency_stays() {
    let house = House::plain();
    let large = samples::jpeg(&samples::noise(3_400, 2_500, 1));
    let made = house.attach(&large).await.unwrap();
    let pixels = u64::from(made.original.width) * u64::from(made.original.height);
    assert!((8_200_000..=8_294_400).contains(&pixels), "{pixels}");

    let clear = image::RgbaImage::from_fn(90, 60, |x, _| image::Rgba([9, 9, 9, (x * 2) as u8]));
    for file in [samples::png(clear.clone()), samples::webp(clear.clone())] {
        let made = house.attach(&file).await.unwrap();
        let preview = made.preview.as_ref().unwrap();
        assert_eq!(preview.kind, Sniffed::Png);
        assert_eq!(opened(&made.original).get_pixel(0, 0).0[3], 0);
        assert_eq!(opened(preview).get_pixel(0, 0).0[3], 0);
    }
}

#[tokio::test]
async fn a_colour_profile_stays_with_its_colours() {
    let house = House::plain();
    let mut profile = vec![0; 200];
    profile[16..20].copy_from_slice(b"RGB ");
    profile[36..40].copy_from_slice(b"acsp");
    for (space, stays) in [(b"RGB ", true), (b"CMYK", false)] {
        profile[16..20].copy_from_slice(space);
        let mut file = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut file);
        image::ImageEncoder::set_icc_profile(&mut encoder, profile.clone()).unwrap();
        samples::corners(30, 20)
            .write_with_encoder(encoder)
            .unwrap();
        let made = house.attach(&file).await.unwrap();
        assert_eq!(holds(&bytes(&made.original.path), b"acsp"), stays);
    }
}

#[tokio::test]
async fn avatars_headers_and_emojis_have_their_sizes_and_stills() {
    let house = House::plain();
    let wide = samples::png(samples::corners(1_000, 500));
    let avatar = house.image(&wide, ImagePurpose::Avatar).await.unwrap();
    assert_eq!((avatar.original.width, avatar.original.height), (400, 400));
    assert!(avatar.preview.is_none());
    // The middle is kept: the colours still meet there.
    assert_eq!(opened(&avatar.original).get_pixel(10, 10).0[..3], RED);

    let large = samples::jpeg(&samples::corners(3_000, 1_000));
    let header = house.image(&large, ImagePurpose::Header).await.unwrap();
    assert_eq!(
        (header.original.width, header.original.height),
        (1_500, 500)
    );

    let moving = samples::gif(600, 500, 4);
    let avatar = house.image(&moving, ImagePurpose::Avatar).await.unwrap();
    assert_eq!(
        (avatar.original.kind, avatar.original.width),
        (Sniffed::Gif, 400)
    );
    let still = avatar.preview.unwrap();
    assert_eq!(
        (still.kind, still.width, still.height),
        (Sniffed::Png, 400, 400)
    );

    let emoji = house
        .image(&samples::gif(64, 64, 3), ImagePurpose::Emoji)
        .await
        .unwrap();
    assert_eq!(
        (emoji.original.kind, emoji.original.width),
        (Sniffed::Gif, 64)
    );
    assert_eq!(emoji.preview.unwrap().kind, Sniffed::Png);
    let still = house.image(&wide, ImagePurpose::Emoji).await.unwrap();
    assert!(still.preview.is_none());
}

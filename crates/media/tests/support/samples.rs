//! Files made on the spot.

use std::io::Cursor;

use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::{Delay, DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// What metadata says where it should not be read any more.
pub const SECRET: &[u8] = b"Home-52.5163-13.3777";
pub const RED: [u8; 3] = [220, 20, 20];
pub const GREEN: [u8; 3] = [20, 200, 20];
pub const BLUE: [u8; 3] = [20, 20, 220];
pub const WHITE: [u8; 3] = [240, 240, 240];

/// Red, green, blue and white in the corners, read from left to right and from top to bottom.
pub fn corners(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    })
}

/// Noise, which compresses badly; the same for the same seed.
pub fn noise(width: u32, height: u32, mut seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
    })
}

pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 92);
    image.write_with_encoder(encoder).unwrap();
    bytes
}

pub fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    coded(image, ImageFormat::Png)
}

pub fn webp(image: impl Into<DynamicImage>) -> Vec<u8> {
    coded(image, ImageFormat::WebP)
}

fn coded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn gif(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
        encoder.set_repeat(Repeat::Infinite).unwrap();
        for number in 0..frames {
            let shade = (number * 40 % 256) as u8;
            let image = RgbaImage::from_pixel(width, height, Rgba([shade, 90, 200, 255]));
            let delay = Delay::from_numer_denom_ms(100, 1);
            encoder
                .encode_frame(Frame::from_parts(image, 0, 0, delay))
                .unwrap();
        }
    }
    bytes
}

/// A TIFF structure with an orientation, a description and a place (EXIF 2.3).
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2A\0\0\0\x08".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut entry = tag.to_be_bytes().to_vec();
        entry.extend(kind.to_be_bytes());
        entry.extend(count.to_be_bytes());
        entry.extend(value);
        entry
    };
    let text_at = 8 + 2 + 3 * 12 + 4;
    let place_at = text_at + SECRET.len() as u32;
    tiff.extend(3_u16.to_be_bytes());
    tiff.extend(entry(0x010E, 2, SECRET.len() as u32, text_at.to_be_bytes()));
    tiff.extend(entry(0x0112, 3, 1, [0, orientation, 0, 0]));
    tiff.extend(entry(0x8825, 4, 1, place_at.to_be_bytes()));
    tiff.extend(0_u32.to_be_bytes());
    tiff.extend(SECRET);
    tiff.extend(1_u16.to_be_bytes());
    tiff.extend(entry(1, 2, 2, *b"N\0\0\0"));
    tiff.extend(0_u32.to_be_bytes());
    tiff
}

/// With EXIF, XMP and a comment.
pub fn jpeg_with_metadata(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    let mut segment = |marker: u8, body: &[u8]| {
        bytes.extend([0xFF, marker]);
        bytes.extend((body.len() as u16 + 2).to_be_bytes());
        bytes.extend(body);
    };
    segment(0xE1, &[b"Exif\0\0".as_slice(), &exif(orientation)].concat());
    segment(
        0xE1,
        &[b"http://ns.adobe.com/xap/1.0/\0".as_slice(), SECRET].concat(),
    );
    segment(0xFE, SECRET);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// With eXIf and tEXt behind the header.
pub fn png_with_metadata(png: &[u8], orientation: u8) -> Vec<u8> {
    const AFTER_HEADER: usize = 8 + 25;
    let mut bytes = png[..AFTER_HEADER].to_vec();
    bytes.extend(png_chunk(
        b"tEXt",
        &[b"Comment\0".as_slice(), SECRET].concat(),
    ));
    bytes.extend(png_chunk(b"eXIf", &exif(orientation)));
    bytes.extend(&png[AFTER_HEADER..]);
    bytes
}

pub fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), body].concat();
    let mut chunk = (body.len() as u32).to_be_bytes().to_vec();
    chunk.extend(&named);
    chunk.extend(crc32(&named).to_be_bytes());
    chunk
}

/// ISO 3309, as PNG uses it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xEDB8_8320 * (crc & 1));
        }
    }
    !crc
}

/// In the extended form, with EXIF and XMP at the end.
pub fn webp_with_metadata(webp: &[u8], width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    let mut chunk = |name: &[u8; 4], bytes: &[u8]| {
        body.extend(name);
        body.extend((bytes.len() as u32).to_le_bytes());
        body.extend(bytes);
        if bytes.len() % 2 == 1 {
            body.push(0);
        }
    };
    let mut extended = vec![0x08 | 0x04, 0, 0, 0];
    extended.extend(&(width - 1).to_le_bytes()[..3]);
    extended.extend(&(height - 1).to_le_bytes()[..3]);
    chunk(b"VP8X", &extended);
    let size = u32::from_le_bytes(webp[16..20].try_into().unwrap()) as usize;
    chunk(&webp[12..16].try_into().unwrap(), &webp[20..20 + size]);
    chunk(b"EXIF", &exif(orientation));
    chunk(b"XMP ", SECRET);
    riff(&body)
}

pub fn riff(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// With a comment behind the global colours, and a page behind the end.
pub fn gif_with_metadata(gif: &[u8]) -> Vec<u8> {
    let colours = match gif[10] & 0x80 {
        0 => 0,
        _ => 3 << ((gif[10] & 7) + 1),
    };
    let (before, after) = gif.split_at(13 + colours);
    let comment = [b"\x21\xFE".as_slice(), &[SECRET.len() as u8], SECRET, b"\0"].concat();
    [before, &comment, after, b"<html>", SECRET].concat()
}

/// Says that it is 50,000 pixels wide and high, in a few hundred bytes.
pub fn png_bomb() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    let mut header = 50_000_u32.to_be_bytes().to_vec();
    header.extend(50_000_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    bytes.extend(png_chunk(b"IHDR", &header));
    bytes.extend(png_chunk(b"IDAT", &[0x78, 0x9C, 0x63, 0, 0]));
    bytes.extend(png_chunk(b"IEND", &[]));
    bytes
}

/// So many frames of one pixel.
pub fn gif_bomb(frames: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    for _ in 0..frames {
        bytes.extend(b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(0x3B);
    bytes
}

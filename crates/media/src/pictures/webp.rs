//! WebP is kept as it came if its size may stay: only the chunks that are pixels, colours and
//! times are copied (Google's WebP Container Specification). Everything was decoded once before.

use std::path::Path;

use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage};

use super::read::{self, Still};
use super::{Format, Image, ImagePurpose, ORIGINAL, Picture, Refusal, encode, finish, fitted};
use crate::limits::{FRAMES_MAX, FRAMES_PIXELS_MAX};

const RIFF_HEADER: usize = 12;
const CHUNK_HEADER: usize = 8;
/// What an ANMF chunk says of its frame before the chunks of that frame.
const FRAME_HEADER: usize = 16;
/// Flags of VP8X: there is a chunk EXIF, or XMP.
const METADATA_FLAGS: u8 = 0x08 | 0x04;

pub fn make(purpose: ImagePurpose, input: &Path, folder: &Path) -> Result<Picture, Refusal> {
    let bytes = std::fs::read(input)?;
    let clean = Clean::of(&bytes)?;
    drop(bytes);
    let decoder = WebPDecoder::new(read::open(input)?)?;
    let still = match decoder.has_animation() {
        true => first_frame(decoder, clean.frames)?,
        false => read::decode(decoder)?,
    };
    let size = (still.image.width(), still.image.height());
    let stays =
        purpose.size(size.0, size.1) == size && still.orientation == Orientation::NoTransforms;
    let still = fitted(still, purpose)?;
    let path = folder.join(ORIGINAL);
    if !stays {
        let original = encode::write(&still, Format::Jpeg, &path)?;
        return finish(purpose, original, &still, false, folder);
    }
    std::fs::write(&path, &clean.bytes)?;
    let original = Image {
        format: Format::WebP,
        width: size.0,
        height: size.1,
    };
    finish(purpose, original, &still, clean.frames > 1, folder)
}

fn first_frame(
    decoder: WebPDecoder<impl std::io::BufRead + std::io::Seek>,
    frames: u64,
) -> Result<Still, Refusal> {
    let (width, height) = image::ImageDecoder::dimensions(&decoder);
    read::require_size(width, height)?;
    let pixels = u64::from(width) * u64::from(height) * frames;
    if frames > FRAMES_MAX || pixels > FRAMES_PIXELS_MAX {
        return Err(Refusal::refused(
            "The picture has too many or too large frames",
        ));
    }
    let mut decoded = decoder.into_frames();
    let first = decoded.next().ok_or_else(Refusal::broken)??;
    for frame in decoded {
        frame?;
    }
    Ok(Still {
        image: DynamicImage::ImageRgba8(first.into_buffer()),
        orientation: Orientation::NoTransforms,
        profile: None,
    })
}

/// The file without what is not shown.
struct Clean {
    bytes: Vec<u8>,
    frames: u64,
}

impl Clean {
    fn of(bytes: &[u8]) -> Result<Clean, Refusal> {
        let body = bytes.get(RIFF_HEADER..).ok_or_else(Refusal::broken)?;
        let mut clean = Clean {
            bytes: b"RIFF\0\0\0\0WEBP".to_vec(),
            frames: 0,
        };
        // What follows the length that the header states is no part of the picture.
        let stated = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        let length = stated.saturating_sub(4).min(body.len());
        for chunk in chunks(&body[..length]) {
            clean.keep(chunk?)?;
        }
        let size =
            u32::try_from(clean.bytes.len() - CHUNK_HEADER).map_err(|_| Refusal::broken())?;
        clean.bytes[4..8].copy_from_slice(&size.to_le_bytes());
        Ok(clean)
    }

    fn keep(&mut self, (name, body): Chunk) -> Result<(), Refusal> {
        match &name {
            b"VP8X" => {
                let mut body = body.to_vec();
                if let Some(flags) = body.first_mut() {
                    *flags &= !METADATA_FLAGS;
                }
                self.add(name, &body);
            }
            b"ANMF" => {
                self.frames += 1;
                let header = body.get(..FRAME_HEADER).ok_or_else(Refusal::broken)?;
                let mut frame = Clean {
                    bytes: header.to_vec(),
                    frames: 0,
                };
                for chunk in chunks(&body[FRAME_HEADER..]) {
                    let (name, body) = chunk?;
                    if matches!(&name, b"ALPH" | b"VP8 " | b"VP8L") {
                        frame.add(name, body);
                    }
                }
                self.add(name, &frame.bytes);
            }
            b"ICCP" | b"ANIM" | b"ALPH" | b"VP8 " | b"VP8L" => self.add(name, body),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, name: [u8; 4], body: &[u8]) {
        self.bytes.extend_from_slice(&name);
        self.bytes
            .extend_from_slice(&(body.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(body);
        if body.len() % 2 == 1 {
            self.bytes.push(0);
        }
    }
}

type Chunk<'a> = ([u8; 4], &'a [u8]);

fn chunks(mut bytes: &[u8]) -> impl Iterator<Item = Result<Chunk<'_>, Refusal>> {
    std::iter::from_fn(move || {
        if bytes.len() < CHUNK_HEADER {
            return None;
        }
        let (header, rest) = bytes.split_at(CHUNK_HEADER);
        let name = [header[0], header[1], header[2], header[3]];
        let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let Some(body) = rest.get(..size) else {
            bytes = &[];
            return Some(Err(Refusal::broken()));
        };
        bytes = rest.get(size + size % 2..).unwrap_or_default();
        Some(Ok((name, body)))
    })
}

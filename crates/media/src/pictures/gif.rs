//! GIFs are written anew frame by frame, so nothing stays but frames, their times and colours.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use ::gif::{ColorOutput, DecodeOptions, DecodingError, Encoder, EncodingError, MemoryLimit};
use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::{AnimationDecoder, DynamicImage, Frame};

use super::{Format, Image, ImagePurpose, ORIGINAL, Picture, Refusal};
use super::{encode, finish, fitted, read, scale};
use crate::limits::{FRAMES_MAX, FRAMES_PIXELS_MAX, GIF_PIXELS_MAX, MOVING_PIXELS_MAX};

/// How hard is looked for the best colours of a scaled frame: 1 is best, 30 is quickest.
const COLOURS_SPEED: i32 = 15;

struct Header {
    width: u32,
    height: u32,
    frames: u64,
    repeat: ::gif::Repeat,
}

pub fn make(purpose: ImagePurpose, input: &Path, folder: &Path) -> Result<Picture, Refusal> {
    let header = header(input)?;
    let first = read::decode(GifDecoder::new(read::open(input)?)?)?;
    let still = fitted(first, purpose)?;
    let size = (still.image.width(), still.image.height());
    let moves = header.frames > 1;
    let keeps_size = size == (header.width, header.height);
    let path = folder.join(ORIGINAL);
    let is_bounded = |size: (u32, u32)| {
        u64::from(size.0) * u64::from(size.1) * header.frames <= MOVING_PIXELS_MAX
    };
    let original = match (moves || purpose == ImagePurpose::Attachment, keeps_size) {
        (true, true) => {
            copy(input, &path, header.repeat)?;
            gif(size)
        }
        (true, false) if is_bounded(size) && is_bounded((header.width, header.height)) => {
            copy_scaled(input, &path, size, header.repeat)?;
            gif(size)
        }
        _ => {
            let original = encode::write(&still, Format::Png, &path)?;
            return finish(purpose, original, &still, false, folder);
        }
    };
    finish(purpose, original, &still, moves, folder)
}

fn gif((width, height): (u32, u32)) -> Image {
    Image {
        format: Format::Gif,
        width,
        height,
    }
}

/// Goes through all frames without decoding one.
fn header(input: &Path) -> Result<Header, Refusal> {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut decoder = options.read_info(BufReader::new(File::open(input)?))?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Refusal::broken());
    }
    if pixels > GIF_PIXELS_MAX {
        return Err(Refusal::too_large(width, height));
    }
    let (mut frames, mut frame_pixels) = (0, 0);
    while let Some(frame) = decoder.next_frame_info()? {
        frames += 1;
        let own = u64::from(frame.width) * u64::from(frame.height);
        frame_pixels += own.max(pixels);
        if own > GIF_PIXELS_MAX || frames > FRAMES_MAX || frame_pixels > FRAMES_PIXELS_MAX {
            return Err(Refusal::refused("The GIF has too many or too large frames"));
        }
    }
    match frames {
        0 => Err(Refusal::broken()),
        _ => Ok(Header {
            width,
            height,
            frames,
            repeat: decoder.repeat(),
        }),
    }
}

/// The same frames in a file that has nothing else.
fn copy(input: &Path, output: &Path, repeat: ::gif::Repeat) -> Result<(), Refusal> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // What a frame may take at most, with one byte for a pixel.
    let bytes_max = std::num::NonZeroU64::new(GIF_PIXELS_MAX).expect("the limit is not zero");
    options.set_memory_limit(MemoryLimit::Bytes(bytes_max));
    let mut decoder = options.read_info(BufReader::new(File::open(input)?))?;
    let palette = decoder.global_palette().unwrap_or_default().to_vec();
    let mut file = BufWriter::new(File::create(output)?);
    {
        let mut encoder = Encoder::new(&mut file, decoder.width(), decoder.height(), &palette)?;
        encoder.set_repeat(repeat)?;
        while let Some(frame) = decoder.read_next_frame()? {
            encoder.write_frame(frame)?;
        }
    }
    file.flush()?;
    Ok(())
}

fn copy_scaled(
    input: &Path,
    output: &Path,
    (width, height): (u32, u32),
    repeat: ::gif::Repeat,
) -> Result<(), Refusal> {
    let decoder = GifDecoder::new(read::open(input)?)?;
    let mut file = BufWriter::new(File::create(output)?);
    {
        let mut encoder = GifEncoder::new_with_speed(&mut file, COLOURS_SPEED);
        encoder.set_repeat(match repeat {
            ::gif::Repeat::Finite(times) => Repeat::Finite(times),
            ::gif::Repeat::Infinite => Repeat::Infinite,
        })?;
        for frame in decoder.into_frames() {
            let frame = frame?;
            let delay = frame.delay();
            let whole = DynamicImage::ImageRgba8(frame.into_buffer());
            let scaled = scale::to(whole, width, height)?.into_rgba8();
            encoder.encode_frame(Frame::from_parts(scaled, 0, 0, delay))?;
        }
    }
    file.flush()?;
    Ok(())
}

impl From<DecodingError> for Refusal {
    fn from(error: DecodingError) -> Refusal {
        match error {
            DecodingError::Io(error) => error.into(),
            _ => Refusal::broken(),
        }
    }
}

impl From<EncodingError> for Refusal {
    fn from(error: EncodingError) -> Refusal {
        match error {
            EncodingError::Io(error) => error.into(),
            _ => Refusal::broken(),
        }
    }
}

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::Facts;
use crate::error::MediaError;

/// A box that says how to play is no larger, in bytes.
const MOOV_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Boxes in a file at the top; fragmented films have many.
const BOXES_MAX: usize = 100_000;
const HEADER: usize = 8;
const LARGE_HEADER: usize = 16;
/// ISO/IEC 14496-12: what is neither needed to play nor seen: user data, metadata, extensions.
const METADATA: [&[u8; 4]; 3] = [b"udta", b"meta", b"uuid"];

/// Makes free space, full of zeros, of all metadata. Nothing moves, so all offsets stay right.
pub fn strip(path: &Path) -> Result<Facts, MediaError> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let (length, mut at) = (file.metadata()?.len(), 0);
    let mut facts = Facts::default();
    for _ in 0..BOXES_MAX {
        if at == length {
            return Ok(facts);
        }
        let (name, header, size) = header(&mut file, at, length)?;
        let body = size - header;
        file.seek(SeekFrom::Start(at + header))?;
        if METADATA.contains(&&name) {
            std::io::copy(&mut std::io::repeat(0).take(body), &mut file)?;
            file.seek(SeekFrom::Start(at + 4))?;
            file.write_all(b"free")?;
        } else if &name == b"moov" {
            if body > MOOV_BYTES_MAX {
                return Err(broken());
            }
            let mut moov = vec![0; body as usize];
            file.read_exact(&mut moov)?;
            clean(&mut moov, &mut facts, Level::Movie)?;
            file.seek(SeekFrom::Start(at + header))?;
            file.write_all(&moov)?;
        }
        at += size;
    }
    Err(broken())
}

/// Name, length of the header and of the whole.
fn header(file: &mut File, at: u64, end: u64) -> Result<([u8; 4], u64, u64), MediaError> {
    let mut bytes = [0; LARGE_HEADER];
    file.seek(SeekFrom::Start(at))?;
    let left = end - at;
    if left < HEADER as u64 {
        return Err(broken());
    }
    let read = (LARGE_HEADER as u64).min(left) as usize;
    file.read_exact(&mut bytes[..read])?;
    let name = [bytes[4], bytes[5], bytes[6], bytes[7]];
    let (length, size) = match number(&bytes[..4]) {
        0 => (HEADER, left),
        1 => (LARGE_HEADER, number(&bytes[HEADER..])),
        size => (HEADER, size),
    };
    match size >= length as u64 && size <= left {
        true => Ok((name, length as u64, size)),
        false => Err(broken()),
    }
}

/// Whose boxes they are.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Movie,
    Track,
}

/// Goes through the boxes inside `moov` and, one level further down, inside each `trak`, and no
/// deeper, whatever is in there: how deep is for whoever made the file to say.
fn clean(boxes: &mut [u8], facts: &mut Facts, level: Level) -> Result<(), MediaError> {
    let mut rest = boxes;
    while !rest.is_empty() {
        let size = rest.get(..4).map(number).ok_or_else(broken)? as usize;
        let size = if size == 0 { rest.len() } else { size };
        if size < HEADER || size > rest.len() {
            return Err(broken());
        }
        let (own, others) = rest.split_at_mut(size);
        let (header, body) = own.split_at_mut(HEADER);
        let name = [header[4], header[5], header[6], header[7]];
        match &name {
            b"trak" if level == Level::Movie => clean(body, facts, Level::Track)?,
            b"mvhd" => facts.duration_ms = duration_ms(body),
            b"tkhd" => measure(body, facts),
            name if METADATA.contains(&name) => {
                body.fill(0);
                header[4..].copy_from_slice(b"free");
            }
            _ => {}
        }
        rest = others;
    }
    Ok(())
}

/// ISO/IEC 14496-12, 8.2.2: times have four bytes, or eight in version 1.
fn duration_ms(mvhd: &[u8]) -> Option<u64> {
    let (scale, duration) = match mvhd.first()? {
        1 => (mvhd.get(20..24)?, mvhd.get(24..32)?),
        _ => (mvhd.get(12..16)?, mvhd.get(16..20)?),
    };
    number(duration)
        .checked_mul(1_000)?
        .checked_div(number(scale))
}

/// ISO/IEC 14496-12, 8.3.2: width and height are at the end, as 16.16 fixed-point numbers.
fn measure(tkhd: &[u8], facts: &mut Facts) {
    let Some(start) = tkhd.len().checked_sub(8) else {
        return;
    };
    let (width, height) = (number(&tkhd[start..start + 4]), number(&tkhd[start + 4..]));
    if facts.width == 0 {
        facts.width = (width >> 16) as u32;
        facts.height = (height >> 16) as u32;
    }
}

/// Big-endian, of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn broken() -> MediaError {
    MediaError::refused("The file is broken and cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = (HEADER + body.len()) as u32;
        [&size.to_be_bytes()[..], name, body].concat()
    }

    fn film() -> Vec<u8> {
        let mvhd = made(
            b"mvhd",
            &[[0; 12].as_slice(), &[0, 0, 3, 232], &[0, 0, 19, 136]].concat(),
        );
        let tkhd = made(
            b"tkhd",
            &[[0; 76].as_slice(), &[7, 128, 0, 0, 4, 56, 0, 0]].concat(),
        );
        let track = made(
            b"trak",
            &[tkhd, made(b"udta", b"+52.5163+013.3777/")].concat(),
        );
        let place = made(b"udta", b"\xA9xyz+52.5163+013.3777/");
        let moov = made(b"moov", &[mvhd, track, place].concat());
        [
            made(b"ftyp", b"isom\0\0\0\0"),
            moov,
            made(b"mdat", b"frames"),
            made(b"uuid", b"+52.5163"),
        ]
        .concat()
    }

    #[test]
    fn places_are_gone_and_nothing_has_moved() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), film()).unwrap();
        let facts = strip(file.path()).unwrap();
        let after = std::fs::read(file.path()).unwrap();
        assert_eq!(after.len(), film().len());
        assert!(!after.windows(7).any(|window| window == b"52.5163"));
        assert!(after.windows(6).any(|window| window == b"frames"));
        assert_eq!(
            (facts.width, facts.height, facts.duration_ms),
            (1_920, 1_080, Some(5_000))
        );
    }

    #[test]
    fn tracks_within_tracks_are_no_way_down() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let levels = 2_000_000_u32;
        let headers = (1..=levels).rev().map(|level| {
            let size = level * HEADER as u32;
            [&size.to_be_bytes()[..], b"trak"].concat()
        });
        let moov = made(b"moov", &headers.flatten().collect::<Vec<_>>());
        std::fs::write(file.path(), [made(b"ftyp", b"isom\0\0\0\0"), moov].concat()).unwrap();
        assert!(strip(file.path()).is_ok());
    }

    #[test]
    fn a_broken_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let film = film();
        for length in 1..film.len() {
            std::fs::write(file.path(), &film[..length]).unwrap();
            let _ = strip(file.path());
        }
        std::fs::write(file.path(), b"\0\0\0\x04moov").unwrap();
        assert!(strip(file.path()).is_err());
    }
}

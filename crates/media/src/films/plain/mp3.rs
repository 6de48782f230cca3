use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::MediaError;

/// ID3v2 (id3.org, ID3v2.4.0 section 3.1): ten bytes, four of which say how long the tag is, with
/// seven bits each.
const HEADER: usize = 10;
const FOOTER_FLAG: u8 = 0x10;
/// ID3v1 is so long and at the end.
const OLD_TAG: u64 = 128;

/// Copies the sound without the tags before and behind it.
pub fn copy(input: &Path, output: &Path) -> Result<(), MediaError> {
    let mut file = std::fs::File::open(input)?;
    let mut end = file.metadata()?.len();
    let mut begin = 0;
    while let Some(length) = tag_length(&mut file, begin)? {
        begin += length;
    }
    if end >= OLD_TAG {
        let mut name = [0; 3];
        file.seek(SeekFrom::Start(end - OLD_TAG))?;
        file.read_exact(&mut name)?;
        if &name == b"TAG" {
            end -= OLD_TAG;
        }
    }
    if begin >= end {
        return Err(MediaError::refused("There is nothing to hear in the file"));
    }
    file.seek(SeekFrom::Start(begin))?;
    let mut output = std::fs::File::create(output)?;
    std::io::copy(&mut file.take(end - begin), &mut output)?;
    output.flush()?;
    Ok(())
}

fn tag_length(file: &mut std::fs::File, at: u64) -> Result<Option<u64>, MediaError> {
    let mut header = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(HEADER as u64).read_to_end(&mut header)?;
    if header.len() < HEADER || !header.starts_with(b"ID3") {
        return Ok(None);
    }
    let size = header[6..HEADER]
        .iter()
        .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7F));
    let footer = if header[5] & FOOTER_FLAG != 0 {
        HEADER
    } else {
        0
    };
    Ok(Some((HEADER + footer) as u64 + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("i"), folder.path().join("o"));
        let mut file = b"ID3\x04\0\0\0\0\0\x05\x01\x02\x03\x04\x05".to_vec();
        file.extend_from_slice(b"\xFF\xFB\x90\x64sound");
        let mut old = b"TAGHome, sweet home".to_vec();
        old.resize(OLD_TAG as usize, 0);
        file.extend_from_slice(&old);
        std::fs::write(&input, &file).unwrap();
        copy(&input, &output).unwrap();
        assert_eq!(std::fs::read(&output).unwrap(), b"\xFF\xFB\x90\x64sound");
        std::fs::write(&input, b"ID3\x04\0\0\x7F\x7F\x7F\x7F").unwrap();
        assert!(copy(&input, &output).is_err());
    }
}

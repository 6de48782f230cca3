//! Checks the lists of files that fjall goes by.
//!
//! Each keyspace has a file `current` that names its manifest (u64), with the manifest's checksum
//! (xxh3, u128) and the checksum's kind (u8, 0), all little endian; and the manifest, `v` and that
//! number, lists the tables. fjall writes the checksum but does not look at it, and deletes every
//! table that the manifest does not list: one flipped bit there would cost rows in silence.

use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use crate::error::{OpenError, io_at};

const CURRENT_FILE: &str = "current";

/// Refuses a keyspace whose manifest is not what was written.
pub(crate) fn require_whole(keyspace: &Path) -> Result<(), OpenError> {
    let current = keyspace.join(CURRENT_FILE);
    let bytes = std::fs::read(&current).map_err(io_at(&current))?;
    let (number, checksum) =
        parse(&bytes).ok_or_else(|| OpenError::damaged(&current, "it names no manifest"))?;
    let manifest = keyspace.join(format!("v{number}"));
    if !manifest.is_file() {
        return Err(OpenError::damaged(&manifest, "it is missing"));
    }
    let listed = std::fs::read(&manifest).map_err(io_at(&manifest))?;
    if xxh3_128(&listed) != checksum {
        return Err(OpenError::damaged(
            &manifest,
            "it does not have the checksum that `current` beside it says",
        ));
    }
    Ok(())
}

fn parse(bytes: &[u8]) -> Option<(u64, u128)> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    let (checksum, kind) = rest.split_first_chunk::<16>()?;
    (kind == [0]).then_some((u64::from_le_bytes(*number), u128::from_le_bytes(*checksum)))
}

use std::io::{Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::{DepotError, room};

/// Enough to tell what a file is.
const FIRST_BYTES: usize = 4_096;
/// After so many bytes it is looked again whether there is room for more: others write as well, and
/// an upload may take long.
const LOOK_BYTES: u64 = 4 * 1_024 * 1_024;

/// A file in the scratch folder that an upload is streamed into; gone when it is dropped.
pub struct Incoming {
    file: NamedTempFile,
    size_bytes: u64,
    bytes_max: u64,
}

impl Incoming {
    pub(super) fn make(scratch: &Path, bytes_max: u64) -> Result<Incoming, DepotError> {
        let named = tempfile::Builder::new().prefix("incoming-").to_owned();
        Ok(Incoming {
            file: named.tempfile_in(scratch)?,
            size_bytes: 0,
            bytes_max,
        })
    }

    /// Adds bytes to the end. They go no further than the system's memory of files, so this does
    /// not wait for a disk.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DepotError> {
        let size_bytes = self.size_bytes + bytes.len() as u64;
        if size_bytes > self.bytes_max {
            return Err(DepotError::TooLarge {
                bytes_max: self.bytes_max,
            });
        }
        if self.size_bytes / LOOK_BYTES != size_bytes / LOOK_BYTES {
            room::require(self.path(), 0)?;
        }
        self.file.write_all(bytes)?;
        self.size_bytes = size_bytes;
        Ok(())
    }

    /// From now on at most so many bytes; what is there already may be too much.
    pub fn limit(&mut self, bytes_max: u64) -> Result<(), DepotError> {
        self.bytes_max = bytes_max;
        self.write(&[])
    }

    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What [`crate::sniff`] needs.
    pub fn first_bytes(&self) -> Result<Vec<u8>, DepotError> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(self.path())?;
        file.take(FIRST_BYTES as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

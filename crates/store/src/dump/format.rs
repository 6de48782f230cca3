//! The layout of a dump: magic, version, frames. A frame is its length, the CRC-32 of its
//! payload (both big-endian, 4 bytes) and a payload in CBOR. The last frame is the trailer.

use std::io::{ErrorKind, Read, Write};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use super::DumpError;
use crate::Stamp;
use crate::engine::{FullRow, RawRow};

pub(super) const MAGIC: &[u8; 10] = b"PetrelDump";
/// The layout of frames; a reader refuses a later one.
pub(super) const VERSION: u16 = 1;
/// The same with frames that say what of the earlier ones no longer counts.
pub(super) const VERSION_LIVE: u16 = 2;
/// Largest payload of a frame, in bytes: a length beyond it is damage.
const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Encode, Decode, Debug)]
pub(super) enum Frame {
    #[n(0)]
    Header(#[n(0)] Header),
    #[n(1)]
    Rows {
        #[n(0)]
        table: u16,
        #[n(1)]
        rows: Vec<DumpRow>,
    },
    #[n(2)]
    Trailer(#[n(0)] Trailer),
    /// What earlier frames hold of these partitions does not count.
    #[n(3)]
    Replaced {
        #[n(0)]
        table: u16,
        #[n(1)]
        partitions: Vec<ByteVec>,
    },
}

#[derive(Encode, Decode, Debug)]
pub(super) struct Header {
    /// When it was begun, in Unix milliseconds.
    #[n(0)]
    pub begun_ms: u64,
    /// The engine that it came from.
    #[n(1)]
    pub engine: String,
    /// The latest version of records in it.
    #[n(2)]
    pub record_version: u8,
    #[n(3)]
    pub tables: Vec<DumpTable>,
}

#[derive(Encode, Decode, Debug, Clone)]
pub(super) struct DumpTable {
    #[n(0)]
    pub id: u16,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub is_conditional: bool,
}

#[derive(Encode, Decode, Debug)]
pub(super) struct DumpRow {
    #[n(0)]
    pub partition: ByteVec,
    #[n(1)]
    sort: ByteVec,
    #[n(2)]
    value: ByteVec,
    #[n(3)]
    revision: Stamp,
    #[n(4)]
    expires_at_s: Option<u64>,
}

#[derive(Encode, Decode, Debug)]
pub(super) struct Trailer {
    /// Table and number of its rows, in the order of the header.
    #[n(0)]
    pub counts: Vec<(u16, u64)>,
    /// SHA-256 of all bytes before this frame.
    #[n(1)]
    pub hash: ByteVec,
}

impl From<FullRow> for DumpRow {
    fn from(full: FullRow) -> DumpRow {
        DumpRow {
            partition: full.partition.to_vec().into(),
            sort: full.row.sort.to_vec().into(),
            value: full.row.value.to_vec().into(),
            revision: full.row.revision,
            expires_at_s: full.row.expires_at_s,
        }
    }
}

impl From<DumpRow> for FullRow {
    fn from(row: DumpRow) -> FullRow {
        FullRow {
            partition: Vec::from(row.partition).into(),
            row: RawRow {
                sort: Vec::from(row.sort).into(),
                value: Vec::from(row.value).into(),
                revision: row.revision,
                expires_at_s: row.expires_at_s,
            },
        }
    }
}

pub(super) struct FrameWriter<'a> {
    out: &'a mut (dyn Write + Send),
    hash: Sha256,
    pub bytes: u64,
}

impl<'a> FrameWriter<'a> {
    pub fn begin(
        out: &'a mut (dyn Write + Send),
        version: u16,
    ) -> Result<FrameWriter<'a>, DumpError> {
        let mut writer = FrameWriter {
            out,
            hash: Sha256::new(),
            bytes: 0,
        };
        writer.put(MAGIC)?;
        writer.put(&version.to_be_bytes())?;
        Ok(writer)
    }

    pub fn frame(&mut self, frame: &Frame) -> Result<(), DumpError> {
        let mut payload = Vec::new();
        minicbor::encode(frame, &mut payload).expect("encoding into a vector cannot fail");
        self.put(&(payload.len() as u32).to_be_bytes())?;
        self.put(&crc32fast::hash(&payload).to_be_bytes())?;
        self.put(&payload)
    }

    pub fn end(mut self, counts: Vec<(u16, u64)>) -> Result<u64, DumpError> {
        let hash = self.hash.clone().finalize().to_vec().into();
        self.frame(&Frame::Trailer(Trailer { counts, hash }))?;
        self.out.flush()?;
        Ok(self.bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), DumpError> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self.out.write_all(bytes)?)
    }
}

pub(super) struct FrameReader<'a> {
    input: &'a mut (dyn Read + Send),
    hash: Sha256,
    pub bytes: u64,
}

impl<'a> FrameReader<'a> {
    /// Reads magic and version.
    pub fn begin(input: &'a mut (dyn Read + Send)) -> Result<FrameReader<'a>, DumpError> {
        let mut reader = FrameReader {
            input,
            hash: Sha256::new(),
            bytes: 0,
        };
        let mut magic = [0; MAGIC.len()];
        match reader.take(&mut magic) {
            Ok(()) if &magic == MAGIC => {}
            Ok(()) | Err(DumpError::Truncated { .. }) => return Err(DumpError::NotADump),
            Err(other) => return Err(other),
        }
        let mut version = [0; 2];
        reader.take(&mut version)?;
        match u16::from_be_bytes(version) {
            VERSION | VERSION_LIVE => Ok(reader),
            found => Err(DumpError::Version { found }),
        }
    }

    /// The next frame; the trailer is checked against all that was read before it, and nothing
    /// may follow it.
    pub fn frame(&mut self) -> Result<Frame, DumpError> {
        let at = self.bytes;
        let before: Vec<u8> = self.hash.clone().finalize().to_vec();
        let (mut length, mut crc) = ([0; 4], [0; 4]);
        self.take(&mut length)?;
        self.take(&mut crc)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > FRAME_BYTES_MAX {
            return Err(DumpError::corrupt(at, "a frame is too long"));
        }
        let mut payload = vec![0; length];
        self.take(&mut payload)?;
        if crc32fast::hash(&payload) != u32::from_be_bytes(crc) {
            return Err(DumpError::corrupt(
                at,
                "a frame does not match its checksum",
            ));
        }
        let frame: Frame = minicbor::decode(&payload)
            .map_err(|error| DumpError::corrupt(at, &error.to_string()))?;
        if let Frame::Trailer(trailer) = &frame {
            if trailer.hash.as_slice() != before {
                return Err(DumpError::corrupt(at, "frames are missing or out of order"));
            }
            if self.input.read(&mut [0])? != 0 {
                return Err(DumpError::corrupt(self.bytes, "something follows the end"));
            }
        }
        Ok(frame)
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), DumpError> {
        match self.input.read_exact(bytes) {
            Ok(()) => {
                self.hash.update(&*bytes);
                self.bytes += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(DumpError::Truncated { at: self.bytes })
            }
            Err(error) => Err(error.into()),
        }
    }
}

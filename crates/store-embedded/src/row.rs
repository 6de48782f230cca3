//! How rows lie in the one keyspace.
//!
//! Key: table (u16), length of the partition key (u16), partition key, sort key; numbers big
//! endian, so that a partition is one run of keys in the order of its sort keys.
//! Value: revision (u64, little endian), a flag, the expiry in Unix seconds (u64) if the flag
//! says so, payload.
//!
//! Two tables are the engine's own: what it knows about itself, and an index of the rows that
//! expire (expiry, then the row's key), which the sweep reads.

use bytes::Bytes;
use fjall::Slice;
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::RowKey;

const TABLE_META: u16 = u16::MAX;
const TABLE_EXPIRY: u16 = u16::MAX - 1;
/// Tables that callers may name.
pub(crate) const TABLE_MAX: u16 = TABLE_EXPIRY - 1;

const PREFIX_BYTES: usize = 4;
const EXPIRY_PREFIX_BYTES: usize = 2 + 8;
const FLAG_PLAIN: u8 = 0;
const FLAG_EXPIRES: u8 = 1;

/// The key of the row that every group writes: last stamp and how many batches so far.
pub(crate) fn last_key() -> [u8; 3] {
    meta_key(b'l')
}

/// The key of the counter of starts.
pub(crate) fn boot_key() -> [u8; 3] {
    meta_key(b'b')
}

fn meta_key(name: u8) -> [u8; 3] {
    let [high, low] = TABLE_META.to_be_bytes();
    [high, low, name]
}

/// What the row under [`last_key`] says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Last {
    pub stamp: Stamp,
    /// Batches committed since the folder was made.
    pub batches: u64,
}

impl Last {
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.stamp.0.to_le_bytes());
        bytes[8..].copy_from_slice(&self.batches.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Last> {
        let (stamp, batches) = bytes.split_first_chunk::<8>()?;
        Some(Last {
            stamp: Stamp(u64::from_le_bytes(*stamp)),
            batches: u64::from_le_bytes(batches.try_into().ok()?),
        })
    }
}

pub(crate) fn partition_prefix(table: u16, partition: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + partition.len() + 32);
    push_prefix(&mut bytes, table, partition);
    bytes
}

fn push_prefix(bytes: &mut Vec<u8>, table: u16, partition: &[u8]) {
    let partition_len = u16::try_from(partition.len()).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&table.to_be_bytes());
    bytes.extend_from_slice(&partition_len.to_be_bytes());
    bytes.extend_from_slice(partition);
}

pub(crate) fn row_key(key: &RowKey) -> Slice {
    key_of(key.table, &key.partition, &key.sort)
}

pub(crate) fn key_of(table: u16, partition: &[u8], sort: &[u8]) -> Slice {
    let mut bytes = partition_prefix(table, partition);
    bytes.extend_from_slice(sort);
    Slice::from(bytes.as_slice())
}

/// Partition key and sort key of a row's key.
pub(crate) fn split_key(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = key.split_first_chunk::<PREFIX_BYTES>()?;
    let partition_len = usize::from(u16::from_be_bytes([prefix[2], prefix[3]]));
    rest.split_at_checked(partition_len)
}

/// The least key above all that begin with `prefix`. No prefix here is all ones.
pub(crate) fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

pub(crate) fn expiry_key(expires_at_s: u64, row_key: &[u8]) -> Slice {
    let mut bytes = expiry_from(expires_at_s);
    bytes.extend_from_slice(row_key);
    Slice::from(bytes.as_slice())
}

/// Where the rows that expire at `expires_at_s` or later begin in the index.
pub(crate) fn expiry_from(expires_at_s: u64) -> Vec<u8> {
    let mut bytes = TABLE_EXPIRY.to_be_bytes().to_vec();
    bytes.extend_from_slice(&expires_at_s.to_be_bytes());
    bytes
}

/// Expiry in Unix seconds, and the key of the row that expires.
pub(crate) fn split_expiry_key(key: &[u8]) -> Option<(u64, &[u8])> {
    let (prefix, row_key) = key.split_at_checked(EXPIRY_PREFIX_BYTES)?;
    let expires_at_s = u64::from_be_bytes(prefix[2..].try_into().ok()?);
    Some((expires_at_s, row_key))
}

/// Writes a value into `scratch`, which is reused, and makes one slice of it.
pub(crate) fn value_of(
    scratch: &mut Vec<u8>,
    revision: Stamp,
    expires_at_s: Option<u64>,
    payload: &[u8],
) -> Slice {
    scratch.clear();
    scratch.extend_from_slice(&revision.0.to_le_bytes());
    match expires_at_s {
        None => scratch.push(FLAG_PLAIN),
        Some(at_s) => {
            scratch.push(FLAG_EXPIRES);
            scratch.extend_from_slice(&at_s.to_le_bytes());
        }
    }
    scratch.extend_from_slice(payload);
    Slice::from(scratch.as_slice())
}

/// A stored value taken apart.
pub(crate) struct Stored<'a> {
    pub revision: Stamp,
    pub expires_at_s: Option<u64>,
    pub payload: &'a [u8],
}

impl<'a> Stored<'a> {
    pub fn parse(value: &'a [u8]) -> Result<Stored<'a>, StoreError> {
        Stored::try_parse(value).ok_or_else(|| StoreError::Corrupt {
            table: "the embedded store",
            why: format!("a value of {} bytes has no valid header", value.len()),
        })
    }

    fn try_parse(value: &'a [u8]) -> Option<Stored<'a>> {
        let (revision, rest) = value.split_first_chunk::<8>()?;
        let (&flag, rest) = rest.split_first()?;
        let (expires_at_s, payload) = match flag {
            FLAG_PLAIN => (None, rest),
            FLAG_EXPIRES => {
                let (at_s, payload) = rest.split_first_chunk::<8>()?;
                (Some(u64::from_le_bytes(*at_s)), payload)
            }
            _ => return None,
        };
        Some(Stored {
            revision: Stamp(u64::from_le_bytes(*revision)),
            expires_at_s,
            payload,
        })
    }
}

/// One row's change on its way to the writer, its key ready.
pub(crate) struct Change {
    pub key: Slice,
    /// Payload and expiry in Unix seconds; absent for a delete.
    pub put: Option<(Bytes, Option<u64>)>,
}

impl Change {
    pub fn bytes(&self) -> usize {
        self.key.len() + self.put.as_ref().map_or(0, |(value, _)| value.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_partition_are_one_run_in_sort_order() {
        let keys = [
            key_of(1, b"a", b"\xFF\xFF"),
            key_of(1, b"b", b""),
            key_of(1, b"b", b"\x00"),
            key_of(1, b"b", b"\xFF"),
            key_of(1, b"\xFF", b"x"),
            key_of(1, b"aa", b""),
            key_of(2, b"", b""),
        ];
        assert!(keys.is_sorted());
        let prefix = partition_prefix(1, b"b");
        let run = keys
            .iter()
            .filter(|key| ***key >= *prefix && ***key < *end_of(&prefix));
        assert_eq!(run.count(), 3);
        assert_eq!(split_key(&keys[3]), Some((&b"b"[..], &b"\xFF"[..])));
    }

    #[test]
    fn the_end_of_a_prefix_carries() {
        assert_eq!(end_of(&[1, 0xFF, 0xFF]), [2]);
        assert_eq!(end_of(&[1, 2]), [1, 3]);
    }

    #[test]
    fn values_round_trip_and_rubbish_is_refused() {
        let mut scratch = Vec::new();
        let value = value_of(&mut scratch, Stamp(7), Some(9), b"payload");
        let stored = Stored::parse(&value).unwrap();
        assert_eq!((stored.revision, stored.expires_at_s), (Stamp(7), Some(9)));
        assert_eq!(stored.payload, b"payload");
        let value = value_of(&mut scratch, Stamp(8), None, b"");
        assert_eq!(Stored::parse(&value).unwrap().revision, Stamp(8));
        for rubbish in [
            &b""[..],
            &[0; 8],
            &[0, 0, 0, 0, 0, 0, 0, 0, 2],
            &value_of(&mut scratch, Stamp(1), Some(1), b"")[..12],
        ] {
            assert!(Stored::parse(rubbish).is_err());
        }
    }

    #[test]
    fn the_expiry_index_is_in_order_of_time_and_names_the_row() {
        let early = expiry_key(255, b"row");
        let late = expiry_key(256, b"a");
        assert!(early < late && *early < *expiry_from(256) && *late >= *expiry_from(256));
        assert_eq!(split_expiry_key(&early), Some((255, &b"row"[..])));
    }
}

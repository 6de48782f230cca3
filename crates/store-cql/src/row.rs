//! How rows lie in the engine's cells.
//!
//! A row's value, revision and expiry are one cell, because cells tie one by one: of two writes
//! with one timestamp, two cells could come from different ones. The cell is a byte that says
//! whether an expiry follows, the revision (8 bytes, big endian), the expiry (the same), and the
//! value.
//!
//! Engines refuse empty partition keys, so an empty one is a zero byte; for the sake of this one,
//! a key that begins with a zero byte gets another in front of it.

use std::borrow::Cow;

use bytes::Bytes;
use petrel_model::clock::Stamp;
use petrel_store::engine::{RawRow, is_expired};
use petrel_store::limits::KEY_BYTES_MAX;

use crate::limits::{EXPIRY_SLACK_S, TTL_MAX_S};

const PLAIN: u8 = 0;
const EXPIRING: u8 = 1;

pub(crate) fn encode(value: &[u8], revision: Stamp, expires_at_s: Option<u64>) -> Vec<u8> {
    let mut cell = Vec::with_capacity(17 + value.len());
    cell.push(expires_at_s.map_or(PLAIN, |_| EXPIRING));
    cell.extend_from_slice(&revision.0.to_be_bytes());
    if let Some(at_s) = expires_at_s {
        cell.extend_from_slice(&at_s.to_be_bytes());
    }
    cell.extend_from_slice(value);
    cell
}

/// `None` for a cell that no version of this engine has written.
pub(crate) fn decode(sort: &[u8], cell: &[u8]) -> Option<RawRow> {
    let (&flag, rest) = cell.split_first()?;
    let (revision, mut rest) = rest.split_first_chunk::<8>()?;
    let expires_at_s = match flag {
        PLAIN => None,
        EXPIRING => {
            let (at_s, value) = rest.split_first_chunk::<8>()?;
            rest = value;
            Some(u64::from_be_bytes(*at_s))
        }
        _ => return None,
    };
    Some(RawRow {
        sort: Bytes::copy_from_slice(sort),
        value: Bytes::copy_from_slice(rest),
        revision: Stamp(u64::from_be_bytes(*revision)),
        expires_at_s,
    })
}

pub(crate) fn is_live(row: &RawRow, now_s: u64) -> bool {
    !is_expired(row.expires_at_s, now_s)
}

pub(crate) fn partition_of(key: &[u8]) -> Cow<'_, [u8]> {
    match key.first() {
        None | Some(0) => Cow::Owned([&[0], key].concat()),
        Some(_) => Cow::Borrowed(key),
    }
}

pub(crate) fn key_of(partition: &[u8]) -> &[u8] {
    partition.strip_prefix(&[0]).unwrap_or(partition)
}

/// What is longer than any key can be was never written.
pub(crate) fn is_too_long(key: &[u8]) -> bool {
    key.len() > KEY_BYTES_MAX
}

/// A bound of a scan, cut to one byte more than any key has: no key lies between the two.
pub(crate) fn bound_of(key: &[u8]) -> &[u8] {
    &key[..key.len().min(KEY_BYTES_MAX + 1)]
}

/// Later than any key.
pub(crate) const BEYOND: [u8; KEY_BYTES_MAX + 1] = [0xFF; KEY_BYTES_MAX + 1];

/// The time to live to write with, in seconds; 0 is for ever. What has expired already is written
/// too, because it hides what was there before.
pub(crate) fn ttl_s(expires_at_s: Option<u64>, now_s: u64) -> i32 {
    let Some(at_s) = expires_at_s else { return 0 };
    let ttl_s = at_s.saturating_sub(now_s).saturating_add(EXPIRY_SLACK_S);
    i32::try_from(ttl_s.min(TTL_MAX_S)).expect("the longest time to live fits")
}

/// A stamp as the engine's timestamp, in microseconds.
pub(crate) fn timestamp(stamp: Stamp) -> i64 {
    i64::try_from(stamp.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_comes_back_and_its_bytes_stay() {
        for (at_s, bytes) in [
            (None, "00000000000000010276"),
            (Some(3), "010000000000000102000000000000000376"),
        ] {
            let cell = encode(b"v", Stamp(258), at_s);
            let hex: String = cell.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, bytes);
            let row = decode(b"s", &cell).unwrap();
            assert_eq!((row.revision, row.expires_at_s), (Stamp(258), at_s));
            assert_eq!((&row.sort[..], &row.value[..]), (&b"s"[..], &b"v"[..]));
            assert_eq!(decode(b"s", &cell[..cell.len() - 1]).unwrap().value, "");
        }
        for damaged in [&[][..], &[0; 8], &[1; 16], &[2; 30]] {
            assert_eq!(decode(b"s", damaged), None);
        }
    }

    #[test]
    fn partition_keys_are_never_empty_and_never_confused() {
        let keys: [&[u8]; 6] = [b"", b"\0", b"\0\0", b"a", b"\0a", b"a\0"];
        let mut seen = Vec::new();
        for key in keys {
            let partition = partition_of(key).into_owned();
            assert!(!partition.is_empty() && !seen.contains(&partition));
            assert_eq!(key_of(&partition), key);
            seen.push(partition);
        }
    }

    #[test]
    fn an_expired_row_is_written_all_the_same() {
        assert_eq!(ttl_s(None, 100), 0);
        assert_eq!(ttl_s(Some(110), 100), 610);
        assert!(ttl_s(Some(1), 100) > 0);
        assert_eq!(ttl_s(Some(u64::MAX), 0), 630_720_000);
    }
}

//! Reads, each through one snapshot.

use std::ops::Bound;

use bytes::Bytes;
use fjall::{Guard, Keyspace, Readable, Snapshot};
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::{Direction, FullRow, RawRow, RawScan, RowKey, TableToken, is_expired};
use petrel_store::limits::KEY_BYTES_MAX;

use crate::error::read_error;
use crate::row::{Stored, end_of, partition_prefix, row_key, split_key};

/// The rows as they were at one moment, and what time it is now.
pub(crate) struct View<'a> {
    pub rows: &'a Keyspace,
    pub snapshot: &'a Snapshot,
    pub now_s: u64,
}

impl View<'_> {
    pub fn get(&self, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        if is_too_long(&key.partition) || is_too_long(&key.sort) {
            return Ok(None);
        }
        let Some(value) = self
            .snapshot
            .get(self.rows, row_key(key))
            .map_err(read_error)?
        else {
            return Ok(None);
        };
        let stored = Stored::parse(&value)?;
        if is_expired(stored.expires_at_s, self.now_s) {
            return Ok(None);
        }
        Ok(Some(RawRow {
            sort: key.sort.clone(),
            value: Bytes::copy_from_slice(stored.payload),
            revision: stored.revision,
            expires_at_s: stored.expires_at_s,
        }))
    }

    pub fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        let prefix = partition_prefix(scan.table, &scan.partition);
        let from = joined(&prefix, scan.from.as_deref().unwrap_or_default());
        let to = scan
            .to
            .as_ref()
            .map_or_else(|| end_of(&prefix), |to| joined(&prefix, to));
        if from >= to || scan.limit == 0 || is_too_long(&scan.partition) {
            return Ok(Vec::new());
        }
        let range = self
            .snapshot
            .range(self.rows, from.as_slice()..to.as_slice());
        match scan.direction {
            Direction::Ascending => self.collect(range, prefix.len(), scan.limit),
            Direction::Descending => self.collect(range.rev(), prefix.len(), scan.limit),
        }
    }

    fn collect(
        &self,
        guards: impl Iterator<Item = Guard>,
        prefix_len: usize,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError> {
        let mut shelf = Shelf::default();
        for guard in guards {
            let (key, value) = guard.into_inner().map_err(read_error)?;
            let stored = Stored::parse(&value)?;
            if is_expired(stored.expires_at_s, self.now_s) {
                continue;
            }
            shelf.push(&key[prefix_len..], &stored);
            if shelf.rows.len() == limit {
                break;
            }
        }
        Ok(shelf.into_rows())
    }

    /// The token is the key of the last row looked at.
    pub fn scan_table(
        &self,
        table: u16,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        let from = table.to_be_bytes().to_vec();
        let to = end_of(&from);
        let limit = limit.max(1);
        let start = match &token {
            Some(token) if **token < *from || **token >= *to => {
                return Err(StoreError::Refused("a token of another table".to_owned()));
            }
            Some(token) => Bound::Excluded(&token[..]),
            None => Bound::Included(&from[..]),
        };
        let range = (start, Bound::Excluded(&to[..]));
        let mut rows = Vec::new();
        let mut looked_at = 0;
        for guard in self.snapshot.range::<&[u8], _>(self.rows, range) {
            let (key, value) = guard.into_inner().map_err(read_error)?;
            rows.extend(self.full_row(&key, &value)?);
            looked_at += 1;
            if looked_at == limit {
                return Ok((rows, Some(Bytes::copy_from_slice(&key))));
            }
        }
        Ok((rows, None))
    }

    fn full_row(&self, key: &[u8], value: &[u8]) -> Result<Option<FullRow>, StoreError> {
        let stored = Stored::parse(value)?;
        if is_expired(stored.expires_at_s, self.now_s) {
            return Ok(None);
        }
        let (partition, sort) = split_key(key).ok_or_else(|| StoreError::Corrupt {
            table: "the embedded store",
            why: format!("a key of {} bytes has no valid prefix", key.len()),
        })?;
        Ok(Some(FullRow {
            partition: Bytes::copy_from_slice(partition),
            row: RawRow {
                sort: Bytes::copy_from_slice(sort),
                value: Bytes::copy_from_slice(stored.payload),
                revision: stored.revision,
                expires_at_s: stored.expires_at_s,
            },
        }))
    }
}

/// Nothing that long was ever written, and the tree panics at a key of 64 KiB. People may type
/// such names.
fn is_too_long(key: &[u8]) -> bool {
    key.len() > KEY_BYTES_MAX
}

fn joined(prefix: &[u8], rest: &[u8]) -> Vec<u8> {
    [prefix, rest].concat()
}

/// The rows of one scan share one buffer.
#[derive(Default)]
struct Shelf {
    bytes: Vec<u8>,
    rows: Vec<Place>,
}

struct Place {
    sort_end: usize,
    value_end: usize,
    revision: Stamp,
    expires_at_s: Option<u64>,
}

impl Shelf {
    fn push(&mut self, sort: &[u8], stored: &Stored<'_>) {
        self.bytes.extend_from_slice(sort);
        let sort_end = self.bytes.len();
        self.bytes.extend_from_slice(stored.payload);
        self.rows.push(Place {
            sort_end,
            value_end: self.bytes.len(),
            revision: stored.revision,
            expires_at_s: stored.expires_at_s,
        });
    }

    fn into_rows(self) -> Vec<RawRow> {
        let bytes = Bytes::from(self.bytes);
        let mut start = 0;
        let slice = |place: Place| {
            let sort = bytes.slice(start..place.sort_end);
            start = place.value_end;
            RawRow {
                sort,
                value: bytes.slice(place.sort_end..place.value_end),
                revision: place.revision,
                expires_at_s: place.expires_at_s,
            }
        };
        self.rows.into_iter().map(slice).collect()
    }
}

//! `scan_table`: partitions in the order of a salted hash, or of their bytes where the salt is 0.

use bytes::{BufMut, Bytes, BytesMut};
use petrel_model::entropy::{Entropy, SeededEntropy};

use super::world::World;
use crate::engine::{FullRow, TableToken};
use crate::table::TableId;
use crate::{KeyReader, StoreError};

/// Where a run of `scan_table` stands.
struct Position {
    /// The order that this run has kept since it began.
    salt: u64,
    partition: Bytes,
    /// All of the partition up to here was returned; if absent, nothing of it.
    sort: Option<Bytes>,
}

impl Position {
    fn to_token(&self) -> TableToken {
        let mut token = BytesMut::new();
        token.put_u64(self.salt);
        token.put_u32(self.partition.len() as u32);
        token.put_slice(&self.partition);
        if let Some(sort) = &self.sort {
            token.put_u8(1);
            token.put_slice(sort);
        }
        token.freeze()
    }

    fn from_token(token: &TableToken) -> Option<Position> {
        let mut reader = KeyReader(token);
        let salt = u64::from_be_bytes(reader.take_array().ok()?);
        let length = u32::from_be_bytes(reader.take_array().ok()?);
        let partition = Bytes::copy_from_slice(reader.take(length as usize).ok()?);
        let sort = reader
            .take(1)
            .ok()
            .map(|_| Bytes::copy_from_slice(reader.0));
        Some(Position {
            salt,
            partition,
            sort,
        })
    }
}

pub(super) fn table_page(
    world: &World,
    table: TableId,
    token: Option<TableToken>,
    limit: usize,
    salt: u64,
    now_s: u64,
) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
    let mut position = match &token {
        Some(token) => Some(
            Position::from_token(token)
                .ok_or_else(|| StoreError::Refused("not a token of scan_table".to_owned()))?,
        ),
        None => None,
    };
    let salt = position.as_ref().map_or(salt, |position| position.salt);
    let mut left: Vec<Bytes> = world.partitions_of(table).cloned().collect();
    left.sort_by_cached_key(|partition| place_in_order(salt, partition));
    if let Some(position) = &position {
        let reached = place_in_order(salt, &position.partition);
        left.retain(|partition| place_in_order(salt, partition) >= reached);
    }
    let mut rows = Vec::new();
    for partition in left {
        let after = position
            .take()
            .filter(|position| position.partition == partition)
            .and_then(|position| position.sort);
        let mut found = world.rows_after(&(table, partition.clone()), after.as_ref(), now_s);
        let room = limit - rows.len();
        if found.len() > room {
            found.truncate(room);
            let sort = found.last().map(|full| full.row.sort.clone()).or(after);
            rows.extend(found);
            let position = Position {
                salt,
                partition,
                sort,
            };
            return Ok((rows, Some(position.to_token())));
        }
        rows.extend(found);
    }
    Ok((rows, None))
}

fn place_in_order(salt: u64, partition: &Bytes) -> (u64, Bytes) {
    if salt == 0 {
        return (0, partition.clone());
    }
    let hash = partition.iter().fold(salt, |hash, &byte| {
        SeededEntropy::new(hash ^ u64::from(byte)).next_u64()
    });
    (hash, partition.clone())
}

//! Reading for a check: rows that do not decode are in nobody's way, for the first stage has
//! named them.

use std::sync::Arc;

use petrel_store::engine::{FullRow, TableToken, is_expired};
use petrel_store::{Key, Partition, Record, Row, Store, StoreError, Table};

use crate::error::Result;

/// Rows of a page of a table.
pub const PAGE_ROWS: usize = 500;

/// It is there and does not decode.
pub struct Unreadable;

pub type Looked<T> = std::result::Result<T, Unreadable>;

/// One page of a table, without the rows that do not decode.
pub async fn page<T: Table>(
    store: &Store,
    token: Option<TableToken>,
) -> Result<(Vec<(T::Partition, Row<T>)>, Option<TableToken>)> {
    let engine = store.engine();
    let (rows, next) = engine.scan_table(T::ID, token, PAGE_ROWS).await?;
    let now_s = store.clock().now_s();
    let live = rows
        .into_iter()
        .filter(|full| !is_expired(full.row.expires_at_s, now_s));
    Ok((live.filter_map(decode::<T>).collect(), next))
}

fn decode<T: Table>(full: FullRow) -> Option<(T::Partition, Row<T>)> {
    let row = Row {
        sort: T::Sort::from_bytes(&full.row.sort).ok()?,
        value: T::Value::from_value(&full.row.value).ok()?,
        revision: full.row.revision,
        expires_at_s: full.row.expires_at_s,
    };
    Some((T::Partition::from_bytes(&full.partition).ok()?, row))
}

pub async fn get<T: Table>(
    store: &Store,
    partition: &T::Partition,
    sort: &T::Sort,
) -> Result<Looked<Option<Row<T>>>> {
    readable(store.get::<T>(partition, sort).await)
}

/// One answer for each key, in order.
pub async fn get_many<T: Table>(
    store: &Store,
    keys: &[(T::Partition, T::Sort)],
) -> Result<Vec<Looked<Option<Row<T>>>>> {
    if let Ok(rows) = readable(store.get_many::<T>(keys).await)? {
        return Ok(rows.into_iter().map(Ok).collect());
    }
    let mut answers = Vec::with_capacity(keys.len());
    for (partition, sort) in keys {
        answers.push(get::<T>(store, partition, sort).await?);
    }
    Ok(answers)
}

/// Several small partitions, one answer each, in order.
pub async fn partitions<T: Table>(
    store: &Store,
    partitions: &[T::Partition],
) -> Result<Vec<Looked<Arc<Partition<T>>>>> {
    if let Ok(found) = readable(store.partitions::<T>(partitions).await)? {
        return Ok(found.into_iter().map(Ok).collect());
    }
    let mut answers = Vec::with_capacity(partitions.len());
    for partition in partitions {
        answers.push(readable(store.partition::<T>(partition).await)?);
    }
    Ok(answers)
}

fn readable<T>(answer: std::result::Result<T, StoreError>) -> Result<Looked<T>> {
    match answer {
        Ok(found) => Ok(Ok(found)),
        Err(StoreError::Corrupt { .. }) => Ok(Err(Unreadable)),
        Err(error) => Err(error.into()),
    }
}

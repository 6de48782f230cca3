//! Reads: rows of named partitions, and whole tables.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use petrel_store::engine::{Direction, FullRow, RawRow, RawScan, RowKey, TableToken};
use petrel_store::{StoreError, TableId};
use scylla::response::{PagingState, PagingStateResponse};
use scylla::statement::prepared::PreparedStatement;

use crate::ask::Patience;
use crate::cell::Cell;
use crate::engine::Inner;
use crate::limits::{
    IN_KEYS_MAX, PAGE_ROWS_MAX, PARTITIONS_AT_ONCE, TABLE_PAGE_TIMEOUT, TABLE_TRY_TIMEOUT,
};
use crate::plain::unreadable;
use crate::row::{BEYOND, bound_of, decode, is_live, is_too_long, key_of, partition_of};
use crate::tables::{TableStatements, What};

/// Sort key and cell.
type Sorted<'a> = (&'a [u8], Option<&'a [u8]>);
/// Partition key, sort key and cell.
type Full<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>);

impl Inner {
    /// Keys of one partition are asked for together, partitions beside one another.
    pub async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Option<RawRow>>, StoreError> {
        let mut places: HashMap<(TableId, &[u8]), Vec<usize>> = HashMap::new();
        for (at, key) in keys.iter().enumerate() {
            if !is_too_long(&key.partition) && !is_too_long(&key.sort) {
                let place = (key.table, &key.partition[..]);
                places.entry(place).or_default().push(at);
            }
        }
        let mut asked = Vec::new();
        for (&(table, partition), all) in &places {
            for group in all.chunks(IN_KEYS_MAX) {
                asked.push(self.get_group(keys, table, partition, group));
            }
        }
        let found: Vec<(&[usize], Vec<RawRow>)> = stream::iter(asked)
            .buffer_unordered(PARTITIONS_AT_ONCE)
            .try_collect()
            .await?;
        let now_s = self.now_s();
        let mut answers = vec![None; keys.len()];
        for (group, rows) in found {
            let live = rows.into_iter().filter(|row| is_live(row, now_s));
            let rows: HashMap<_, RawRow> = live.map(|row| (row.sort.clone(), row)).collect();
            for &at in group {
                answers[at] = rows.get(&keys[at].sort).cloned();
            }
        }
        Ok(answers)
    }

    /// The keys of one partition at these places.
    async fn get_group<'a>(
        &self,
        keys: &[RowKey],
        table: TableId,
        partition: &[u8],
        group: &'a [usize],
    ) -> Result<(&'a [usize], Vec<RawRow>), StoreError> {
        let sorts = group.iter().map(|&at| &keys[at].sort[..]).collect();
        let table = self.tables.get(table)?;
        Ok((group, self.get_sorted(table, partition, sorts).await?))
    }

    /// The rows with these sort keys that are physically there, expired ones too.
    pub async fn get_sorted(
        &self,
        table: &TableStatements,
        partition: &[u8],
        sorts: Vec<&[u8]>,
    ) -> Result<Vec<RawRow>, StoreError> {
        let mut statement = table.get(What::GetMany).clone();
        statement.set_page_size(page_size(sorts.len() + 1));
        let values = [
            Cell::Owned(partition_of(partition).into_owned()),
            Cell::List(sorts),
        ];
        let mut rows = Vec::new();
        self.pages(&statement, &values, table, |row| {
            rows.push(row);
            true
        })
        .await?;
        Ok(rows)
    }

    pub async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        let table = self.tables.get(scan.table)?;
        if scan.limit == 0 || is_too_long(&scan.partition) {
            return Ok(Vec::new());
        }
        let mut statement = table
            .get(match scan.direction {
                Direction::Ascending => What::Ascending,
                Direction::Descending => What::Descending,
            })
            .clone();
        statement.set_page_size(page_size(scan.limit));
        let from = scan.from.as_deref().map_or(&[][..], bound_of);
        let to = scan.to.as_deref().map_or(&BEYOND[..], bound_of);
        if from >= to {
            return Ok(Vec::new());
        }
        let values = [
            Cell::Owned(partition_of(&scan.partition).into_owned()),
            Cell::Bytes(from),
            Cell::Bytes(to),
        ];
        let now_s = self.now_s();
        let mut rows = Vec::new();
        self.pages(&statement, &values, table, |row| {
            // What is expired takes no room in a page.
            if is_live(&row, now_s) && rows.len() < scan.limit {
                rows.push(row);
            }
            rows.len() < scan.limit
        })
        .await?;
        Ok(rows)
    }

    pub async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        let mut asked = Vec::with_capacity(scans.len());
        for scan in scans {
            asked.push(self.scan(scan));
        }
        stream::iter(asked)
            .buffered(PARTITIONS_AT_ONCE)
            .try_collect()
            .await
    }

    /// One page of the engine's own paging, whose state is the token. A page is as long as the
    /// engine makes it, less what has expired.
    pub async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        let table = self.tables.get(table)?;
        let mut statement = table.get(What::All).clone();
        statement.set_page_size(page_size(limit.max(1)));
        let page = match token {
            Some(token) => PagingState::new_from_raw_bytes(&token[..]),
            None => PagingState::start(),
        };
        let patience = Patience {
            all: TABLE_PAGE_TIMEOUT,
            each: TABLE_TRY_TIMEOUT,
        };
        let (result, next) = self.cluster.read(&statement, &[], page, patience).await?;
        let result = result.into_rows_result().map_err(unreadable)?;
        let now_s = self.now_s();
        let mut rows = Vec::with_capacity(result.rows_num());
        for row in result.rows::<Full<'_>>().map_err(unreadable)? {
            let (partition, sort, cell) = row.map_err(unreadable)?;
            let Some(cell) = cell else { continue };
            let row = decode(sort, cell).ok_or_else(|| corrupt(table))?;
            if is_live(&row, now_s) {
                let partition = bytes::Bytes::copy_from_slice(key_of(partition));
                rows.push(FullRow { partition, row });
            }
        }
        Ok((rows, token_of(next)))
    }

    /// Reads page after page as long as `take` wants more.
    async fn pages(
        &self,
        statement: &PreparedStatement,
        values: &[Cell<'_>],
        table: &TableStatements,
        mut take: impl FnMut(RawRow) -> bool,
    ) -> Result<(), StoreError> {
        let mut page = PagingState::start();
        loop {
            let (result, next) = self
                .cluster
                .read(statement, values, page, Patience::PLAIN)
                .await?;
            let result = result.into_rows_result().map_err(unreadable)?;
            let mut wants_more = true;
            for row in result.rows::<Sorted<'_>>().map_err(unreadable)? {
                let (sort, cell) = row.map_err(unreadable)?;
                let Some(cell) = cell else { continue };
                wants_more = take(decode(sort, cell).ok_or_else(|| corrupt(table))?);
            }
            match next {
                PagingStateResponse::HasMorePages { state } if wants_more => page = state,
                _ => return Ok(()),
            }
        }
    }
}

fn token_of(next: PagingStateResponse) -> Option<TableToken> {
    match next {
        PagingStateResponse::HasMorePages { state } => state
            .as_bytes_slice()
            .map(|state| TableToken::copy_from_slice(state)),
        PagingStateResponse::NoMorePages => None,
    }
}

fn corrupt(table: &TableStatements) -> StoreError {
    StoreError::Corrupt {
        table: table.spec.name,
        why: "its cell is not one of this engine's".to_owned(),
    }
}

fn page_size(rows: usize) -> i32 {
    i32::try_from(rows.min(PAGE_ROWS_MAX)).expect("a page is short")
}

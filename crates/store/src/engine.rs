//! What an engine must do. The conformance suite says it in tests.

use async_trait::async_trait;
use bytes::Bytes;

use crate::table::{Mode, TableId};
use crate::{Stamp, StoreError};

/// Names one row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RowKey {
    pub table: TableId,
    pub partition: Bytes,
    pub sort: Bytes,
}

/// A row inside a partition that the caller named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawRow {
    pub sort: Bytes,
    pub value: Bytes,
    pub revision: Stamp,
    pub expires_at_s: Option<u64>,
}

/// A row as `scan_table` and dumps see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FullRow {
    pub partition: Bytes,
    pub row: RawRow,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Ascending,
    Descending,
}

/// A scan of one partition: sort keys from `from` (inclusive) to `to` (exclusive).
#[derive(Clone, Debug)]
pub struct RawScan {
    pub table: TableId,
    pub mode: Mode,
    pub partition: Bytes,
    pub from: Option<Bytes>,
    pub to: Option<Bytes>,
    pub direction: Direction,
    pub limit: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    Put {
        key: RowKey,
        value: Bytes,
        expires_at_s: Option<u64>,
    },
    Delete {
        key: RowKey,
    },
}

impl Op {
    pub fn key(&self) -> &RowKey {
        match self {
            Op::Put { key, .. } | Op::Delete { key } => key,
        }
    }
}

/// A batch on its way to an engine.
#[derive(Clone, Debug)]
pub struct RawBatch {
    /// An engine that stamps in commit order may raise it; the stamp used is returned.
    pub stamp: Stamp,
    /// The same batch with the same stamp was sent before: an engine whose writes are always
    /// either done or not has nothing to do if it was done.
    pub retry: bool,
    pub ops: Vec<Op>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    Absent,
    Present,
    Revision(Stamp),
}

/// A conditional write inside one partition of one `Cas` table.
#[derive(Clone, Debug)]
pub struct RawConditional {
    pub table: TableId,
    pub partition: Bytes,
    /// The stamp must be later than every row that is there.
    pub stamp: Stamp,
    pub conditions: Vec<(Bytes, Condition)>,
    pub ops: Vec<Op>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RawOutcome {
    Applied(Stamp),
    /// The rows that the conditions named, as they are now.
    Conflict(Vec<(Bytes, Option<RawRow>)>),
}

/// A repair: rows put with their fact's revision, orphans deleted at their own, only if every
/// premise (a row and its revision, or its absence) still holds.
#[derive(Clone, Debug, Default)]
pub struct RawMend {
    pub premises: Vec<(RowKey, Option<Stamp>)>,
    pub puts: Vec<(RowKey, Bytes, Option<u64>, Stamp)>,
    pub deletes: Vec<(RowKey, Stamp)>,
}

/// A position in `scan_table`, opaque to the caller.
pub type TableToken = Bytes;

/// Room on the medium, for those engines that have one of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub free_bytes: u64,
    /// Writes are refused below this.
    pub reserve_bytes: u64,
}

/// Reads whole tables, all of them as of one moment: what a dump is made from. Held for as long as
/// a dump takes, while writes go on.
#[async_trait]
pub trait TableScanner: Send + Sync {
    /// As [`Engine::scan_table`]: the token is absent at the start and in the answer at the end,
    /// and a page may be short, even empty, before the end.
    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError>;
}

/// A row with an expiry is there while the second is less than `expires_at_s`; it is gone from
/// that second on.
pub fn is_expired(expires_at_s: Option<u64>, now_s: u64) -> bool {
    expires_at_s.is_some_and(|at_s| at_s <= now_s)
}

#[async_trait]
pub trait Engine: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    /// Seconds after which a batch in doubt never lands.
    fn late_bound_s(&self) -> u64;

    /// The greatest stamp known to be committed here; a node starts above it.
    async fn last_stamp(&self) -> Result<Stamp, StoreError>;

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError>;

    /// One answer for each key, in order, read as one moment where the engine can.
    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError>;

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError>;

    /// Several scans, one answer each, in order, read as one moment where the engine can.
    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError>;

    /// For maintenance only: all rows of a table, in any order, at most `limit` at a time; a page
    /// may be short, even empty, before the end. The token is absent at the start and in the
    /// answer at the end. A row that is there all the while is returned exactly once.
    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError>;

    /// All or nothing, durable when it returns.
    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError>;

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError>;

    /// True if it was applied, false if a premise had changed.
    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError>;

    /// Plain tables only; rows stamped later stay.
    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError>;

    /// All tables as of one moment: every batch acknowledged before the call is in it whole.
    /// (An engine without snapshots answers with a reader of what is there when it is read, and
    /// its dump then needs the rounds of the design's section 8.)
    async fn snapshot(&self) -> Result<Box<dyn TableScanner>, StoreError>;

    /// Puts rows with the revisions they bear, as a restore does; the engine is empty and not
    /// serving. Durable when it returns, and `last_stamp` is no less than the greatest of them.
    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<(), StoreError>;

    /// Each engine node's clock minus this one's, in microseconds, for engines on other machines.
    async fn clock_offsets_us(&self) -> Result<Vec<i64>, StoreError> {
        Ok(Vec::new())
    }

    /// Room left, or none where the engine cannot tell.
    fn room(&self) -> Option<Room>;
}

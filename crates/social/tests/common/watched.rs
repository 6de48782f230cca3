//! An engine over another that notes how large batches are, and lets a test step in
//! between a decision and its repair.
#![allow(dead_code)]

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use petrel_store::engine::{
    FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, Room, RowKey,
    TableScanner, TableToken,
};
use petrel_store::limits::ROW_OVERHEAD_BYTES;
use petrel_store::{Engine, Mode, Stamp, StoreError, TableId};

/// The rows and bytes of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Size {
    pub rows: usize,
    pub bytes: usize,
}

pub struct Watched {
    engine: Arc<dyn Engine>,
    largest: Mutex<Size>,
    /// Written just before the next mend.
    pub before_mend: Mutex<Option<RawBatch>>,
    pub mends: Mutex<Vec<RawMend>>,
}

impl Watched {
    pub fn new(engine: Arc<dyn Engine>) -> Arc<Watched> {
        Arc::new(Watched {
            engine,
            largest: Mutex::default(),
            before_mend: Mutex::default(),
            mends: Mutex::default(),
        })
    }

    /// The most rows and the most bytes of a batch since the last time this was asked.
    pub fn take_largest(&self) -> Size {
        std::mem::take(&mut *self.largest.lock())
    }

    fn note(&self, ops: &[Op]) {
        let bytes = ops.iter().map(|op| {
            let value = match op {
                Op::Put { value, .. } => value.len(),
                Op::Delete { .. } => 0,
            };
            op.key().partition.len() + op.key().sort.len() + value + ROW_OVERHEAD_BYTES
        });
        let mut largest = self.largest.lock();
        largest.rows = largest.rows.max(ops.len());
        largest.bytes = largest.bytes.max(bytes.sum());
    }
}

#[async_trait]
impl Engine for Watched {
    fn name(&self) -> &'static str {
        "watched"
    }

    fn late_bound_s(&self) -> u64 {
        self.engine.late_bound_s()
    }

    async fn last_stamp(&self) -> Result<Stamp, StoreError> {
        self.engine.last_stamp().await
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        self.engine.get(mode, key).await
    }

    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        self.engine.get_many(mode, keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.engine.scan(scan).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        self.engine.scan_many(scans).await
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.engine.scan_table(table, token, limit).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        self.note(&batch.ops);
        self.engine.write(batch).await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        self.note(&write.ops);
        self.engine.write_if(write).await
    }

    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        let before = self.before_mend.lock().take();
        if let Some(batch) = before {
            self.engine.write(batch).await?;
        }
        self.mends.lock().push(mend.clone());
        self.engine.mend(mend).await
    }

    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.engine.delete_partition(table, partition, stamp).await
    }

    async fn snapshot(&self) -> Result<Box<dyn TableScanner>, StoreError> {
        self.engine.snapshot().await
    }

    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<(), StoreError> {
        self.engine.load(table, rows).await
    }

    fn room(&self) -> Option<Room> {
        None
    }
}

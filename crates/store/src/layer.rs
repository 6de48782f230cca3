//! Equipment for tests: an engine over another that differs from it in a few operations only.

use async_trait::async_trait;
use bytes::Bytes;

use crate::engine::{
    Engine, FullRow, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, Room, RowKey,
    TableScanner, TableToken,
};
use crate::table::{Mode, TableId};
use crate::{Stamp, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// What a layer does not say, the engine below does.
#[async_trait]
pub trait Layer: Send + Sync + 'static {
    fn below(&self) -> &dyn Engine;

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>> {
        self.below().get(mode, key).await
    }

    async fn get_many(&self, mode: Mode, keys: &[RowKey]) -> Result<Vec<Option<RawRow>>> {
        self.below().get_many(mode, keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>> {
        self.below().scan(scan).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>> {
        self.below().scan_many(scans).await
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>)> {
        self.below().scan_table(table, token, limit).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp> {
        self.below().write(batch).await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome> {
        self.below().write_if(write).await
    }

    async fn mend(&self, mend: RawMend) -> Result<bool> {
        self.below().mend(mend).await
    }

    async fn delete_partition(&self, table: TableId, partition: Bytes, stamp: Stamp) -> Result<()> {
        self.below().delete_partition(table, partition, stamp).await
    }

    async fn snapshot(&self) -> Result<Box<dyn TableScanner>> {
        self.below().snapshot().await
    }

    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<()> {
        self.below().load(table, rows).await
    }
}

#[async_trait]
impl<L: Layer> Engine for L {
    fn name(&self) -> &'static str {
        self.below().name()
    }

    fn late_bound_s(&self) -> u64 {
        self.below().late_bound_s()
    }

    async fn last_stamp(&self) -> Result<Stamp> {
        self.below().last_stamp().await
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>> {
        Layer::get(self, mode, key).await
    }

    async fn get_many(&self, mode: Mode, keys: &[RowKey]) -> Result<Vec<Option<RawRow>>> {
        Layer::get_many(self, mode, keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>> {
        Layer::scan(self, scan).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>> {
        Layer::scan_many(self, scans).await
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>)> {
        Layer::scan_table(self, table, token, limit).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp> {
        Layer::write(self, batch).await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome> {
        Layer::write_if(self, write).await
    }

    async fn mend(&self, mend: RawMend) -> Result<bool> {
        Layer::mend(self, mend).await
    }

    async fn delete_partition(&self, table: TableId, partition: Bytes, stamp: Stamp) -> Result<()> {
        Layer::delete_partition(self, table, partition, stamp).await
    }

    async fn snapshot(&self) -> Result<Box<dyn TableScanner>> {
        Layer::snapshot(self).await
    }

    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<()> {
        Layer::load(self, table, rows).await
    }

    async fn clock_offsets_us(&self) -> Result<Vec<i64>> {
        self.below().clock_offsets_us().await
    }

    fn room(&self) -> Option<Room> {
        self.below().room()
    }
}

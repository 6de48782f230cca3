use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use petrel_model::clock::{Clock, Stamp};
use petrel_store::engine::{
    FullRow, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, Room, RowKey,
    TableScanner, TableToken,
};
use petrel_store::{Engine, MadeIn, Mode, StoreError, TableId};

use crate::error::OpenError;
use crate::options::Options;
use crate::schema::Schema;
use crate::session::Cluster;
use crate::tables::Tables;
use crate::turns::Turns;

/// A logged batch is replayed until the tables' `gc_grace_seconds` are over; this comes on top, in
/// seconds, for clocks that differ and a node that is slow to notice.
pub(crate) const LATE_MARGIN_S: u64 = 3_600;

/// The engine for several nodes. Cheap to clone within the crate; dropping the last one closes
/// the connections.
pub struct Cql {
    inner: Arc<Inner>,
}

/// What readers of tables hold on to.
pub(crate) struct Inner {
    pub cluster: Cluster,
    pub tables: Tables,
    pub clock: Arc<dyn Clock>,
    pub schema: Schema,
    pub turns: Turns,
}

impl Cql {
    /// Connects; makes the store or brings its schema up to date, if that may be; and looks for
    /// settings of the engine that would break the contract.
    pub async fn open(options: Options) -> Result<Cql, OpenError> {
        options.check()?;
        let cluster = Cluster::connect(&options).await?;
        let schema = Schema::ready(&cluster, &options).await?;
        let tables = Tables::prepare(&cluster, &options).await?;
        let inner = Inner {
            cluster,
            tables,
            clock: options.clock,
            schema,
            turns: Turns::new(),
        };
        Ok(Cql {
            inner: Arc::new(inner),
        })
    }

    pub fn made_in(&self) -> MadeIn {
        self.inner.schema.made_in
    }

    /// Whether this opening made the schema or a part of it.
    pub fn made_schema(&self) -> bool {
        self.inner.schema.made
    }

    /// Settings of the engine that are doubtful, in plain words; they were logged too.
    pub fn warnings(&self) -> &[String] {
        &self.inner.schema.warnings
    }
}

#[async_trait]
impl Engine for Cql {
    fn name(&self) -> &'static str {
        "cql"
    }

    fn late_bound_s(&self) -> u64 {
        self.inner.schema.gc_grace_s + LATE_MARGIN_S
    }

    /// The greatest stamp that was loaded, or written from a clock far ahead of this node's wall.
    /// Which stamps a node may have used is said by the high-water mark in its lease row; an
    /// engine that many share cannot know without a write for each write.
    async fn last_stamp(&self) -> Result<Stamp, StoreError> {
        self.inner.mark().await
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        let rows = self.get_many(mode, std::slice::from_ref(key)).await?;
        Ok(rows.into_iter().next().flatten())
    }

    async fn get_many(
        &self,
        _mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        self.inner.get_many(keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.inner.scan(scan).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        self.inner.scan_many(scans).await
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.inner.scan_table(table, token, limit).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        self.inner.write(batch).await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        self.inner.write_if(write).await
    }

    /// Premises are read first and compared, and what was found is not locked: a premise that
    /// changes in between is overtaken, which does no harm, because each row is put or deleted at
    /// the stamp of what it repairs and any later write of it wins.
    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        self.inner.mend(mend).await
    }

    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.inner.delete_partition(table, &partition, stamp).await
    }

    /// A reader of what is there when it is read.
    async fn snapshot(&self) -> Result<Box<dyn TableScanner>, StoreError> {
        Ok(Box::new(Reader(self.inner.clone())))
    }

    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<(), StoreError> {
        self.inner.load(table, rows).await
    }

    /// Nodes that do not answer within a second are left out; it fails if none does.
    async fn clock_offsets_us(&self) -> Result<Vec<i64>, StoreError> {
        self.inner.clock_offsets_us().await
    }

    fn room(&self) -> Option<Room> {
        None
    }
}

/// Opening is awaited inside spawned tasks too.
const _: fn(Options) = |options| {
    fn is_send(_: impl Send) {}
    is_send(Cql::open(options));
};

struct Reader(Arc<Inner>);

#[async_trait]
impl TableScanner for Reader {
    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.0.scan_table(table, token, limit).await
    }
}

//! The way from one node to the engine: it takes time, may be cut, and everything that goes over
//! it is in the trace. It also knows what each command has written, by which stamp.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::id::{Id, StatusId};
use petrel_social::statuses::table::Statuses;
use petrel_store::engine::{
    FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, Room, RowKey,
    TableScanner, TableToken,
};
use petrel_store::events::Events;
use petrel_store::{Engine, Key, Mode, Stamp, StoreError, Table, TableId};
use tokio::time::sleep;

use crate::dice::Dice;
use crate::trace::Trace;

/// How long a node waits for an engine that it cannot reach.
const CUT_MS: u64 = 400;

tokio::task_local! {
    /// What the command has written that is being done.
    static WRITTEN: Arc<Written>;
    /// Here a check works, which mends and does not write.
    static MENDING: ();
}

/// The batches that one command gave to the engine.
#[derive(Default)]
pub struct Written {
    /// Whether it is a command that creates statuses.
    creates: bool,
    stamps: Mutex<Vec<u64>>,
    rows: Mutex<BTreeMap<RowKey, u64>>,
    created: Mutex<Vec<StatusId>>,
}

impl Written {
    /// Of a command that creates statuses, or of another.
    pub fn of(creates: bool) -> Written {
        Written {
            creates,
            ..Written::default()
        }
    }

    /// Does what `work` does, and knows afterwards what it wrote.
    pub async fn watch<T>(self: &Arc<Written>, work: impl Future<Output = T>) -> T {
        WRITTEN.scope(self.clone(), work).await
    }

    /// The latest stamp that it gave to anything; none if it wrote nothing.
    pub fn latest(&self) -> Option<u64> {
        self.stamps.lock().iter().max().copied()
    }

    /// The stamp that it gave to this row; none if it did not write it.
    pub fn stamp_of(&self, row: &RowKey) -> Option<u64> {
        self.rows.lock().get(row).copied()
    }

    /// The status that it wrote the creation of.
    pub fn created(&self) -> Option<StatusId> {
        self.created.lock().first().copied()
    }

    fn note(&self, stamp: Stamp, ops: &[Op]) {
        self.stamps.lock().push(stamp.0);
        let rows = ops.iter().map(|op| (op.key().clone(), stamp.0));
        self.rows.lock().extend(rows);
        let created = |op: &Op| match op {
            Op::Put { key, .. } if key.table == Statuses::ID && is_creation(&key.sort) => {
                <Id as Key>::from_bytes(&key.partition).ok().map(StatusId)
            }
            _ => None,
        };
        self.created.lock().extend(ops.iter().filter_map(created));
    }
}

fn is_creation(sort: &Bytes) -> bool {
    use petrel_social::statuses::table::StatusSort;
    StatusSort::from_bytes(sort).is_ok_and(|sort| sort == StatusSort::Created)
}

/// Does what `work` does, which must write nothing but by `mend`, and tell of it by events: what is put in the place of a lost
/// row bears the stamp of its fact, or it would win over whatever takes the fact back meanwhile.
pub async fn mending<T>(work: impl Future<Output = T>) -> T {
    MENDING.scope((), work).await
}

/// Rules about batches, for all lives of all nodes.
#[derive(Default)]
pub struct Rules {
    /// The stamps that each status was created with: nothing writes it again but the same request
    /// once more, should nobody know what became of the first; and each of the two may be sent
    /// again.
    creations: Mutex<BTreeMap<Bytes, BTreeSet<u64>>>,
    broken: Mutex<Option<String>>,
}

impl Rules {
    fn note(&self, stamp: Stamp, ops: &[Op]) {
        let is_telling = |op: &Op| op.key().table == Events::ID;
        if MENDING.try_with(|()| ()).is_ok() && !ops.iter().all(is_telling) {
            *self.broken.lock() = Some(format!("a check wrote instead of mending: {ops:?}"));
        }
        let is_creating = WRITTEN.try_with(|written| written.creates);
        for op in ops {
            let Op::Put { key, .. } = op else { continue };
            if key.table != Statuses::ID || !is_creation(&key.sort) {
                continue;
            }
            let mut creations = self.creations.lock();
            let known = creations.entry(key.partition.clone()).or_default();
            if known.is_empty() || is_creating.unwrap_or(false) {
                known.insert(stamp.0);
            } else if !known.contains(&stamp.0) {
                let text = format!("{key:?} of {known:?} was written again by {}", stamp.0);
                *self.broken.lock() = Some(text);
            }
        }
    }

    /// # Errors
    /// One was broken.
    pub fn judge(&self) -> anyhow::Result<()> {
        match &*self.broken.lock() {
            None => Ok(()),
            Some(broken) => Err(anyhow::anyhow!("{broken}")),
        }
    }
}

pub struct Wire {
    engine: Arc<dyn Engine>,
    trace: Arc<Trace>,
    rules: Arc<Rules>,
    dice: Dice,
    node: u8,
    way_ms_max: u64,
    cut: AtomicBool,
}

impl Wire {
    pub fn new(
        engine: Arc<dyn Engine>,
        trace: Arc<Trace>,
        rules: Arc<Rules>,
        dice: Dice,
        node: u8,
        way_ms_max: u64,
    ) -> Arc<Wire> {
        Arc::new(Wire {
            engine,
            trace,
            rules,
            dice,
            node,
            way_ms_max,
            cut: AtomicBool::new(false),
        })
    }

    pub fn cut(&self, is_cut: bool) {
        self.cut.store(is_cut, Ordering::Relaxed);
    }

    async fn way(&self) {
        if self.way_ms_max > 0 {
            sleep(Duration::from_millis(self.dice.below(self.way_ms_max + 1))).await;
        }
    }

    /// On the way there.
    async fn ask(&self, what: &[u8], about: &[u8]) -> Result<(), StoreError> {
        self.trace.note(&[&[self.node], what, about]);
        self.way().await;
        self.or_cut(false).await
    }

    async fn or_cut(&self, outcome_unknown: bool) -> Result<(), StoreError> {
        if !self.cut.load(Ordering::Relaxed) {
            return Ok(());
        }
        sleep(Duration::from_millis(CUT_MS)).await;
        Err(StoreError::Timeout { outcome_unknown })
    }

    async fn written(&self, stamp: Stamp, ops: &[Op]) -> Result<(), StoreError> {
        self.trace
            .note(&[&[self.node], b"write", &stamp.0.to_le_bytes()]);
        self.rules.note(stamp, ops);
        let _ = WRITTEN.try_with(|written| written.note(stamp, ops));
        self.way().await;
        self.or_cut(true).await
    }
}

#[async_trait]
impl Engine for Wire {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn late_bound_s(&self) -> u64 {
        self.engine.late_bound_s()
    }

    async fn last_stamp(&self) -> Result<Stamp, StoreError> {
        self.ask(b"last", b"").await?;
        self.engine.last_stamp().await
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        self.ask(b"get", &key.partition).await?;
        self.engine.get(mode, key).await
    }

    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        self.ask(b"gets", &[keys.len() as u8]).await?;
        self.engine.get_many(mode, keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.ask(b"scan", &scan.partition).await?;
        self.engine.scan(scan).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        self.ask(b"scans", &[scans.len() as u8]).await?;
        self.engine.scan_many(scans).await
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.ask(b"table", &table.to_le_bytes()).await?;
        self.engine.scan_table(table, token, limit).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        self.written(batch.stamp, &batch.ops).await?;
        let stamp = self.engine.write(batch).await?;
        self.way().await;
        // It is written, and nobody hears of it.
        self.or_cut(true).await?;
        Ok(stamp)
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        self.trace.note(&[&[self.node], b"if", &write.partition]);
        self.way().await;
        self.or_cut(true).await?;
        let outcome = self.engine.write_if(write).await?;
        self.or_cut(true).await?;
        Ok(outcome)
    }

    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        self.ask(b"mend", &[mend.puts.len() as u8]).await?;
        self.engine.mend(mend).await
    }

    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.written(stamp, &[]).await?;
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

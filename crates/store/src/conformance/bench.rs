use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};

use super::Harness;
use super::tables::{Other, Plains, Serials};
use crate::engine::{
    Condition, Direction, FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow,
    RawScan, RowKey,
};
use crate::table::{Mode, Table, TableId};
use crate::{Engine, Store, StoreError, StoreOptions};

/// Where the suite's wall clock begins: 1 January 2026, in Unix milliseconds.
pub(super) const BEGIN_MS: u64 = 1_767_225_600_000;
/// A hostile engine refuses one try in ten; so many in a row are a defect.
const TRIES_MAX: usize = 60;

/// An engine under test with a clock of its own, and the small words of which clauses are made.
/// Plain rows are in the table `Plains` unless the name says otherwise.
pub struct Bench<'a> {
    harness: &'a dyn Harness,
    pub engine: Arc<dyn Engine>,
    pub wall: Arc<ManualClock>,
    pub clock: Arc<HybridClock>,
}

impl<'a> Bench<'a> {
    pub async fn open(harness: &'a dyn Harness) -> Bench<'a> {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = harness.open(wall.clone()).await;
        Bench::over(harness, engine, wall, Stamp::MIN).await
    }

    /// `high_water` is what the lease of a node says beside the engine: its last start used no
    /// later stamp.
    async fn over(
        harness: &'a dyn Harness,
        engine: Arc<dyn Engine>,
        wall: Arc<ManualClock>,
        high_water: Stamp,
    ) -> Bench<'a> {
        let last = again(|| engine.last_stamp()).await.max(high_water);
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, last));
        Bench {
            harness,
            engine,
            wall,
            clock,
        }
    }

    pub async fn reopen(self) -> Bench<'a> {
        let Bench {
            harness,
            engine,
            wall,
            clock,
        } = self;
        let engine = harness.reopen(engine, wall.clone()).await;
        Bench::over(harness, engine, wall, clock.last_stamp()).await
    }

    /// A store whose wall is the bench's own. It keeps no cache: the suite is about engines.
    pub fn store(&self) -> Store {
        self.store_of(self.clock.clone(), 1)
    }

    /// A store of another node, whose wall is so many milliseconds ahead of the bench's.
    pub fn store_ahead(&self, number: u16, by_ms: u64) -> Store {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS + by_ms));
        let clock = HybridClock::new(wall, Node::Member(number), Stamp::MIN);
        self.store_of(Arc::new(clock), 1 + u64::from(number))
    }

    pub(super) fn store_of(&self, clock: Arc<HybridClock>, token: u64) -> Store {
        let options = StoreOptions {
            cache_bytes: 0,
            membership: None,
        };
        Store::with_options(self.engine.clone(), clock, token, Vec::new(), options)
    }

    pub fn now_s(&self) -> u64 {
        self.clock.now_s()
    }

    pub fn stamp(&self) -> Stamp {
        self.clock.next_stamp(Stamp::MIN)
    }

    /// Writes under a new stamp.
    pub async fn write(&self, ops: Vec<Op>) -> Stamp {
        self.write_at(self.stamp(), ops).await
    }

    /// Writes under this stamp, as often as it takes; the answer is the stamp that was used.
    pub async fn write_at(&self, stamp: Stamp, ops: Vec<Op>) -> Stamp {
        let mut retry = false;
        for _ in 0..TRIES_MAX {
            let batch = RawBatch {
                stamp,
                retry,
                ops: ops.clone(),
            };
            match self.engine.write(batch).await {
                Ok(stamp) => {
                    self.clock.observe(stamp);
                    return stamp;
                }
                Err(error) => retry |= may_try_again(&error),
            }
        }
        panic!("the engine never took the batch");
    }

    /// Sends once more a batch that was acknowledged under this stamp.
    pub async fn repeat(&self, stamp: Stamp, ops: Vec<Op>) {
        again(|| {
            self.engine.write(RawBatch {
                stamp,
                retry: true,
                ops: ops.clone(),
            })
        })
        .await;
    }

    /// A conditional write whose value tells it from all others, so that doubt can be settled by
    /// reading.
    pub async fn write_if(&self, write: RawConditional) -> RawOutcome {
        for _ in 0..TRIES_MAX {
            match self.engine.write_if(write.clone()).await {
                Ok(outcome) => return outcome,
                Err(error) => {
                    if may_try_again(&error)
                        && let Some(stamp) = self.was_applied(&write).await
                    {
                        return RawOutcome::Applied(stamp);
                    }
                }
            }
        }
        panic!("the engine never took the conditional write");
    }

    async fn was_applied(&self, write: &RawConditional) -> Option<Stamp> {
        let mut stamp = None;
        for op in &write.ops {
            let row = self.get_in(Mode::Cas, op.key()).await;
            match op {
                Op::Put { value, .. } => {
                    let row = row.filter(|row| row.value == *value)?;
                    stamp = Some(row.revision);
                }
                Op::Delete { .. } if row.is_some() => return None,
                Op::Delete { .. } => stamp = stamp.or(Some(write.stamp)),
            }
        }
        stamp
    }

    /// True if it was applied. One in doubt is settled and looked up: a second try may find its
    /// premises changed by the first.
    pub async fn mend(&self, mend: RawMend) -> bool {
        for _ in 0..TRIES_MAX {
            match self.engine.mend(mend.clone()).await {
                Ok(applied) => return applied,
                Err(error) => {
                    if may_try_again(&error) {
                        self.harness.settle().await;
                        if self.was_mended(&mend).await {
                            return true;
                        }
                    }
                }
            }
        }
        panic!("the engine never took the repair");
    }

    async fn was_mended(&self, mend: &RawMend) -> bool {
        for (key, value, _, _) in &mend.puts {
            let row = self.get_in(Mode::Plain, key).await;
            if row.is_none_or(|row| row.value != *value) {
                return false;
            }
        }
        for (key, own) in &mend.deletes {
            let row = self.get_in(Mode::Plain, key).await;
            if row.is_some_and(|row| row.revision <= *own) {
                return false;
            }
        }
        true
    }

    pub async fn delete_partition(&self, partition: &str, stamp: Stamp) {
        let partition = bytes(partition);
        again(|| {
            self.engine
                .delete_partition(Plains::ID, partition.clone(), stamp)
        })
        .await;
    }

    pub async fn get(&self, partition: &str, sort: &str) -> Option<RawRow> {
        self.get_in(Mode::Plain, &key(partition, sort)).await
    }

    /// The value of a row as text.
    pub async fn text(&self, partition: &str, sort: &str) -> Option<String> {
        self.get(partition, sort).await.map(text)
    }

    pub async fn serial(&self, partition: &str, sort: &str) -> Option<RawRow> {
        self.get_in(Mode::Cas, &key_in(Serials::ID, partition, sort))
            .await
    }

    pub async fn get_in(&self, mode: Mode, key: &RowKey) -> Option<RawRow> {
        again(|| self.engine.get(mode, key)).await
    }

    pub async fn get_many(&self, keys: &[RowKey]) -> Vec<Option<RawRow>> {
        again(|| self.engine.get_many(Mode::Plain, keys)).await
    }

    pub async fn scan(&self, scan: RawScan) -> Vec<RawRow> {
        again(|| self.engine.scan(&scan)).await
    }

    /// The values of a partition as text, in the order of their sort keys.
    pub async fn texts(&self, partition: &str) -> Vec<String> {
        let rows = self.scan(scan_of(partition)).await;
        rows.into_iter().map(text).collect()
    }

    /// All rows of a table by `scan_table`, so many at a time, sorted.
    pub async fn table(&self, table: TableId, limit: usize) -> Vec<FullRow> {
        let mut rows = Vec::new();
        let mut token = None;
        loop {
            let page = again(|| self.engine.scan_table(table, token.clone(), limit)).await;
            assert!(page.0.len() <= limit, "a page is longer than its limit");
            rows.extend(page.0);
            token = page.1;
            if token.is_none() {
                break;
            }
        }
        rows.sort_by(|a, b| (&a.partition, &a.row.sort).cmp(&(&b.partition, &b.row.sort)));
        rows
    }
}

/// Tries again for as long as the engine says that it may be tried again.
pub(super) async fn again<T, F: Future<Output = Result<T, StoreError>>>(
    mut ask: impl FnMut() -> F,
) -> T {
    for _ in 0..TRIES_MAX {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => may_try_again(&error),
        };
    }
    panic!("the engine never answered");
}

/// Panics at an error that no clause expects; true if the outcome is unknown.
fn may_try_again(error: &StoreError) -> bool {
    match error {
        StoreError::Timeout { outcome_unknown } => *outcome_unknown,
        StoreError::Unavailable(_) => false,
        other => panic!("the engine answered: {other}"),
    }
}

pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(super) fn text(row: RawRow) -> String {
    String::from_utf8_lossy(&row.value).into_owned()
}

pub(super) fn key_in(table: TableId, partition: &str, sort: &str) -> RowKey {
    RowKey {
        table,
        partition: bytes(partition),
        sort: bytes(sort),
    }
}

pub(super) fn key(partition: &str, sort: &str) -> RowKey {
    key_in(Plains::ID, partition, sort)
}

pub(super) fn put_key(key: RowKey, value: &str) -> Op {
    Op::Put {
        key,
        value: bytes(value),
        expires_at_s: None,
    }
}

pub(super) fn put(partition: &str, sort: &str, value: &str) -> Op {
    put_key(key(partition, sort), value)
}

pub(super) fn put_other(partition: &str, sort: &str, value: &str) -> Op {
    put_key(key_in(Other::ID, partition, sort), value)
}

pub(super) fn put_until(partition: &str, sort: &str, value: &str, expires_at_s: u64) -> Op {
    Op::Put {
        key: key(partition, sort),
        value: bytes(value),
        expires_at_s: Some(expires_at_s),
    }
}

pub(super) fn delete(partition: &str, sort: &str) -> Op {
    Op::Delete {
        key: key(partition, sort),
    }
}

/// A whole partition of `Plains`, ascending.
pub(super) fn scan_of(partition: &str) -> RawScan {
    RawScan {
        table: Plains::ID,
        mode: Mode::Plain,
        partition: bytes(partition),
        from: None,
        to: None,
        direction: Direction::Ascending,
        limit: 10_000,
    }
}

/// A conditional write of one row of `Serials`.
pub(super) fn serial_put(
    stamp: Stamp,
    partition: &str,
    sort: &str,
    condition: Condition,
    value: &str,
) -> RawConditional {
    RawConditional {
        table: Serials::ID,
        partition: bytes(partition),
        stamp,
        conditions: vec![(bytes(sort), condition)],
        ops: vec![put_key(key_in(Serials::ID, partition, sort), value)],
    }
}

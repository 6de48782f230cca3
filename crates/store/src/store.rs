use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use petrel_model::clock::{HybridClock, Stamp};

use crate::batch::{check_limits, row_key};
use crate::conditional::Conditional;
use crate::engine::{
    Engine, FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, Room,
    TableToken,
};
use crate::events::{BLOCK_EVENTS, EVENT_KEPT_S, EventRow, Events, Happened};
use crate::key::Key;
use crate::mend::Mend;
use crate::record::Record;
use crate::table::{Cas, Row, Table, TableMode};
use crate::{Batch, MendOutcome, Scan, StoreError};

/// Told of each committed event before the commit is answered, on the committing task.
/// Must be quick and must not fail; events of concurrent commits may arrive in any order.
pub trait Listener: Send + Sync + 'static {
    fn happened(&self, happened: &Happened);
}

/// The one store that services see, over any engine. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<dyn Engine>,
    clock: Arc<HybridClock>,
    /// The lease token of this start, under which event rows are numbered.
    token: u64,
    sequence: AtomicU64,
    listeners: Vec<Arc<dyn Listener>>,
}

impl Store {
    /// `token` is this start's own, never used before by this node.
    pub fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<HybridClock>,
        token: u64,
        listeners: Vec<Arc<dyn Listener>>,
    ) -> Store {
        Store {
            inner: Arc::new(Inner {
                engine,
                clock,
                token,
                sequence: AtomicU64::new(0),
                listeners,
            }),
        }
    }

    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.inner.engine
    }

    pub fn clock(&self) -> &Arc<HybridClock> {
        &self.inner.clock
    }

    pub fn token(&self) -> u64 {
        self.inner.token
    }

    pub fn room(&self) -> Option<Room> {
        self.inner.engine.room()
    }

    pub async fn get<T: Table>(
        &self,
        partition: &T::Partition,
        sort: &T::Sort,
    ) -> Result<Option<Row<T>>, StoreError> {
        let key = row_key::<T>(partition, sort);
        let row = self.inner.engine.get(T::Mode::MODE, &key).await?;
        row.map(decode::<T>).transpose()
    }

    /// One answer for each key, in order.
    pub async fn get_many<T: Table>(
        &self,
        keys: &[(T::Partition, T::Sort)],
    ) -> Result<Vec<Option<Row<T>>>, StoreError> {
        let keys: Vec<_> = keys
            .iter()
            .map(|(partition, sort)| row_key::<T>(partition, sort))
            .collect();
        let rows = self.inner.engine.get_many(T::Mode::MODE, &keys).await?;
        rows.into_iter()
            .map(|row| row.map(decode::<T>).transpose())
            .collect()
    }

    pub fn scan<T: Table>(&self, partition: &T::Partition) -> Scan<'_, T> {
        Scan::new(self, partition)
    }

    /// All rows of one small partition, through the cache.
    pub async fn partition<T: Table>(
        &self,
        partition: &T::Partition,
    ) -> Result<Arc<Vec<Row<T>>>, StoreError> {
        Ok(Arc::new(self.scan::<T>(partition).await?))
    }

    /// Several small partitions, through the cache, one answer each, in order.
    pub async fn partitions<T: Table>(
        &self,
        partitions: &[T::Partition],
    ) -> Result<Vec<Arc<Vec<Row<T>>>>, StoreError> {
        let scans: Vec<RawScan> = partitions
            .iter()
            .map(|partition| Scan::<T>::new(self, partition).raw)
            .collect();
        let found = self.inner.engine.scan_many(&scans).await?;
        found
            .into_iter()
            .map(|rows| {
                rows.into_iter()
                    .map(decode::<T>)
                    .collect::<Result<Vec<_>, _>>()
                    .map(Arc::new)
            })
            .collect()
    }

    /// For maintenance only, never on a request path.
    pub async fn scan_table<T: Table>(
        &self,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<(T::Partition, Row<T>)>, Option<TableToken>), StoreError> {
        let (rows, token) = self.inner.engine.scan_table(T::ID, token, limit).await?;
        let rows = rows
            .into_iter()
            .map(decode_full::<T>)
            .collect::<Result<_, _>>()?;
        Ok((rows, token))
    }

    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    pub fn write_if<'a, T: Table<Mode = Cas>>(
        &'a self,
        partition: &T::Partition,
    ) -> Conditional<'a, T> {
        Conditional::new(self, partition)
    }

    pub fn mend(&self) -> Mend<'_> {
        Mend::new(self)
    }

    /// Drops a whole partition of a plain table.
    pub async fn delete_partition<T: Table<Mode = crate::Plain>>(
        &self,
        partition: &T::Partition,
    ) -> Result<(), StoreError> {
        let stamp = self.inner.clock.next_stamp(Stamp::MIN);
        let partition = Bytes::from(partition.to_bytes());
        self.inner
            .engine
            .delete_partition(T::ID, partition, stamp)
            .await
    }

    pub(crate) async fn commit(&self, batch: &mut Batch<'_>) -> Result<Stamp, StoreError> {
        let (stamp, retry) = match batch.sent {
            Some(stamp) => (stamp, true),
            None => (self.inner.clock.next_stamp(batch.read), false),
        };
        if !retry {
            self.number_events(batch);
            check_limits(&batch.ops)?;
            batch.sent = Some(stamp);
        }
        let raw = RawBatch {
            stamp,
            retry,
            ops: batch.ops.clone(),
        };
        let stamp = self.inner.engine.write(raw).await?;
        batch.sent = Some(stamp);
        self.inner.clock.observe(stamp);
        self.tell(batch, stamp);
        Ok(stamp)
    }

    /// Draws a place in the sequence for each event and adds its row to the batch.
    fn number_events(&self, batch: &mut Batch<'_>) {
        let expires_at_s =
            self.inner.clock.now_s() + EVENT_KEPT_S + self.inner.engine.late_bound_s();
        for event in std::mem::take(&mut batch.events) {
            let sequence = self.inner.sequence.fetch_add(1, Ordering::SeqCst);
            batch.put_until::<Events>(
                &self.events_partition(sequence),
                &sequence,
                &EventRow { event },
                expires_at_s,
            );
        }
    }

    fn events_partition(&self, sequence: u64) -> (u16, u64, u64) {
        let node = self.inner.clock.node().number();
        (node, self.inner.token, sequence / BLOCK_EVENTS)
    }

    fn tell(&self, batch: &Batch<'_>, stamp: Stamp) {
        if self.inner.listeners.is_empty() {
            return;
        }
        for op in &batch.ops {
            let Op::Put { key, value, .. } = op else {
                continue;
            };
            if key.table != Events::ID {
                continue;
            }
            let row = EventRow::from_value(value).expect("this batch encoded it");
            let sequence = u64::from_bytes(&key.sort).expect("this batch encoded it");
            let happened = Happened {
                node: self.inner.clock.node().number(),
                token: self.inner.token,
                sequence,
                stamp,
                event: row.event,
            };
            for listener in &self.inner.listeners {
                listener.happened(&happened);
            }
        }
    }

    pub(crate) async fn write_if_raw(
        &self,
        mut write: RawConditional,
    ) -> Result<RawOutcome, StoreError> {
        check_limits(&write.ops)?;
        write.stamp = self.inner.clock.next_stamp(Stamp::MIN);
        let outcome = self.inner.engine.write_if(write).await?;
        if let RawOutcome::Applied(stamp) = &outcome {
            self.inner.clock.observe(*stamp);
        }
        Ok(outcome)
    }

    pub(crate) async fn mend_raw(&self, mend: RawMend) -> Result<MendOutcome, StoreError> {
        if self.inner.engine.mend(mend).await? {
            Ok(MendOutcome::Applied)
        } else {
            Ok(MendOutcome::PremiseChanged)
        }
    }
}

/// An event that a listener may want to see again: those of one block, in order.
impl Store {
    pub async fn events(
        &self,
        node: u16,
        token: u64,
        from_sequence: u64,
        limit: usize,
    ) -> Result<Vec<Happened>, StoreError> {
        let partition = (node, token, from_sequence / BLOCK_EVENTS);
        let rows = self
            .scan::<Events>(&partition)
            .from(&from_sequence)
            .limit(limit)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Happened {
                node,
                token,
                sequence: row.sort,
                stamp: row.revision,
                event: row.value.event,
            })
            .collect())
    }
}

pub(crate) fn decode<T: Table>(raw: RawRow) -> Result<Row<T>, StoreError> {
    Ok(Row {
        sort: T::Sort::from_bytes(&raw.sort)
            .map_err(|error| StoreError::corrupt_key(T::NAME, error))?,
        value: T::Value::from_value(&raw.value)
            .map_err(|error| StoreError::corrupt_record(T::NAME, error))?,
        revision: raw.revision,
        expires_at_s: raw.expires_at_s,
    })
}

fn decode_full<T: Table>(raw: FullRow) -> Result<(T::Partition, Row<T>), StoreError> {
    let partition = T::Partition::from_bytes(&raw.partition)
        .map_err(|error| StoreError::corrupt_key(T::NAME, error))?;
    Ok((partition, decode::<T>(raw.row)?))
}

use std::collections::HashSet;

use bytes::Bytes;
use petrel_model::event::Event;
use petrel_model::id::AccountId;

use crate::cache::{Place, Voiding};
use crate::commit::{Sent, SentAmongPeers};
use crate::engine::{Op, RowKey};
use crate::key::Key;
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_OPS_MAX, EVENT_KEY_BYTES, KEY_BYTES_MAX, PARTITION_BYTES_MAX,
    PARTITION_OPS_MAX, ROW_OVERHEAD_BYTES, VALUE_BYTES_MAX,
};
use crate::partition::Partition;
use crate::record::Record;
use crate::scan::Scan;
use crate::store::Store;
use crate::table::{Plain, Row, Table};
use crate::{Latest, LatestRow, Stamp, StoreError};

/// What a partition that is named by an event takes there besides its key, in bytes: its table and
/// the lengths.
const VOID_OVERHEAD_BYTES: usize = 5;

/// One command's reads and writes. All reads of a command go through its batch, which notes
/// every revision read: the batch's stamp is later than all of them.
pub struct Batch<'a> {
    store: &'a Store,
    pub(crate) ops: Vec<Op>,
    pub(crate) events: Vec<Event>,
    pub(crate) read: Stamp,
    /// Set by the first attempt to commit.
    pub(crate) sent: Option<Sent>,
    /// The same, where there are other nodes.
    pub(crate) among: Option<SentAmongPeers>,
    /// What the cache may not keep until the outcome is known.
    pub(crate) voiding: Option<Voiding>,
    /// The partitions written that caches keep.
    pub(crate) voids: Vec<Place>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(store: &'a Store) -> Batch<'a> {
        Batch {
            store,
            ops: Vec::new(),
            events: Vec::new(),
            read: Stamp::MIN,
            sent: None,
            among: None,
            voiding: None,
            voids: Vec::new(),
        }
    }

    pub fn store(&self) -> &'a Store {
        self.store
    }

    pub async fn get<T: Table>(
        &mut self,
        partition: &T::Partition,
        sort: &T::Sort,
    ) -> Result<Option<Row<T>>, StoreError> {
        let row = self.store.get::<T>(partition, sort).await?;
        if let Some(row) = &row {
            self.note(row.revision);
        }
        Ok(row)
    }

    pub async fn get_many<T: Table>(
        &mut self,
        keys: &[(T::Partition, T::Sort)],
    ) -> Result<Vec<Option<Row<T>>>, StoreError> {
        let rows = self.store.get_many::<T>(keys).await?;
        rows.iter()
            .flatten()
            .for_each(|row| self.note(row.revision));
        Ok(rows)
    }

    /// Build the scan with `build`: `batch.scan::<T>(&partition, |scan| scan.limit(40)).await`.
    pub async fn scan<T: Table>(
        &mut self,
        partition: &T::Partition,
        build: impl FnOnce(Scan<'a, T>) -> Scan<'a, T>,
    ) -> Result<Vec<Row<T>>, StoreError> {
        let rows = build(self.store.scan::<T>(partition)).run().await?;
        rows.iter().for_each(|row| self.note(row.revision));
        Ok(rows)
    }

    /// All rows of one small partition, through the cache.
    pub async fn partition<T: Table>(
        &mut self,
        partition: &T::Partition,
    ) -> Result<std::sync::Arc<Partition<T>>, StoreError> {
        let rows = self.store.partition::<T>(partition).await?;
        rows.iter().for_each(|row| self.note(row.revision));
        Ok(rows)
    }

    /// Several small partitions, through the cache, one answer each.
    pub async fn partitions<T: Table>(
        &mut self,
        partitions: &[T::Partition],
    ) -> Result<Vec<std::sync::Arc<Partition<T>>>, StoreError> {
        let found = self.store.partitions::<T>(partitions).await?;
        for rows in &found {
            rows.iter().for_each(|row| self.note(row.revision));
        }
        Ok(found)
    }

    /// Makes the batch later than a revision that was read elsewhere (a cached fact, an event).
    pub fn note(&mut self, revision: Stamp) {
        self.read = self.read.max(revision);
    }

    pub fn put<T: Table<Mode = Plain>>(
        &mut self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
    ) {
        self.put_row::<T>(partition, sort, value, None);
    }

    /// As `put`; the row is gone after `expires_at_s` (Unix seconds).
    pub fn put_until<T: Table<Mode = Plain>>(
        &mut self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
        expires_at_s: u64,
    ) {
        self.put_row::<T>(partition, sort, value, Some(expires_at_s));
    }

    fn put_row<T: Table<Mode = Plain>>(
        &mut self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
        expires_at_s: Option<u64>,
    ) {
        let key = self.key::<T>(partition, sort);
        self.ops.push(Op::Put {
            key,
            value: value.to_value().into(),
            expires_at_s,
        });
    }

    pub fn delete<T: Table<Mode = Plain>>(&mut self, partition: &T::Partition, sort: &T::Sort) {
        let key = self.key::<T>(partition, sort);
        self.ops.push(Op::Delete { key });
    }

    fn key<T: Table>(&mut self, partition: &T::Partition, sort: &T::Sort) -> RowKey {
        let key = row_key::<T>(partition, sort);
        let place = Place::of_key(&key);
        if T::CACHED && !self.voids.contains(&place) {
            self.voids.push(place);
        }
        key
    }

    /// Notes that what this account may see or do, or has done, is changed: its next request on
    /// any node knows of this batch. For the actor of a command, and for every account whose rights
    /// it takes or gives. Nothing on one machine.
    pub fn latest(&mut self, account: AccountId) {
        let key = row_key::<Latest>(&account, &());
        if self.store.peers().is_some() && !self.ops.iter().any(|op| *op.key() == key) {
            self.put::<Latest>(&account, &(), &LatestRow {});
        }
    }

    /// Tells of what this batch does; becomes an event row of the same batch.
    pub fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    pub fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.events.is_empty()
    }

    pub fn len(&self) -> usize {
        self.ops.len() + self.events.len()
    }

    /// What the batch takes so far as the limits count it, in bytes: each row's key and value and
    /// what it counts on top, events among them.
    pub fn size_bytes(&self) -> usize {
        let ops = self.ops.iter().map(|op| {
            let value_bytes = match op {
                Op::Put { value, .. } => value.len(),
                Op::Delete { .. } => 0,
            };
            let key = op.key();
            key.partition.len() + key.sort.len() + value_bytes + ROW_OVERHEAD_BYTES
        });
        let events = self.events.iter().map(|event| {
            // The version byte, and the array that the event is the one field of.
            let value_bytes = 2 + minicbor::len(event);
            EVENT_KEY_BYTES + value_bytes + ROW_OVERHEAD_BYTES
        });
        // On several nodes the first event names what the batch voids.
        let voids = self
            .voids
            .iter()
            .map(|place| VOID_OVERHEAD_BYTES + place.partition.len());
        let voids_bytes = match self.store.peers() {
            Some(_) => voids.sum::<usize>(),
            None => 0,
        };
        ops.sum::<usize>() + events.sum::<usize>() + voids_bytes
    }

    /// Durable and visible when it returns Ok; the stamp is the revision of all its rows.
    /// After an error, committing the same batch again is safe: it keeps its stamp and the places
    /// of its events, and listeners are told once. Nothing can be added after the first attempt.
    pub async fn commit(&mut self) -> Result<Stamp, StoreError> {
        self.store.commit(self).await
    }
}

pub(crate) fn row_key<T: Table>(partition: &T::Partition, sort: &T::Sort) -> RowKey {
    RowKey {
        table: T::ID,
        partition: Bytes::from(partition.to_bytes()),
        sort: Bytes::from(sort.to_bytes()),
    }
}

/// The contract's limits, checked before the engine sees the batch. `events` are the values of
/// the event rows that will join it.
pub(crate) fn check_limits(ops: &[Op], events: &[Bytes]) -> Result<(), StoreError> {
    let mut seen = HashSet::with_capacity(ops.len());
    let mut bytes = 0;
    let mut one_partition = events.is_empty();
    for value in events {
        at_most("event", value.len(), VALUE_BYTES_MAX)?;
        bytes += EVENT_KEY_BYTES + ROW_OVERHEAD_BYTES + value.len();
    }
    for op in ops {
        let key = op.key();
        at_most("partition key", key.partition.len(), KEY_BYTES_MAX)?;
        at_most("sort key", key.sort.len(), KEY_BYTES_MAX)?;
        bytes += key.partition.len() + key.sort.len() + ROW_OVERHEAD_BYTES;
        if let Op::Put { value, .. } = op {
            at_most("value", value.len(), VALUE_BYTES_MAX)?;
            bytes += value.len();
        }
        one_partition &= key.table == ops[0].key().table && key.partition == ops[0].key().partition;
        if !seen.insert(key) {
            return Err(StoreError::Refused(format!(
                "two operations on one row of table {}",
                key.table
            )));
        }
    }
    let (ops_max, bytes_max) = if one_partition {
        (PARTITION_OPS_MAX, PARTITION_BYTES_MAX)
    } else {
        (BATCH_OPS_MAX, BATCH_BYTES_MAX)
    };
    at_most("batch operations", ops.len() + events.len(), ops_max)?;
    at_most("batch bytes", bytes, bytes_max)
}

fn at_most(what: &'static str, actual: usize, limit: usize) -> Result<(), StoreError> {
    if actual > limit {
        return Err(StoreError::TooLarge {
            what,
            actual,
            limit,
        });
    }
    Ok(())
}

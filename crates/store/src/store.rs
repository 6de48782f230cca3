use std::sync::Arc;

use parking_lot::Mutex;
use petrel_model::clock::HybridClock;

use crate::batch::row_key;
use crate::cache::{AGE_AMONG_PEERS_US, CACHE_BYTES, Cache, Place};
use crate::conditional::Conditional;
use crate::engine::{Engine, FullRow, RawRow, Room, TableToken, is_expired};
use crate::events::{BLOCK_EVENTS, Events, Happened};
use crate::key::Key;
use crate::load::row_of;
use crate::mend::Mend;
use crate::peers::Core;
use crate::record::Record;
use crate::table::{Cas, Mode, Row, Table, TableMode};
use crate::{Batch, Membership, Peers, Scan, StoreError};

/// Told of each committed event before the commit is answered, on the committing task; on several
/// nodes also of the others' events, once or several times while they are not settled and exactly
/// once when they are. Must be quick and must not fail, and asks nothing of the store; events of
/// concurrent commits may arrive in any order.
pub trait Listener: Send + Sync + 'static {
    fn happened(&self, happened: &Happened);
}

/// The one store that services see, over any engine. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub engine: Arc<dyn Engine>,
    pub clock: Arc<HybridClock>,
    /// The lease token of this start, under which event rows are numbered.
    pub token: u64,
    /// The next place in the sequence of events.
    pub sequence: Mutex<u64>,
    pub listeners: Vec<Arc<dyn Listener>>,
    pub cache: Arc<Cache>,
    pub peers: Option<Peers>,
}

#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How much the cache of partitions holds, in bytes of keys and values plus what a row counts
    /// on top; decoded rows take somewhat more. 0 keeps nothing: several nodes over one engine
    /// must not cache unless they are members.
    pub cache_bytes: u64,
    /// None on one machine.
    pub membership: Option<Membership>,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions {
            cache_bytes: CACHE_BYTES,
            membership: None,
        }
    }
}

impl Store {
    /// `token` is this start's own, never used before by this node.
    pub fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<HybridClock>,
        token: u64,
        listeners: Vec<Arc<dyn Listener>>,
    ) -> Store {
        Store::with_options(engine, clock, token, listeners, StoreOptions::default())
    }

    pub fn with_options(
        engine: Arc<dyn Engine>,
        clock: Arc<HybridClock>,
        token: u64,
        listeners: Vec<Arc<dyn Listener>>,
        options: StoreOptions,
    ) -> Store {
        let late_bound_s = engine.late_bound_s();
        let wall = clock.wall().clone();
        let age_us_max = match options.membership {
            Some(_) => AGE_AMONG_PEERS_US,
            None => u64::MAX,
        };
        let cache = Cache::new(options.cache_bytes, age_us_max, late_bound_s, wall);
        let member_of = |membership| {
            let (engine, clock) = (engine.clone(), clock.clone());
            let (cache, listeners) = (cache.clone(), listeners.clone());
            Peers::new(Core::new(
                engine, clock, token, cache, listeners, membership,
            ))
        };
        let peers = options.membership.map(member_of);
        Store {
            inner: Arc::new(Inner {
                engine,
                clock,
                token,
                sequence: Mutex::new(0),
                listeners,
                cache,
                peers,
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

    /// How many places of its sequence of events this start has drawn.
    pub fn drawn(&self) -> u64 {
        match &self.inner.peers {
            Some(peers) => peers.core().drawn(),
            None => *self.inner.sequence.lock(),
        }
    }

    pub fn room(&self) -> Option<Room> {
        self.inner.engine.room()
    }

    /// Rows of a cached partition come from there; the same holds for `get_many`.
    pub async fn get<T: Table>(
        &self,
        partition: &T::Partition,
        sort: &T::Sort,
    ) -> Result<Option<Row<T>>, StoreError> {
        if let Some(rows) = self.cached::<T>(&Place::of::<T>(partition)) {
            return Ok(row_of(&rows, &sort.to_bytes()));
        }
        let key = row_key::<T>(partition, sort);
        let row = self.inner.engine.get(T::Mode::MODE, &key).await?;
        self.live::<T>(row)
    }

    /// One answer for each key, in order.
    pub async fn get_many<T: Table>(
        &self,
        keys: &[(T::Partition, T::Sort)],
    ) -> Result<Vec<Option<Row<T>>>, StoreError> {
        let mut rows = Vec::with_capacity(keys.len());
        let mut missing = Vec::new();
        let mut missing_at = Vec::new();
        for (partition, sort) in keys {
            let key = row_key::<T>(partition, sort);
            let place = Place {
                table: T::ID,
                partition: key.partition.clone(),
            };
            if let Some(cached) = self.cached::<T>(&place) {
                rows.push(row_of(&cached, &key.sort));
            } else {
                missing_at.push(rows.len());
                missing.push(key);
                rows.push(None);
            }
        }
        if missing.is_empty() {
            return Ok(rows);
        }
        let found = self.inner.engine.get_many(T::Mode::MODE, &missing).await?;
        for (at, row) in missing_at.into_iter().zip(found) {
            rows[at] = self.live::<T>(row)?;
        }
        Ok(rows)
    }

    pub fn scan<T: Table>(&self, partition: &T::Partition) -> Scan<'_, T> {
        Scan::new(self, partition)
    }

    fn live<T: Table>(&self, row: Option<RawRow>) -> Result<Option<Row<T>>, StoreError> {
        let row = match T::Mode::MODE {
            Mode::Plain => self.unless_expired(row),
            Mode::Cas => row,
        };
        row.map(decode::<T>).transpose()
    }

    /// Expiry is judged at use, by this node's clock as well as by the engine's; in a conditional
    /// table by the engine's alone, as its conditions are.
    pub(crate) fn unless_expired(&self, row: Option<RawRow>) -> Option<RawRow> {
        row.filter(|row| !is_expired(row.expires_at_s, self.inner.clock.now_s()))
    }

    /// The engine's late bound, in milliseconds.
    pub fn late_bound_ms(&self) -> u64 {
        self.engine().late_bound_s() * 1_000
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

    /// The other nodes; none on one machine.
    pub fn peers(&self) -> Option<&Peers> {
        self.inner.peers.as_ref()
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
                settled: true,
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

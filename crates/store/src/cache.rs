//! Whole small partitions, decoded. A write voids what it names before it is sent and nothing of
//! it is kept until its outcome is known, so on one machine the cache is exact. Absence is kept
//! too, as an empty partition. Rows of conditional tables never come here.

use std::any::Any;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::Shared;
use minicbor::bytes::ByteVec;
use parking_lot::Mutex;
use petrel_model::clock::Clock;
use quick_cache::Weighter;
use quick_cache::sync::Cache as Kept;

use crate::engine::is_expired;
use crate::limits::ROW_OVERHEAD_BYTES;
use crate::load::{Load, Loading};
use crate::partition::Partition;
use crate::table::{Table, TableId};

/// How much the cache holds unless the store is told otherwise, in bytes as counted by
/// `Entry::bytes`.
pub const CACHE_BYTES: u64 = 128 * 1024 * 1024;
/// What a partition is guessed to take, in bytes: it sizes the memory of what was evicted.
const PARTITION_BYTES_GUESS: u64 = 1024;
/// What a kept partition counts on top of its rows, in bytes.
const PARTITION_OVERHEAD_BYTES: usize = 160;
/// Loads in different shards do not disturb one another.
const SHARDS: usize = 1024;
/// A write whose outcome nobody awaits any more is in doubt so long, in microseconds, on top of
/// the engine's late bound: it may still be waiting for its turn in the engine.
const DOUBT_GRACE_US: u64 = 60 * 1_000_000;
/// How long a partition is kept at most where other nodes write too, in microseconds: a batch that
/// lands after its writer has died is told of by nobody.
pub(crate) const AGE_AMONG_PEERS_US: u64 = 10 * 60 * 1_000_000;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place {
    pub table: TableId,
    pub partition: Bytes,
}

#[derive(Clone)]
struct Entry {
    /// `Arc<Partition<T>>`
    rows: Arc<dyn Any + Send + Sync>,
    bytes: u64,
    /// By the boot-time clock, in microseconds.
    kept_us: u64,
    /// The earliest expiry among the rows.
    expires_at_s: Option<u64>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Place, Entry> for ByBytes {
    fn weight(&self, _: &Place, entry: &Entry) -> u64 {
        entry.bytes
    }
}

#[derive(Default)]
struct Shard {
    /// Raised by each write that begins; a load that saw an earlier version is not kept.
    version: u64,
    writing: HashMap<Place, Writing>,
    /// Loads of this version that are under way.
    loads: HashMap<Place, Load>,
}

/// Writes that are under way or in doubt: meanwhile nothing of the partition is kept.
#[derive(Default)]
struct Writing {
    flights: usize,
    doubt_until_us: u64,
}

impl Writing {
    fn is_over(&self, now_us: u64) -> bool {
        self.flights == 0 && self.doubt_until_us <= now_us
    }
}

pub(crate) struct Cache {
    kept: Option<Kept<Place, Entry, ByBytes>>,
    shards: Box<[Mutex<Shard>]>,
    clock: Arc<dyn Clock>,
    late_bound_us: u64,
    age_us_max: u64,
}

/// Says that a load began at a moment when its result could be kept.
#[derive(Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Cache {
    /// Holds nothing if `bytes_max` is 0, and nothing for longer than `age_us_max`, in microseconds.
    pub fn new(
        bytes_max: u64,
        age_us_max: u64,
        late_bound_s: u64,
        clock: Arc<dyn Clock>,
    ) -> Arc<Cache> {
        let guess = (bytes_max / PARTITION_BYTES_GUESS) as usize;
        Arc::new(Cache {
            kept: (bytes_max > 0).then(|| Kept::with_weighter(guess, bytes_max, ByBytes)),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            clock,
            late_bound_us: late_bound_s * 1_000_000,
            age_us_max,
        })
    }

    pub fn get<T: Table>(&self, place: &Place) -> Option<Arc<Partition<T>>> {
        let kept = self.kept.as_ref()?;
        let entry = kept.get(place)?;
        let is_old = || self.clock.monotonic_us().saturating_sub(entry.kept_us) > self.age_us_max;
        if is_expired(entry.expires_at_s, self.clock.now_ms() / 1_000)
            || (self.age_us_max < u64::MAX && is_old())
        {
            kept.remove_if(place, |now| Arc::ptr_eq(&now.rows, &entry.rows));
            return None;
        }
        entry.rows.downcast::<Partition<T>>().ok()
    }

    /// To be drawn before a load is sent.
    pub fn ticket(&self, place: &Place) -> Option<Ticket> {
        self.kept.as_ref()?;
        let mut shard = self.shard(place).lock();
        match shard.writing.get(place) {
            Some(writing) if !writing.is_over(self.clock.monotonic_us()) => None,
            Some(_) => {
                shard.writing.remove(place);
                Some(Ticket(shard.version))
            }
            None => Some(Ticket(shard.version)),
        }
    }

    /// The load of this partition that is under way, or a new one if none is or a write has begun
    /// since: who asks after that write was acknowledged must not be answered from before it.
    pub fn join_or_begin(
        &self,
        place: &Place,
        ticket: Ticket,
        begin: impl FnOnce() -> Shared<Loading>,
    ) -> Shared<Loading> {
        let mut shard = self.shard(place).lock();
        if shard.version != ticket.0 {
            return begin();
        }
        let load = shard.loads.get(place).and_then(Load::upgrade);
        // One that has its answer, and was not kept, has failed: the next one tries for itself.
        if let Some(load) = load.filter(|load| load.peek().is_none()) {
            return load;
        }
        let load = begin();
        if let Some(joinable) = load.downgrade() {
            shard.loads.insert(place.clone(), joinable);
        }
        load
    }

    /// Keeps what was loaded, unless a write has begun since. `loaded_bytes` is the sum of the
    /// rows' keys and values.
    pub fn keep<T: Table>(
        &self,
        place: Place,
        ticket: Option<Ticket>,
        rows: &Arc<Partition<T>>,
        loaded_bytes: usize,
    ) {
        let (Some(kept), Some(ticket)) = (&self.kept, ticket) else {
            return;
        };
        let rows_bytes = loaded_bytes + rows.len() * ROW_OVERHEAD_BYTES;
        let entry = Entry {
            rows: rows.clone(),
            bytes: (rows_bytes + place.partition.len() + PARTITION_OVERHEAD_BYTES) as u64,
            expires_at_s: rows.iter().filter_map(|row| row.expires_at_s).min(),
            kept_us: self.clock.monotonic_us(),
        };
        let mut shard = self.shard(&place).lock();
        if shard.version == ticket.0 && !shard.writing.contains_key(&place) {
            shard.loads.remove(&place);
            kept.insert(place, entry);
        }
    }

    /// A write to these partitions begins: what is kept of them is void, and nothing is kept
    /// until the outcome is known.
    pub fn begin(self: &Arc<Cache>, mut places: Vec<Place>) -> Voiding {
        let Some(kept) = &self.kept else {
            return Voiding {
                cache: self.clone(),
                places: Vec::new(),
                doubt_until_us: 0,
            };
        };
        places.sort_by(|a, b| (a.table, &a.partition).cmp(&(b.table, &b.partition)));
        places.dedup();
        let now_us = self.clock.monotonic_us();
        for place in &places {
            let mut shard = self.shard(place).lock();
            shard.version += 1;
            shard.loads.clear();
            shard.writing.retain(|_, writing| !writing.is_over(now_us));
            shard.writing.entry(place.clone()).or_default().flights += 1;
            kept.remove(place);
        }
        Voiding {
            cache: self.clone(),
            places,
            doubt_until_us: now_us + self.late_bound_us + DOUBT_GRACE_US,
        }
    }

    /// Another node has written these partitions: what is kept of them is void, and loads under
    /// way may have read what was before.
    pub fn void(&self, places: &[Place]) {
        let Some(kept) = &self.kept else {
            return;
        };
        // Twice: what is derived from one of them may rest on another. If it was made anew between
        // the two, of the one as it is and the other as it was, it goes as well.
        for place in places.iter().chain(places) {
            let mut shard = self.shard(place).lock();
            shard.version += 1;
            shard.loads.clear();
            kept.remove(place);
        }
    }

    fn shard(&self, place: &Place) -> &Mutex<Shard> {
        let mut hasher = DefaultHasher::new();
        place.hash(&mut hasher);
        &self.shards[hasher.finish() as usize % SHARDS]
    }

    fn end(&self, places: &[Place], doubt_until_us: u64) {
        for place in places {
            let mut shard = self.shard(place).lock();
            let Some(writing) = shard.writing.get_mut(place) else {
                continue;
            };
            writing.flights -= 1;
            writing.doubt_until_us = writing.doubt_until_us.max(doubt_until_us);
            if writing.flights == 0 && writing.doubt_until_us == 0 {
                shard.writing.remove(place);
            }
        }
    }
}

/// Held from before a write is sent until its outcome is known. Dropped without [`Voiding::settle`]
/// (nobody knows, or nobody waits any more) its partitions stay in doubt until the late bound.
pub(crate) struct Voiding {
    cache: Arc<Cache>,
    places: Vec<Place>,
    doubt_until_us: u64,
}

impl Voiding {
    /// The write has happened, or never will.
    pub fn settle(mut self) {
        self.cache.end(&std::mem::take(&mut self.places), 0);
    }
}

impl Drop for Voiding {
    fn drop(&mut self) {
        self.cache.end(&self.places, self.doubt_until_us);
    }
}

impl Place {
    /// As an event row names it.
    pub fn to_void(&self) -> ByteVec {
        [&self.table.to_be_bytes()[..], &self.partition]
            .concat()
            .into()
    }

    pub fn from_void(bytes: &[u8]) -> Option<Place> {
        let (table, partition) = bytes.split_first_chunk::<2>()?;
        Some(Place {
            table: TableId::from_be_bytes(*table),
            partition: Bytes::copy_from_slice(partition),
        })
    }
}

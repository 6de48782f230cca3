//! Equipment for tests: an engine over another that counts what is asked of it. On a cluster each
//! question is a round trip over the network, whatever it asks for at once, so that what an
//! operation costs is how often it asks.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use petrel_store::engine::{Op, RawBatch, RawConditional, RawOutcome, RawRow, RawScan, RowKey};
use petrel_store::{Engine, Layer, Mode, Stamp, StoreError, TableId};

/// What an engine was asked since the last time.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Trips {
    /// Reads of plain tables, whatever each reads at once: one entry for each, with the tables.
    pub reads: Vec<Vec<TableId>>,
    /// Reads of conditional tables, which take as much as a conditional write.
    pub serial_reads: usize,
    pub batches: usize,
    pub conditional_writes: usize,
    /// Different partitions that were read.
    pub partitions: usize,
    /// The keys of each batch.
    pub written: Vec<Vec<RowKey>>,
}

impl fmt::Display for Trips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} reads {:?} of {} partitions, {} serial, {} batches, {} conditional writes",
            self.reads.len(),
            self.reads,
            self.partitions,
            self.serial_reads,
            self.batches,
            self.conditional_writes
        )
    }
}

pub struct Counting {
    engine: Arc<dyn Engine>,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    trips: Trips,
    partitions: HashSet<(TableId, Vec<u8>)>,
}

impl Counting {
    pub fn over(engine: Arc<dyn Engine>) -> Arc<Counting> {
        Arc::new(Counting {
            engine,
            counted: Mutex::default(),
        })
    }

    /// What was asked since this was called the last time.
    pub fn take(&self) -> Trips {
        let counted = std::mem::take(&mut *self.counted.lock());
        Trips {
            partitions: counted.partitions.len(),
            ..counted.trips
        }
    }

    fn read<'a>(&self, mode: Mode, of: impl Iterator<Item = (TableId, &'a [u8])>) {
        let mut counted = self.counted.lock();
        let mut tables = Vec::new();
        for (table, partition) in of {
            tables.push(table);
            counted.partitions.insert((table, partition.to_vec()));
        }
        tables.dedup();
        match mode {
            Mode::Plain => counted.trips.reads.push(tables),
            Mode::Cas => counted.trips.serial_reads += 1,
        }
    }
}

fn place(key: &RowKey) -> (TableId, &[u8]) {
    (key.table, &key.partition)
}

#[async_trait]
impl Layer for Counting {
    fn below(&self) -> &dyn Engine {
        &*self.engine
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        self.read(mode, std::iter::once(place(key)));
        self.engine.get(mode, key).await
    }

    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        self.read(mode, keys.iter().map(place));
        self.engine.get_many(mode, keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.read(scan.mode, std::iter::once((scan.table, &*scan.partition)));
        self.engine.scan(scan).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        let places = scans.iter().map(|scan| (scan.table, &*scan.partition));
        let mode = scans.first().map_or(Mode::Plain, |scan| scan.mode);
        self.read(mode, places);
        self.engine.scan_many(scans).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        {
            let trips = &mut self.counted.lock().trips;
            trips.batches += 1;
            let keys = batch.ops.iter().map(Op::key).cloned();
            trips.written.push(keys.collect());
        }
        self.engine.write(batch).await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        self.counted.lock().trips.conditional_writes += 1;
        self.engine.write_if(write).await
    }
}

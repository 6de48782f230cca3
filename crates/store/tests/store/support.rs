//! An engine over the simulated one that counts what it is asked and can be held up or made to
//! fail at a chosen place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_store::engine::*;
use petrel_store::sim::{self, SimEngine};
use petrel_store::{Engine, Layer, Listener, Mode, Store, StoreError, StoreOptions, TableId};
use tokio::sync::Semaphore;

pub struct Watched {
    pub sim: Arc<SimEngine>,
    reads: AtomicUsize,
    /// Reads wait here after they have read, writes before they write.
    pub read_gate: Gate,
    pub write_gate: Gate,
    /// The next write is not done and answers this.
    pub write_fails: Mutex<Option<StoreError>>,
    /// The next write is done and answers this.
    pub write_lies: Mutex<Option<StoreError>>,
    pub batches: Mutex<Vec<RawBatch>>,
}

/// Open until it is shut.
pub struct Gate {
    shut: Mutex<bool>,
    arrived: Semaphore,
    passes: Semaphore,
}

impl Gate {
    fn new() -> Gate {
        Gate {
            shut: Mutex::new(false),
            arrived: Semaphore::new(0),
            passes: Semaphore::new(0),
        }
    }

    /// The next who comes waits until it is let pass; those after it do not.
    pub fn shut(&self) {
        *self.shut.lock() = true;
    }

    pub async fn someone_waits(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    pub fn let_pass(&self) {
        self.passes.add_permits(1);
    }

    async fn go_through(&self) {
        if !std::mem::take(&mut *self.shut.lock()) {
            return;
        }
        self.arrived.add_permits(1);
        self.passes.acquire().await.unwrap().forget();
    }
}

impl Watched {
    /// How many reads there were since the last time this was asked.
    pub fn reads(&self) -> usize {
        self.reads.swap(0, Ordering::SeqCst)
    }

    async fn read<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.read_gate.go_through().await;
        answer
    }

    async fn before_write(&self) -> Result<(), StoreError> {
        self.write_gate.go_through().await;
        self.write_fails.lock().take().map_or(Ok(()), Err)
    }

    fn after_write<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        let lie = self.write_lies.lock().take();
        lie.map_or(answer, Err)
    }
}

pub fn unknown() -> StoreError {
    StoreError::Timeout {
        outcome_unknown: true,
    }
}

pub struct World {
    pub engine: Arc<Watched>,
    pub store: Store,
    /// The node's wall clock; the engine has one of its own.
    pub wall: Arc<ManualClock>,
    pub engine_wall: Arc<ManualClock>,
}

pub fn watched(engine_wall: Arc<ManualClock>) -> Arc<Watched> {
    Arc::new(Watched {
        sim: SimEngine::calm(engine_wall, 1),
        reads: AtomicUsize::new(0),
        read_gate: Gate::new(),
        write_gate: Gate::new(),
        write_fails: Mutex::default(),
        write_lies: Mutex::default(),
        batches: Mutex::default(),
    })
}

pub fn world(cache_bytes: u64, listeners: Vec<Arc<dyn Listener>>) -> World {
    let wall = Arc::new(ManualClock::at_ms(sim::BEGIN_MS));
    let engine_wall = Arc::new(ManualClock::at_ms(sim::BEGIN_MS));
    let engine = watched(engine_wall.clone());
    let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
    let options = StoreOptions {
        cache_bytes,
        membership: None,
    };
    let store = Store::with_options(engine.clone(), clock, 1, listeners, options);
    World {
        engine,
        store,
        wall,
        engine_wall,
    }
}

#[async_trait]
impl Layer for Watched {
    fn below(&self) -> &dyn Engine {
        &*self.sim
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        let answer = self.sim.get(mode, key).await;
        self.read(answer).await
    }

    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        let answer = self.sim.get_many(mode, keys).await;
        self.read(answer).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        let answer = self.sim.scan(scan).await;
        self.read(answer).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        let answer = self.sim.scan_many(scans).await;
        self.read(answer).await
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        self.batches.lock().push(batch.clone());
        self.before_write().await?;
        self.after_write(self.sim.write(batch).await)
    }

    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        self.before_write().await?;
        self.after_write(self.sim.mend(mend).await)
    }

    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.before_write().await?;
        let answer = self.sim.delete_partition(table, partition, stamp).await;
        self.after_write(answer)
    }
}

//! The contract that every engine keeps, and random operations beside a map.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::seed;
use async_trait::async_trait;
use petrel_model::clock::Clock;
use petrel_store::Engine;
use petrel_store::conformance::{self, Harness, random};
use petrel_store_embedded::{Embedded, Options};
use tempfile::TempDir;

const RANDOM_RUNS: u64 = 20;
const RANDOM_STEPS: usize = 400;

/// Engines in folders of their own. The newest engine is the one that is opened again.
struct Folders {
    root: TempDir,
    made: AtomicU64,
}

impl Folders {
    fn new() -> Folders {
        Folders {
            root: tempfile::tempdir().unwrap(),
            made: AtomicU64::new(0),
        }
    }

    fn newest(&self) -> PathBuf {
        let number = self.made.load(Ordering::SeqCst);
        self.root.path().join(number.to_string())
    }

    fn open_newest(&self, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        let options = Options {
            reserve_bytes: Some(0),
            ..Options::new(wall)
        };
        Arc::new(Embedded::open(&self.newest(), options).unwrap())
    }
}

#[async_trait]
impl Harness for Folders {
    async fn open(&self, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        self.made.fetch_add(1, Ordering::SeqCst);
        self.open_newest(wall)
    }

    async fn reopen(&self, engine: Arc<dyn Engine>, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        drop(engine);
        self.open_newest(wall)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_every_clause() {
    conformance::run_with_snapshots(&Folders::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_does_what_a_map_does() {
    for seed in random::seeds(seed(), RANDOM_RUNS) {
        random::run(&Folders::new(), seed, RANDOM_STEPS).await;
    }
}

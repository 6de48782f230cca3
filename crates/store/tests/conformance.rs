//! The simulated engine keeps the contract, calm and hostile. Replay a seed of a failure with
//! `PETREL_SEED=<seed> cargo test -p petrel-store --test conformance`.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use petrel_model::clock::Clock;
use petrel_store::Engine;
use petrel_store::conformance::{self, Harness, random};
use petrel_store::sim::{Hostility, SimEngine};

struct Sim {
    seed: u64,
    hostility: Hostility,
    last: Mutex<Option<Arc<SimEngine>>>,
}

impl Sim {
    fn new(seed: u64, hostility: Hostility) -> Sim {
        let last = Mutex::default();
        Sim {
            seed,
            hostility,
            last,
        }
    }
}

#[async_trait]
impl Harness for Sim {
    async fn open(&self, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        let engine = SimEngine::new(wall, self.seed, self.hostility.clone());
        *self.last.lock().unwrap() = Some(engine.clone());
        engine
    }

    async fn reopen(&self, engine: Arc<dyn Engine>, _: Arc<dyn Clock>) -> Arc<dyn Engine> {
        self.last.lock().unwrap().as_ref().unwrap().crash();
        engine
    }

    async fn settle(&self) {
        self.last.lock().unwrap().as_ref().unwrap().settle();
    }
}

#[tokio::test]
async fn the_calm_engine_keeps_every_clause() {
    conformance::run_with_snapshots(&Sim::new(1, Hostility::CALM)).await;
}

#[tokio::test]
async fn the_hostile_engine_keeps_every_clause() {
    for seed in random::seeds(100, 20) {
        eprintln!("{}={seed}", random::SEED_VARIABLE);
        conformance::run_with_snapshots(&Sim::new(seed, Hostility::HOSTILE)).await;
    }
}

#[tokio::test]
async fn random_operations_do_what_the_model_says() {
    for seed in random::seeds(1_000, 20) {
        for hostility in [Hostility::CALM, Hostility::HOSTILE] {
            random::run(&Sim::new(seed, hostility), seed, 1_000).await;
        }
    }
}

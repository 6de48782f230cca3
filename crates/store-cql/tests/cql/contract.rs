//! The contract that every engine keeps, and random operations beside a map.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;
use petrel_model::clock::Clock;
use petrel_store::conformance::{self, Harness, TABLES, random};
use petrel_store::{Engine, Mode};
use petrel_store_cql::Cql;
use scylla::client::session::Session;

use crate::common::Keyspaces;
use crate::common::apart::Apart;

const RANDOM_FIRST: u64 = 1;
const RANDOM_RUNS: u64 = 2;
const RANDOM_STEPS: usize = 250;

/// One pair of keyspaces, emptied for each engine: making tables takes longer than that. What
/// comes late all the same is out of its sight.
struct Emptied {
    keyspaces: Keyspaces,
    made: AtomicU32,
    session: Session,
}

impl Emptied {
    async fn new() -> Option<Emptied> {
        let keyspaces = Keyspaces::new()?;
        let session = keyspaces.session().await;
        keyspaces.open().await;
        let made = AtomicU32::new(0);
        Some(Emptied {
            keyspaces,
            made,
            session,
        })
    }

    async fn engine(&self, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        let inner = Cql::open(self.keyspaces.options(wall)).await.unwrap();
        let prefix = self.made.load(Ordering::SeqCst).to_be_bytes();
        Arc::new(Apart { inner, prefix })
    }
}

#[async_trait]
impl Harness for Emptied {
    async fn open(&self, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        let mut texts = Vec::new();
        for spec in TABLES {
            let keyspace = match spec.mode {
                Mode::Plain => self.keyspaces.name.clone(),
                Mode::Cas => self.keyspaces.cas(),
            };
            texts.push(format!("TRUNCATE {keyspace}.{}", spec.name));
        }
        texts.push(format!("TRUNCATE {}.petrel_marks", self.keyspaces.cas()));
        let all = texts
            .into_iter()
            .map(|text| self.session.query_unpaged(text, ()));
        for answer in join_all(all).await {
            answer.unwrap();
        }
        self.made.fetch_add(1, Ordering::SeqCst);
        self.engine(wall).await
    }

    async fn reopen(&self, engine: Arc<dyn Engine>, wall: Arc<dyn Clock>) -> Arc<dyn Engine> {
        drop(engine);
        self.engine(wall).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_every_clause() {
    let Some(harness) = Emptied::new().await else {
        return;
    };
    conformance::run(&harness).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_does_what_a_map_does() {
    let Some(harness) = Emptied::new().await else {
        return;
    };
    for seed in random::seeds(RANDOM_FIRST, RANDOM_RUNS) {
        random::run(&harness, seed, RANDOM_STEPS).await;
    }
}

//! What the tests of this crate share.
pub mod apart;

use std::hash::BuildHasher;
use std::sync::Arc;

use bytes::Bytes;
use petrel_model::clock::{Clock, ManualClock, Stamp};
use petrel_store::conformance::{Plains, Serials, TABLES};
use petrel_store::engine::{Op, RawBatch, RowKey};
use petrel_store::{Engine, Mode, Table, TableId};
use petrel_store::{MadeIn, Open};
use petrel_store_cql::{Cql, Options};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;

/// Where the cluster is.
const ADDRESS: &str = "PETREL_TEST_CQL";
/// Whether there must be one.
const REQUIRED: &str = "PETREL_REQUIRE_CLUSTER";

/// Keyspaces of a test's own, gone when it ends.
pub struct Keyspaces {
    pub url: String,
    pub name: String,
}

impl Keyspaces {
    /// Nothing, and a word about it, if there is no cluster to test against.
    pub fn new() -> Option<Keyspaces> {
        let Ok(address) = std::env::var(ADDRESS) else {
            let is_required = std::env::var(REQUIRED).is_ok_and(|word| word == "1");
            assert!(!is_required, "{REQUIRED} is set and {ADDRESS} is not");
            eprintln!("SKIPPED: {ADDRESS} names no cluster");
            return None;
        };
        let number = std::hash::RandomState::new().hash_one(1);
        let name = format!("store_cql_{number:x}");
        let url = format!("{}/{name}", address.trim_end_matches('/'));
        Some(Keyspaces { url, name })
    }

    pub fn cas(&self) -> String {
        format!("{}_cas", self.name)
    }

    pub fn options(&self, clock: Arc<dyn Clock>) -> Options {
        let mut options = Options::parse(&self.url, clock, TABLES.to_vec()).unwrap();
        options.open = Open::OrMake(MadeIn::Standard);
        options
    }

    pub async fn open(&self) -> Cql {
        Cql::open(self.options(clock())).await.unwrap()
    }

    /// A session beside the engine's.
    pub async fn session(&self) -> Session {
        let hosts = Options::parse(&self.url, clock(), Vec::new())
            .unwrap()
            .hosts;
        let builder = SessionBuilder::new().known_nodes(hosts);
        builder.fetch_schema_metadata(false).build().await.unwrap()
    }

    pub async fn run(&self, statement: &str) {
        let session = self.session().await;
        session.query_unpaged(statement, ()).await.unwrap();
    }

    async fn drop_both(&self) {
        let session = self.session().await;
        for keyspace in [self.name.clone(), self.cas()] {
            let text = format!("DROP KEYSPACE IF EXISTS {keyspace}");
            if let Err(error) = session.query_unpaged(text, ()).await {
                eprintln!("{keyspace} is left behind: {error}");
            }
        }
    }
}

impl Drop for Keyspaces {
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(self.drop_both());
            });
        });
    }
}

pub const NOW_MS: u64 = 1_767_225_600_000;

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_ms(NOW_MS))
}

pub fn key_in(table: TableId, partition: &str, sort: &str) -> RowKey {
    RowKey {
        table,
        partition: Bytes::copy_from_slice(partition.as_bytes()),
        sort: Bytes::copy_from_slice(sort.as_bytes()),
    }
}

pub fn put_in(table: TableId, partition: &str, sort: &str, value: &str) -> Op {
    Op::Put {
        key: key_in(table, partition, sort),
        value: Bytes::copy_from_slice(value.as_bytes()),
        expires_at_s: None,
    }
}

pub fn put(partition: &str, sort: &str, value: &str) -> Op {
    put_in(Plains::ID, partition, sort, value)
}

pub fn batch(stamp: u64, ops: Vec<Op>) -> RawBatch {
    RawBatch {
        stamp: Stamp(stamp),
        retry: false,
        ops,
    }
}

/// The value and the revision of a plain row.
pub async fn row(engine: &Cql, partition: &str, sort: &str) -> Option<(String, Stamp)> {
    let key = key_in(Plains::ID, partition, sort);
    let row = engine.get(Mode::Plain, &key).await.unwrap()?;
    Some((String::from_utf8(row.value.to_vec()).unwrap(), row.revision))
}

/// The same of a conditional one.
pub async fn serial(engine: &Cql, partition: &str, sort: &str) -> Option<(Vec<u8>, Stamp)> {
    let key = key_in(Serials::ID, partition, sort);
    let row = engine.get(Mode::Cas, &key).await.unwrap()?;
    Some((row.value.to_vec(), row.revision))
}

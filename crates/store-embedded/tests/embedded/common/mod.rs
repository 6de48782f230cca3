//! What the tests of this crate share.
pub mod child;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use petrel_model::clock::{ManualClock, Stamp};
use petrel_store::engine::{Direction, Op, RawBatch, RawRow, RawScan, RowKey};
use petrel_store::{Engine, Mode};
pub use petrel_store_embedded::Embedded;
use petrel_store_embedded::Options;

pub const NOW_MS: u64 = 1_800_000_000_000;

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_ms(NOW_MS))
}

/// With no reserve, so that a test does not depend on the room on this machine.
pub fn options(clock: &Arc<ManualClock>) -> Options {
    Options {
        reserve_bytes: Some(0),
        ..Options::new(clock.clone())
    }
}

pub fn open(path: &Path) -> Embedded {
    Embedded::open(path, options(&clock())).expect("opens")
}

pub fn key(partition: &str, sort: &str) -> RowKey {
    RowKey {
        table: 7,
        partition: Bytes::copy_from_slice(partition.as_bytes()),
        sort: Bytes::copy_from_slice(sort.as_bytes()),
    }
}

pub fn put(partition: &str, sort: &str, value: impl Into<Vec<u8>>) -> Op {
    Op::Put {
        key: key(partition, sort),
        value: value.into().into(),
        expires_at_s: None,
    }
}

pub fn put_until(partition: &str, sort: &str, value: &str, expires_at_s: u64) -> Op {
    Op::Put {
        key: key(partition, sort),
        value: Bytes::copy_from_slice(value.as_bytes()),
        expires_at_s: Some(expires_at_s),
    }
}

pub fn first_try(stamp: u64, ops: Vec<Op>) -> RawBatch {
    RawBatch {
        stamp: Stamp(stamp),
        retry: false,
        ops,
    }
}

pub async fn value(engine: &Embedded, partition: &str, sort: &str) -> Option<String> {
    let row = engine
        .get(Mode::Plain, &key(partition, sort))
        .await
        .expect("reads");
    row.map(|row| String::from_utf8_lossy(&row.value).into_owned())
}

pub async fn scan(engine: &Embedded, partition: &str) -> Vec<RawRow> {
    scan_prefix(engine, partition, "").await
}

/// The rows of a partition whose sort keys begin with `prefix`, which is ASCII.
pub async fn scan_prefix(engine: &Embedded, partition: &str, prefix: &str) -> Vec<RawRow> {
    let scan = RawScan {
        table: 7,
        mode: Mode::Plain,
        partition: Bytes::copy_from_slice(partition.as_bytes()),
        from: Some(Bytes::copy_from_slice(prefix.as_bytes())),
        to: Some([prefix.as_bytes(), &[0xFF]].concat().into()),
        direction: Direction::Ascending,
        limit: usize::MAX,
    };
    engine.scan(&scan).await.expect("scans")
}

/// SplitMix64: a seed in, the same numbers out.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

const SEED: u64 = 1;

/// What is drawn from: the same in each run, unless `PETREL_SEED` names another.
pub fn seed() -> u64 {
    match std::env::var("PETREL_SEED") {
        Ok(text) => text.parse().expect("PETREL_SEED is a number"),
        Err(_) => SEED,
    }
}

//! Many write one row at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use petrel_model::clock::{HybridClock, Node, Stamp};
use petrel_store::Table;
use petrel_store::conformance::Serials;
use petrel_store::engine::{Condition, RawConditional, RawOutcome};
use petrel_store::{Engine, StoreError};
use petrel_store_cql::Cql;

use crate::common::{Keyspaces, clock, put_in, serial};

const WRITERS: u16 = 8;
const NODES: usize = 5;
const STEPS: u64 = 8;

/// Counts in one row, and in it how often each writer did: so a writer that was told nothing
/// finds out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_counted_once() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    // Some of them share a node, and wait for one another there.
    let mut engines = Vec::new();
    for _ in 0..NODES {
        engines.push(keyspaces.open().await);
    }
    let acknowledged = AtomicU64::new(0);
    let unknown = AtomicU64::new(0);
    let writers = (0..WRITERS).map(|number| {
        let engine = &engines[usize::from(number) % engines.len()];
        count(engine, number, &acknowledged, &unknown)
    });
    join_all(writers).await;
    let (value, _) = serial(&engines[0], "counter", "").await.unwrap();
    eprintln!(
        "{} acknowledged, {} in doubt",
        acknowledged.load(Ordering::SeqCst),
        unknown.load(Ordering::SeqCst)
    );
    assert_eq!(value, [STEPS as u8; WRITERS as usize]);
}

async fn count(engine: &Cql, number: u16, acknowledged: &AtomicU64, unknown: &AtomicU64) {
    let clock = Arc::new(HybridClock::new(clock(), Node::Member(number), Stamp::MIN));
    let place = usize::from(number);
    let mut done = 0;
    let mut may_be_done = false;
    while done < STEPS {
        let now = serial(engine, "counter", "").await;
        let counts = now.as_ref().map(|(value, _)| value.clone());
        let mut counts = counts.unwrap_or_else(|| vec![0; usize::from(WRITERS)]);
        let found = u64::from(counts[place]);
        assert!(
            found == done || (may_be_done && found == done + 1),
            "{found} after {done}"
        );
        may_be_done = false;
        if found > done {
            done = found;
            continue;
        }
        counts[place] += 1;
        let condition = now.map_or(Condition::Absent, |(_, revision)| {
            Condition::Revision(revision)
        });
        let text = String::from_utf8(counts).unwrap();
        let write = RawConditional {
            table: Serials::ID,
            partition: Bytes::from_static(b"counter"),
            stamp: clock.next_stamp(Stamp::MIN),
            conditions: vec![(Bytes::new(), condition)],
            ops: vec![put_in(Serials::ID, "counter", "", &text)],
        };
        match engine.write_if(write).await {
            Ok(RawOutcome::Applied(stamp)) => {
                clock.observe(stamp);
                acknowledged.fetch_add(1, Ordering::SeqCst);
                done += 1;
            }
            Ok(RawOutcome::Conflict(_)) => {}
            Err(StoreError::Timeout { outcome_unknown }) => {
                may_be_done = outcome_unknown;
                unknown.fetch_add(1, Ordering::SeqCst);
            }
            Err(StoreError::Unavailable(_)) => {}
            Err(other) => panic!("the engine answered: {other}"),
        }
    }
}

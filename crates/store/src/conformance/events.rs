use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::clock::{HybridClock, Node, Stamp};
use petrel_model::event::Event;

use super::bench::{Bench, again};
use super::{Harness, Plains, RawKey, RawValue};
use crate::events::{BLOCK_EVENTS, Happened};
use crate::{
    Listener, Membership, NodeRow, NodeState, Outlet, Standing, Store, StoreError, StoreOptions,
};

/// A place is drawn for each event of a batch; refused batches draw none, and tries of one batch
/// draw once.
pub async fn they_are_numbered_densely(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let store = bench.store();
    let (partition, sort) = (RawKey::from("p"), RawKey::from("s"));
    let mut stamps = Vec::new();
    let per_batch = 60;
    let count = BLOCK_EVENTS as usize + 2 * per_batch;
    while stamps.len() < count {
        let mut refused = store.batch();
        refused.emit(sample());
        refused.put::<Plains>(&partition, &sort, &RawValue::from("one"));
        refused.put::<Plains>(&partition, &sort, &RawValue::from("two"));
        assert!(matches!(
            refused.commit().await,
            Err(StoreError::Refused(_))
        ));
        let mut batch = store.batch();
        (0..per_batch).for_each(|_| batch.emit(sample()));
        let stamp = loop {
            match batch.commit().await {
                Ok(stamp) => break stamp,
                Err(StoreError::Timeout { .. } | StoreError::Unavailable(_)) => {}
                Err(other) => panic!("the engine answered: {other}"),
            }
        };
        stamps.extend([stamp; 60]);
    }
    let mut found = Vec::new();
    while found.len() < stamps.len() {
        let from = found.len() as u64;
        let events = again(|| store.events(0, 1, from, 700)).await;
        assert!(!events.is_empty(), "nothing from {from} on");
        found.extend(events);
    }
    for (place, happened) in found.iter().enumerate() {
        assert_eq!(happened.sequence, place as u64);
        assert_eq!(happened.stamp, stamps[place]);
        assert_eq!(happened.event, sample());
    }
}

/// The places that were told of.
#[derive(Default)]
struct Ear(Mutex<HashSet<(u16, u64)>>);

impl Listener for Ear {
    fn happened(&self, happened: &Happened) {
        self.0.lock().insert((happened.node, happened.sequence));
    }
}

/// A bus on which nothing arrives.
struct Dead;

impl Outlet for Dead {
    fn hint(&self, _: Bytes) {}
}

fn member(bench: &Bench<'_>, number: u16, listeners: Vec<Arc<dyn Listener>>) -> Store {
    let clock = HybridClock::new(bench.wall.clone(), Node::Member(number), Stamp::MIN);
    let standing = Arc::new(Standing::new(bench.wall.clone()));
    standing.extend_to(u64::MAX);
    let outlet = Arc::new(Dead);
    let options = StoreOptions {
        membership: Some(Membership { standing, outlet }),
        ..StoreOptions::default()
    };
    Store::with_options(bench.engine.clone(), Arc::new(clock), 1, listeners, options)
}

async fn join(store: &Store) {
    let row = || NodeRow::new("", "", NodeState::Serving);
    let peers = store.peers().expect("it is a member");
    again(|| peers.join(row())).await;
}

/// What one node has written another knows after it has caught up, through the engine alone: its
/// cache is fresh and its listeners are told, across blocks.
pub async fn another_node_hears_them_by_reading(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let ear = Arc::new(Ear::default());
    let (writer, reader) = (
        member(&bench, 1, vec![]),
        member(&bench, 2, vec![ear.clone()]),
    );
    join(&writer).await;
    join(&reader).await;
    bench.wall.advance_ms(3_000);
    let (partition, sort) = (RawKey::from("p"), RawKey::from("s"));
    let per_batch = 60;
    let count = BLOCK_EVENTS / per_batch + 2;
    for _ in 0..count {
        let mut batch = writer.batch();
        batch.put::<Plains>(&partition, &sort, &RawValue::from("x"));
        (0..per_batch).for_each(|_| batch.emit(sample()));
        let stamp = loop {
            match batch.commit().await {
                Ok(stamp) => break stamp,
                Err(StoreError::Timeout { .. } | StoreError::Unavailable(_)) => {}
                Err(other) => panic!("the engine answered: {other}"),
            }
        };
        again(|| reader.catch_up()).await;
        let rows = again(|| reader.partition::<Plains>(&partition)).await;
        assert_eq!(rows.first().map(|row| row.revision), Some(stamp));
    }
    let heard = ear.0.lock().iter().filter(|(node, _)| *node == 1).count() as u64;
    assert_eq!(heard, count * per_batch);
}

fn sample() -> Event {
    Event::Nothing
}

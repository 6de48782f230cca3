use petrel_model::event::Event;

use super::bench::{Bench, again};
use super::{Harness, Plains, RawKey, RawValue};
use crate::StoreError;
use crate::events::BLOCK_EVENTS;

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

fn sample() -> Event {
    Event::Nothing
}

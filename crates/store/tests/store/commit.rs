//! What a commit does around the engine's write: stamps, places of events, listeners.

use std::sync::Arc;

use crate::support::{World, unknown, world};
use parking_lot::Mutex;
use petrel_model::event::Event;
use petrel_store::conformance::{Plains, RawKey, RawValue};
use petrel_store::events::Happened;
use petrel_store::limits::BATCH_OPS_MAX;
use petrel_store::{CACHE_BYTES, Engine, Listener, MendOutcome, Stamp, Store, StoreError, Table};

#[derive(Default)]
struct Ears(Mutex<Vec<Happened>>);

impl Listener for Ears {
    fn happened(&self, happened: &Happened) {
        self.0.lock().push(happened.clone());
    }
}

impl Ears {
    fn sequences(&self) -> Vec<u64> {
        self.0
            .lock()
            .iter()
            .map(|happened| happened.sequence)
            .collect()
    }
}

fn listened() -> (World, Arc<Ears>) {
    let ears = Arc::new(Ears::default());
    (world(CACHE_BYTES, vec![ears.clone()]), ears)
}

fn sample(store: &Store) -> petrel_store::Batch<'_> {
    let mut batch = store.batch();
    batch.put::<Plains>(&RawKey::from("p"), &RawKey::from("s"), &RawValue::from("v"));
    batch.emit(Event::Nothing);
    batch
}

async fn told_of(store: &Store) -> Vec<u64> {
    let events = store.events(0, 1, 0, 100).await.unwrap();
    events.iter().map(|happened| happened.sequence).collect()
}

#[tokio::test]
async fn a_failed_write_tells_nobody_and_a_retry_tells_once() {
    let failures = [
        StoreError::Full("simulated".to_owned()),
        StoreError::Unavailable("simulated".to_owned()),
        unknown(),
    ];
    for failure in failures {
        let (World { engine, store, .. }, ears) = listened();
        let in_doubt = matches!(failure, StoreError::Timeout { .. });
        *engine.write_fails.lock() = Some(failure);
        let mut batch = sample(&store);
        assert!(batch.commit().await.is_err());
        assert!(ears.sequences().is_empty());
        assert!(told_of(&store).await.is_empty());
        let stamp = batch.commit().await.unwrap();
        assert_eq!(ears.sequences(), [0]);
        assert_eq!(ears.0.lock()[0].stamp, stamp);
        assert_eq!(told_of(&store).await, [0]);
        let sent = engine.batches.lock();
        assert_eq!(
            sent[0].stamp, sent[1].stamp,
            "the same batch keeps its stamp"
        );
        assert!(!sent[0].retry && sent[1].retry == in_doubt);
    }
}

#[tokio::test]
async fn a_batch_that_landed_in_doubt_tells_once_after_its_retry() {
    let (World { engine, store, .. }, ears) = listened();
    *engine.write_lies.lock() = Some(unknown());
    let mut batch = sample(&store);
    assert!(batch.commit().await.is_err());
    assert!(ears.sequences().is_empty());
    batch.commit().await.unwrap();
    batch.commit().await.unwrap();
    assert_eq!(ears.sequences(), [0]);
    assert_eq!(
        engine.batches.lock().len(),
        2,
        "what is done is not sent again"
    );
    sample(&store).commit().await.unwrap();
    assert_eq!(ears.sequences(), [0, 1]);
}

#[tokio::test]
async fn nothing_is_added_to_a_batch_that_was_sent() {
    let (World { store, .. }, ears) = listened();
    let mut batch = sample(&store);
    batch.commit().await.unwrap();
    batch.emit(Event::Nothing);
    assert!(matches!(batch.commit().await, Err(StoreError::Refused(_))));
    let mut batch = sample(&store);
    batch.commit().await.unwrap();
    batch.delete::<Plains>(&RawKey::from("p"), &RawKey::from("t"));
    assert!(matches!(batch.commit().await, Err(StoreError::Refused(_))));
    assert_eq!(ears.sequences(), [0, 1]);
}

#[tokio::test]
async fn a_batch_is_later_than_all_that_it_read() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    let ahead = store.clock().next_stamp(Stamp::MIN).0 + 900_000;
    let (partition, sort) = (RawKey::from("p"), RawKey::from("s"));
    let mut last = Stamp(ahead);
    let fact = store
        .mend()
        .put::<Plains>(&partition, &sort, &RawValue::from("v"), last);
    fact.commit().await.unwrap();
    for way in 0..5 {
        let mut batch = store.batch();
        match way {
            0 => drop(batch.get::<Plains>(&partition, &sort).await.unwrap()),
            1 => drop(
                batch
                    .get_many::<Plains>(&[(partition.clone(), sort.clone())])
                    .await,
            ),
            2 => drop(batch.scan::<Plains>(&partition, |scan| scan.limit(5)).await),
            3 => drop(batch.partition::<Plains>(&partition).await),
            _ => drop(
                batch
                    .partitions::<Plains>(std::slice::from_ref(&partition))
                    .await,
            ),
        }
        batch.put::<Plains>(&partition, &sort, &RawValue::from("later"));
        let stamp = batch.commit().await.unwrap();
        assert!(stamp > last, "way {way}");
        // The next row read is again from a clock that is ahead.
        last = Stamp(stamp.0 + 900_000);
        let row = store
            .mend()
            .put::<Plains>(&partition, &sort, &RawValue::from("v"), last);
        row.commit().await.unwrap();
    }
    assert_eq!(engine.batches.lock().len(), 5);
}

#[tokio::test]
async fn places_are_drawn_in_the_order_of_stamps() {
    let (World { store, .. }, ears) = listened();
    for _ in 0..20 {
        sample(&store).commit().await.unwrap();
    }
    let heard = ears.0.lock();
    assert!(heard.is_sorted_by_key(|happened| (happened.sequence, happened.stamp)));
    let stamps: Vec<Stamp> = heard.iter().map(|happened| happened.stamp).collect();
    assert!(stamps.is_sorted());
}

#[tokio::test]
async fn a_repair_keeps_the_limits_of_a_batch() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    let (sort, value) = (RawKey::from("s"), RawValue::from("v"));
    let of = |count: u32| {
        (0..count).fold(store.mend(), |mend, number| {
            let partition = RawKey(number.to_be_bytes().to_vec());
            mend.put::<Plains>(&partition, &sort, &value, Stamp(1))
        })
    };
    let answer = of(BATCH_OPS_MAX as u32 + 1).commit().await;
    assert!(matches!(answer, Err(StoreError::TooLarge { .. })));
    let twice = of(1).delete::<Plains>(&RawKey(vec![0; 4]), &sort, Stamp(1));
    assert!(matches!(twice.commit().await, Err(StoreError::Refused(_))));
    let (rows, _) = engine.scan_table(Plains::ID, None, 10).await.unwrap();
    assert!(rows.is_empty());
    let within = of(BATCH_OPS_MAX as u32).commit().await.unwrap();
    assert_eq!(within, MendOutcome::Applied);
}

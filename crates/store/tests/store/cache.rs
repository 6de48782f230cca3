//! The cache inside the store is exact: each rule has a test that fails without it.

use std::pin::pin;

use crate::support::{World, unknown, world};
use bytes::Bytes;
use futures_util::future::{join, poll_immediate};
use petrel_store::conformance::{Plains, RawKey, RawValue, Serials};
use petrel_store::engine::{FullRow, RawRow};
use petrel_store::limits::PARTITION_ROWS_MAX;
use petrel_store::{CACHE_BYTES, Engine, Stamp, Store, StoreError, Table};

fn p() -> RawKey {
    RawKey::from("p")
}

async fn put(store: &Store, sort: &str, value: &str) -> Stamp {
    let mut batch = store.batch();
    batch.put::<Plains>(&p(), &RawKey::from(sort), &RawValue::from(value));
    batch.commit().await.unwrap()
}

/// The values of the partition, through the cache.
async fn values(store: &Store) -> Vec<String> {
    let rows = store.partition::<Plains>(&p()).await.unwrap();
    rows.iter().map(|row| text(&row.value)).collect()
}

fn text(value: &RawValue) -> String {
    String::from_utf8(value.0.clone()).unwrap()
}

/// The one row, by `get`, `get_many`, `partition` and `partitions`, which must agree.
async fn value(store: &Store) -> Option<String> {
    let sort = RawKey::from("s");
    let got = store.get::<Plains>(&p(), &sort).await.unwrap();
    let many = store.get_many::<Plains>(&[(p(), sort)]).await.unwrap();
    let whole = store.partitions::<Plains>(&[p()]).await.unwrap();
    let got = got.map(|row| text(&row.value));
    assert_eq!(many[0].as_ref().map(|row| text(&row.value)), got);
    assert_eq!(whole[0].iter().map(|row| text(&row.value)).next(), got);
    assert_eq!(values(store).await.first(), got.as_ref());
    got
}

#[tokio::test]
async fn a_partition_is_loaded_once_and_serves_its_rows_and_its_gaps() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "one").await;
    put(&store, "t", "two").await;
    assert_eq!(values(&store).await, ["one", "two"]);
    assert_eq!(engine.reads(), 1);
    assert_eq!(value(&store).await.as_deref(), Some("one"));
    let missing = store
        .get::<Plains>(&p(), &RawKey::from("none"))
        .await
        .unwrap();
    assert!(missing.is_none());
    assert_eq!(engine.reads(), 0);
    // An empty partition is kept as one.
    let empty = RawKey::from("empty");
    assert!(store.partition::<Plains>(&empty).await.unwrap().is_empty());
    assert_eq!(engine.reads(), 1);
    assert!(store.partition::<Plains>(&empty).await.unwrap().is_empty());
    assert!(store.get::<Plains>(&empty, &p()).await.unwrap().is_none());
    assert_eq!(engine.reads(), 0);
    // Only what is missing is asked for, and the answers are in order.
    let keys = [
        (RawKey::from("q"), p()),
        (p(), RawKey::from("t")),
        (empty, p()),
    ];
    let rows = store.get_many::<Plains>(&keys).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| row.as_ref().map(|row| text(&row.value)))
        .collect();
    assert_eq!(found, [None, Some("two".to_owned()), None]);
    assert_eq!(engine.reads(), 1);
}

#[tokio::test]
async fn every_kind_of_write_voids_what_it_names() {
    let World { store, .. } = world(CACHE_BYTES, Vec::new());
    assert_eq!(value(&store).await, None);
    let own = put(&store, "s", "one").await;
    assert_eq!(value(&store).await.as_deref(), Some("one"));
    let sort = RawKey::from("s");
    let fact = store.clock().next_stamp(own);
    let mend = store.mend().premise::<Plains>(&p(), &sort, Some(own));
    let mended = mend.put::<Plains>(&p(), &sort, &RawValue::from("mended"), fact);
    mended.commit().await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("mended"));
    store
        .mend()
        .delete::<Plains>(&p(), &sort, fact)
        .commit()
        .await
        .unwrap();
    assert_eq!(value(&store).await, None);
    put(&store, "s", "two").await;
    assert_eq!(value(&store).await.as_deref(), Some("two"));
    store.delete_partition::<Plains>(&p()).await.unwrap();
    assert_eq!(value(&store).await, None);
    let mut batch = store.batch();
    batch.put::<Plains>(&p(), &sort, &RawValue::from("three"));
    batch.put::<Plains>(&RawKey::from("q"), &sort, &RawValue::from("elsewhere"));
    batch.commit().await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("three"));
}

#[tokio::test]
async fn a_load_overtaken_by_a_commit_is_not_kept() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "old").await;
    engine.read_gate.shut();
    let load = values(&store);
    let commit = async {
        engine.read_gate.someone_waits().await;
        put(&store, "s", "new").await;
        engine.read_gate.let_pass();
    };
    assert_eq!(join(load, commit).await.0, ["old"]);
    assert_eq!(value(&store).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn identical_loads_at_one_time_are_one() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "one").await;
    engine.read_gate.shut();
    let others = async {
        engine.read_gate.someone_waits().await;
        let both = join(values(&store), values(&store));
        let release = async {
            tokio::task::yield_now().await;
            engine.read_gate.let_pass();
        };
        join(both, release).await.0
    };
    let (first, (second, third)) = join(values(&store), others).await;
    assert_eq!([first, second, third], [["one"], ["one"], ["one"]]);
    assert_eq!(engine.reads(), 1);
    // One that its first asker gave up can be joined or begun anew.
    put(&store, "s", "two").await;
    engine.read_gate.shut();
    {
        let abandoned = pin!(values(&store));
        assert!(poll_immediate(abandoned).await.is_none());
    }
    assert_eq!(values(&store).await, ["two"]);
}

#[tokio::test]
async fn nobody_joins_a_load_that_began_before_an_acknowledged_write() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "old").await;
    engine.read_gate.shut();
    let after = async {
        engine.read_gate.someone_waits().await;
        put(&store, "s", "new").await;
        assert_eq!(values(&store).await, ["new"]);
        engine.read_gate.let_pass();
    };
    let (before, ()) = join(values(&store), after).await;
    assert_eq!(before, ["old"]);
    assert_eq!(values(&store).await, ["new"]);
}

#[tokio::test]
async fn a_load_begun_while_a_write_is_under_way_is_not_kept() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "old").await;
    for finishes_first in [true, false] {
        engine.write_gate.shut();
        let commit = put(&store, "s", "new");
        let load = async {
            engine.write_gate.someone_waits().await;
            if finishes_first {
                values(&store).await;
                engine.write_gate.let_pass();
                return;
            }
            engine.read_gate.shut();
            let finish = async {
                engine.read_gate.someone_waits().await;
                engine.write_gate.let_pass();
                // The commit has the turns that it needs, then the load goes on.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                engine.read_gate.let_pass();
            };
            join(values(&store), finish).await;
        };
        join(commit, load).await;
        assert_eq!(value(&store).await.as_deref(), Some("new"));
        put(&store, "s", "old").await;
    }
}

#[tokio::test]
async fn expiry_is_judged_at_use_by_both_clocks() {
    let World {
        engine,
        store,
        wall,
        engine_wall,
    } = world(CACHE_BYTES, Vec::new());
    let at_s = store.clock().now_s() + 10;
    let mut batch = store.batch();
    batch.put_until::<Plains>(&p(), &RawKey::from("s"), &RawValue::from("timed"), at_s);
    batch.put::<Plains>(&p(), &RawKey::from("t"), &RawValue::from("stays"));
    batch.commit().await.unwrap();
    assert_eq!(values(&store).await, ["timed", "stays"]);
    wall.advance_ms(9_999);
    engine.reads();
    assert_eq!(values(&store).await, ["timed", "stays"]);
    assert_eq!(engine.reads(), 0);
    wall.advance_ms(1);
    // From the cache, and then from the engine, whose clock lags.
    for _ in 0..2 {
        assert_eq!(values(&store).await, ["stays"]);
        let row = store.get::<Plains>(&p(), &RawKey::from("s")).await.unwrap();
        assert!(row.is_none());
        store
            .delete_partition::<Plains>(&RawKey::from("another"))
            .await
            .unwrap();
    }
    let page = store.scan::<Plains>(&p()).limit(1).await.unwrap();
    assert_eq!(
        text(&page[0].value),
        "stays",
        "what is expired takes no room in a page"
    );
    let page = store
        .scan::<Plains>(&p())
        .descending()
        .limit(2)
        .await
        .unwrap();
    assert_eq!(page.len(), 1);
    put(&store, "u", "voids").await;
    assert!(
        store
            .get::<Plains>(&p(), &RawKey::from("s"))
            .await
            .unwrap()
            .is_none()
    );
    engine_wall.advance_ms(20_000);
    assert_eq!(values(&store).await, ["stays", "voids"]);
}

#[tokio::test]
async fn rows_of_conditional_tables_are_never_kept() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    let (sort, value) = (RawKey::from("s"), RawValue::from("v"));
    store
        .write_if::<Serials>(&p())
        .absent(&sort)
        .put(&sort, &value)
        .commit()
        .await
        .unwrap();
    engine.reads();
    for _ in 0..2 {
        assert_eq!(store.partition::<Serials>(&p()).await.unwrap().len(), 1);
        assert!(store.get::<Serials>(&p(), &sort).await.unwrap().is_some());
        assert_eq!(
            store.partitions::<Serials>(&[p()]).await.unwrap()[0].len(),
            1
        );
        assert_eq!(engine.reads(), 3);
    }
}

#[tokio::test]
async fn while_a_write_is_in_doubt_nothing_is_kept() {
    let World {
        engine,
        store,
        wall,
        ..
    } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "old").await;
    *engine.write_fails.lock() = Some(unknown());
    let mut batch = store.batch();
    batch.put::<Plains>(&p(), &RawKey::from("s"), &RawValue::from("late"));
    assert!(batch.commit().await.is_err());
    assert_eq!(value(&store).await.as_deref(), Some("old"));
    // It lands behind everybody's back.
    let late = engine.batches.lock().last().unwrap().clone();
    engine.sim.write(late).await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("late"));
    // Nobody tries again: the doubt ends with the late bound.
    drop(batch);
    engine.reads();
    values(&store).await;
    values(&store).await;
    assert_eq!(engine.reads(), 2);
    wall.advance_ms((engine.late_bound_s() + 61) * 1_000);
    values(&store).await;
    values(&store).await;
    assert_eq!(engine.reads(), 1);
    // Or with the try that succeeds.
    *engine.write_lies.lock() = Some(unknown());
    let mut batch = store.batch();
    batch.put::<Plains>(&p(), &RawKey::from("s"), &RawValue::from("again"));
    assert!(batch.commit().await.is_err());
    batch.commit().await.unwrap();
    engine.reads();
    assert_eq!(values(&store).await, ["again"]);
    values(&store).await;
    assert_eq!(engine.reads(), 1);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_still_voids() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    put(&store, "s", "old").await;
    values(&store).await;
    engine.write_gate.shut();
    {
        let mut batch = store.batch();
        batch.put::<Plains>(&p(), &RawKey::from("s"), &RawValue::from("new"));
        let commit = pin!(batch.commit());
        assert!(
            poll_immediate(commit).await.is_none(),
            "it waits at the gate"
        );
    }
    values(&store).await;
    let abandoned = engine.batches.lock().last().unwrap().clone();
    engine.sim.write(abandoned).await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_write_that_was_refused_leaves_the_partition_to_be_kept() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    *engine.write_fails.lock() = Some(StoreError::Full("simulated".to_owned()));
    let mut batch = store.batch();
    batch.put::<Plains>(&p(), &RawKey::from("s"), &RawValue::from("one"));
    assert!(matches!(batch.commit().await, Err(StoreError::Full(_))));
    assert!(values(&store).await.is_empty());
    values(&store).await;
    assert_eq!(engine.reads(), 1);
    batch.commit().await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("one"));
}

#[tokio::test]
async fn it_holds_no_more_than_its_bytes() {
    let rows = 200;
    let read_twice = |cache_bytes: u64| async move {
        let World { engine, store, .. } = world(cache_bytes, Vec::new());
        let partition = |number: u64| RawKey(number.to_be_bytes().to_vec());
        for number in 0..rows {
            let mut batch = store.batch();
            batch.put::<Plains>(&partition(number), &p(), &RawValue(vec![1; 10_000]));
            batch.commit().await.unwrap();
        }
        for number in (0..rows).chain(0..rows) {
            store.partition::<Plains>(&partition(number)).await.unwrap();
        }
        engine.reads()
    };
    assert_eq!(read_twice(CACHE_BYTES).await, 200);
    assert!(read_twice(500_000).await > 300);
    assert_eq!(read_twice(0).await, 400);
}

#[tokio::test]
async fn a_partition_too_large_to_be_read_whole_is_refused() {
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    let row = |number: usize| FullRow {
        partition: Bytes::from_static(b"p"),
        row: RawRow {
            sort: (number as u32).to_be_bytes().to_vec().into(),
            value: Bytes::new(),
            revision: Stamp(1),
            expires_at_s: None,
        },
    };
    let load = |from, to| engine.load(Plains::ID, (from..to).map(row).collect());
    load(0, PARTITION_ROWS_MAX).await.unwrap();
    let whole = store.partition::<Plains>(&p()).await.unwrap();
    assert_eq!(whole.len(), PARTITION_ROWS_MAX);
    let World { engine, store, .. } = world(CACHE_BYTES, Vec::new());
    let rows = (0..=PARTITION_ROWS_MAX).map(row).collect();
    engine.load(Plains::ID, rows).await.unwrap();
    let answer = store.partition::<Plains>(&p()).await;
    assert!(matches!(answer, Err(StoreError::TooLarge { .. })));
}

/// Many readers and writers at once over a slow engine: who reads after an acknowledged write
/// sees it or something later.
#[tokio::test]
async fn readers_never_see_less_than_was_acknowledged() {
    use petrel_store::sim::{Hostility, SimEngine};
    for seed in 0..30 {
        let World {
            store: calm, wall, ..
        } = world(CACHE_BYTES, Vec::new());
        let engine = SimEngine::new(wall, seed, Hostility::SLOW);
        let store = Store::new(engine, calm.clock().clone(), 2, Vec::new());
        let acknowledged = std::cell::Cell::new(0);
        let writer = async {
            for number in 1..60_u64 {
                put(&store, "s", &format!("{number}")).await;
                acknowledged.set(number);
            }
        };
        let reader = || async {
            for _ in 0..80 {
                let least = acknowledged.get();
                let seen = values(&store).await;
                let seen = seen.first().map_or(0, |value| value.parse().unwrap());
                assert!(
                    seen >= least,
                    "seed {seed}: {seen} after {least} was acknowledged"
                );
            }
        };
        join(writer, join(reader(), join(reader(), reader()))).await;
    }
}

#[tokio::test]
async fn commands_can_move_between_threads() {
    fn require_send(_: impl Send) {}
    let World { store, .. } = world(CACHE_BYTES, Vec::new());
    require_send(store.partition::<Plains>(&p()));
    require_send(store.delete_partition::<Plains>(&p()));
    require_send(store.mend().commit());
    let mut batch = store.batch();
    require_send(batch.partition::<Plains>(&p()));
    require_send(batch.commit());
}

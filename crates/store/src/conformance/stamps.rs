use petrel_model::clock::{Clock, HybridClock, Node};

use super::bench::{delete, put, put_other};
use super::{Bench, Harness, Other, Plains, RawKey, RawValue};
use crate::Stamp;
use crate::StoreError;
use crate::table::Table;

pub async fn the_latest_stamp_wins(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let (low, middle, high) = (bench.stamp(), bench.stamp(), bench.stamp());
    for (partition, order) in [
        ("up", [low, middle, high]),
        ("down", [high, middle, low]),
        ("mixed", [middle, high, low]),
    ] {
        let mut used = Vec::new();
        for (step, stamp) in order.into_iter().enumerate() {
            let value = format!("{step}");
            let stamp = bench
                .write_at(stamp, vec![put(partition, "s", &value)])
                .await;
            used.push((stamp, value));
        }
        let winner = used.into_iter().max().expect("three writes");
        let row = bench.get(partition, "s").await.expect("was written");
        assert_eq!(
            (row.revision, super::bench::text(row)),
            winner,
            "{partition}"
        );
    }
    // The same for a delete: it hides what is earlier and not what is later.
    let put_at = bench
        .write_at(high, vec![put("deleted", "s", "here")])
        .await;
    let delete_at = bench.write_at(middle, vec![delete("deleted", "s")]).await;
    assert_eq!(
        bench.get("deleted", "s").await.is_some(),
        put_at > delete_at
    );
    let delete_at = bench.write_at(high, vec![delete("shadow", "s")]).await;
    let put_at = bench
        .write_at(middle, vec![put("shadow", "s", "here")])
        .await;
    assert_eq!(bench.get("shadow", "s").await.is_some(), put_at > delete_at);
}

pub async fn in_a_tie_a_delete_wins(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    for put_first in [true, false] {
        let stamp = bench.stamp();
        let partition = if put_first {
            "put first"
        } else {
            "delete first"
        };
        let mut ops = [put(partition, "s", "here"), delete(partition, "s")];
        if !put_first {
            ops.reverse();
        }
        let [first, second] = ops;
        let first_at = bench.write_at(stamp, vec![first]).await;
        let second_at = bench.write_at(stamp, vec![second]).await;
        let put_won = if put_first {
            first_at > second_at
        } else {
            second_at > first_at
        };
        assert_eq!(
            bench.get(partition, "s").await.is_some(),
            put_won,
            "{partition}"
        );
    }
}

pub async fn the_same_batch_twice_is_once(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    bench.write(vec![put("p", "gone", "soon")]).await;
    let ops = vec![
        put("p", "1", "a"),
        put_other("q", "1", "b"),
        delete("p", "gone"),
    ];
    let stamp = bench.write(ops.clone()).await;
    let before = (
        bench.table(Plains::ID, 10).await,
        bench.table(Other::ID, 10).await,
    );
    bench.repeat(stamp, ops.clone()).await;
    bench.repeat(stamp, ops).await;
    let after = (
        bench.table(Plains::ID, 10).await,
        bench.table(Other::ID, 10).await,
    );
    assert_eq!(before, after);
    assert_eq!(after.0[0].row.revision, stamp);
}

pub async fn a_repeated_batch_does_not_undo_an_overwrite(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let first = vec![put("p", "1", "first"), put("q", "1", "first")];
    let stamp = bench.write(first.clone()).await;
    let later = bench.write(vec![put("p", "1", "later")]).await;
    bench.repeat(stamp, first).await;
    assert_eq!(bench.text("p", "1").await.as_deref(), Some("later"));
    assert_eq!(
        bench.get("p", "1").await.map(|row| row.revision),
        Some(later)
    );
    assert_eq!(bench.text("q", "1").await.as_deref(), Some("first"));
}

pub async fn a_repeated_batch_does_not_undo_a_delete(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let first = vec![put("p", "1", "first"), put("q", "1", "first")];
    let stamp = bench.write(first.clone()).await;
    bench.write(vec![delete("p", "1")]).await;
    bench.repeat(stamp, first.clone()).await;
    assert_eq!(bench.get("p", "1").await, None);
    bench.delete_partition("q", bench.stamp()).await;
    bench.repeat(stamp, first).await;
    assert_eq!(bench.get("q", "1").await, None);
}

/// Someone switches on through a node that is ahead, off through one that lags, and on again:
/// each reads through its batch, so each is later than what it read.
pub async fn put_take_back_put_again_through_two_clocks(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let (ahead, behind) = (bench.store_ahead(2, 900), bench.store_ahead(1, 0));
    let (partition, sort) = (RawKey::from("p"), RawKey::from("s"));
    let mut last = Stamp::MIN;
    for round in 0..6 {
        let store = if round % 2 == 0 { &ahead } else { &behind };
        let value = RawValue::from(format!("round {round}").as_str());
        let mut batch = store.batch();
        while batch.get::<Plains>(&partition, &sort).await.is_err() {}
        batch.put::<Plains>(&partition, &sort, &value);
        let stamp = loop {
            match batch.commit().await {
                Ok(stamp) => break stamp,
                Err(StoreError::Timeout { .. } | StoreError::Unavailable(_)) => {}
                Err(other) => panic!("the engine answered: {other}"),
            }
        };
        assert!(stamp > last, "round {round}");
        last = stamp;
        let row = bench.get("p", "s").await.expect("was written");
        assert_eq!(
            (&row.value[..], row.revision),
            (&value.0[..], stamp),
            "round {round}"
        );
    }
}

pub async fn the_last_stamp_is_no_less_than_any_used(harness: &dyn Harness) {
    let mut bench = Bench::open(harness).await;
    for round in 0..3 {
        let ahead = Stamp(bench.stamp().0 + 3_600_000_000);
        let stamp = bench.write_at(ahead, vec![put("p", "s", "ahead")]).await;
        let delete_at = bench.write_at(stamp, vec![delete("p", "s")]).await;
        bench = bench.reopen().await;
        let last = super::bench::again(|| bench.engine.last_stamp()).await;
        assert!(last >= stamp.max(delete_at), "round {round}");
    }
}

pub async fn a_clock_set_back_between_two_starts_loses_nothing(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    bench
        .write(vec![put("p", "s", "before"), put("p", "deleted", "before")])
        .await;
    bench.wall.set_ms(bench.wall.now_ms() - 3_600_000);
    let bench = bench.reopen().await;
    assert_eq!(bench.texts("p").await, ["before", "before"]);
    bench
        .write(vec![put("p", "s", "after"), delete("p", "deleted")])
        .await;
    assert_eq!(bench.texts("p").await, ["after"]);
    // Even a caller that does not start above the last stamp is told the stamp that counts.
    let set_back = HybridClock::new(bench.wall.clone(), Node::Single, Stamp::MIN);
    let stamp = bench
        .write_at(
            set_back.next_stamp(Stamp::MIN),
            vec![put("p", "s", "blind")],
        )
        .await;
    let row = bench.get("p", "s").await.expect("was written");
    assert_eq!(row.revision == stamp, row.value == "blind");
}

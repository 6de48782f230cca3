use super::bench::{delete, key, key_in, put, put_other, put_until, scan_of};
use super::{Bench, Harness, Other, Plains};
use crate::table::{Mode, Table};

pub async fn an_acknowledged_write_is_read(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    for round in 0..20 {
        let value = format!("round {round}");
        bench
            .write(vec![put("p", "s", &value), put("q", "s", &value)])
            .await;
        assert_eq!(bench.text("p", "s").await, Some(value.clone()));
        assert_eq!(bench.texts("q").await, [value.as_str()]);
        let both = bench.get_many(&[key("p", "s"), key("q", "s")]).await;
        assert!(both.into_iter().flatten().all(|row| row.value == value));
        let table = bench.table(Plains::ID, 10).await;
        assert!(table.len() == 2 && table.iter().all(|full| full.row.value == value));
    }
}

pub async fn all_rows_of_a_batch_bear_one_stamp(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let before = bench.write(vec![put("q", "gone", "soon")]).await;
    let ops = vec![
        put("p", "1", "a"),
        put("p", "2", "b"),
        put_other("z", "1", "c"),
        delete("q", "gone"),
    ];
    let stamp = bench.write(ops).await;
    assert!(stamp > before);
    let other = key_in(Other::ID, "z", "1");
    let rows = [
        bench.get("p", "1").await,
        bench.get("p", "2").await,
        bench.get_in(Mode::Plain, &other).await,
    ];
    for row in rows {
        assert_eq!(row.expect("was written").revision, stamp);
    }
    assert_eq!(bench.get("q", "gone").await, None);
}

pub async fn a_deleted_row_is_gone_and_can_come_again(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    for round in 0..3 {
        let value = format!("round {round}");
        bench
            .write(vec![put("p", "1", &value), put("p", "2", "stays")])
            .await;
        assert_eq!(bench.texts("p").await, [value, "stays".to_owned()]);
        bench
            .write(vec![delete("p", "1"), delete("p", "never was")])
            .await;
        assert_eq!(bench.get("p", "1").await, None);
        assert_eq!(bench.texts("p").await, ["stays"]);
        assert_eq!(bench.table(Plains::ID, 10).await.len(), 1);
    }
}

pub async fn an_expired_row_is_gone(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let at_s = bench.now_s() + 10;
    let ops = vec![
        put("p", "1", "stays"),
        put_until("p", "2", "goes", at_s),
        put("p", "3", "stays"),
    ];
    bench.write(ops).await;
    bench.wall.advance_ms(9_999);
    assert_eq!(bench.text("p", "2").await.as_deref(), Some("goes"));
    assert_eq!(bench.texts("p").await.len(), 3);
    bench.wall.advance_ms(1);
    assert_eq!(bench.get("p", "2").await, None);
    assert_eq!(bench.get_many(&[key("p", "2")]).await, [None]);
    assert_eq!(bench.texts("p").await, ["stays", "stays"]);
    let mut two = scan_of("p");
    two.limit = 2;
    assert_eq!(
        bench.scan(two).await.len(),
        2,
        "what is expired takes no room in a page"
    );
    assert_eq!(bench.table(Plains::ID, 10).await.len(), 2);
    bench.write(vec![put("p", "2", "again")]).await;
    assert_eq!(bench.text("p", "2").await.as_deref(), Some("again"));
}

pub async fn expiry_belongs_to_the_write(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let at_s = bench.now_s() + 10;
    bench
        .write(vec![
            put_until("p", "kept", "timed", at_s),
            put("p", "gone", "for ever"),
        ])
        .await;
    bench
        .write(vec![
            put("p", "kept", "for ever"),
            put_until("p", "gone", "timed", at_s),
        ])
        .await;
    bench.write(vec![put("p", "past", "old")]).await;
    bench
        .write(vec![put_until(
            "p",
            "past",
            "expired already",
            bench.now_s(),
        )])
        .await;
    assert_eq!(
        bench.get("p", "past").await,
        None,
        "it hides what was there before"
    );
    bench.wall.advance_ms(11_000);
    assert_eq!(bench.texts("p").await, ["for ever"]);
    assert_eq!(bench.text("p", "kept").await.as_deref(), Some("for ever"));
    assert_eq!(
        bench.get("p", "gone").await,
        None,
        "the row below does not come back"
    );
}

pub async fn a_dropped_partition_is_gone_and_can_come_again(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let neighbours = ["", "o", "p\0", "pp", "q"];
    for partition in neighbours {
        bench.write(vec![put(partition, "s", "stays")]).await;
    }
    bench.write(vec![put_other("p", "s", "stays")]).await;
    bench
        .write(
            (0..200)
                .map(|n| put("p", &format!("{n}"), "goes"))
                .collect(),
        )
        .await;
    bench.delete_partition("p", bench.stamp()).await;
    assert!(bench.texts("p").await.is_empty());
    assert_eq!(bench.get("p", "7").await, None);
    for partition in neighbours {
        assert_eq!(bench.texts(partition).await, ["stays"], "{partition:?}");
    }
    assert_eq!(bench.table(Other::ID, 10).await.len(), 1);
    bench.delete_partition("p", bench.stamp()).await;
    bench.write(vec![put("p", "7", "again")]).await;
    assert_eq!(bench.texts("p").await, ["again"]);
}

pub async fn a_dropped_partition_spares_later_rows(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    bench.write(vec![put("p", "earlier", "goes")]).await;
    let drop = bench.stamp();
    bench.write(vec![put("p", "later", "stays")]).await;
    bench.delete_partition("p", drop).await;
    assert_eq!(bench.texts("p").await, ["stays"]);
}

pub async fn what_was_acknowledged_outlives_the_process(harness: &dyn Harness) {
    let mut bench = Bench::open(harness).await;
    for round in 0..4 {
        for step in 0..25 {
            let sort = format!("{round} {step}");
            bench
                .write(vec![put("p", &sort, "kept"), put_other(&sort, "s", "kept")])
                .await;
        }
        bench.write(vec![delete("p", &format!("{round} 0"))]).await;
        let before = (
            bench.table(Plains::ID, 1_000).await,
            bench.table(Other::ID, 1_000).await,
        );
        bench = bench.reopen().await;
        let after = (
            bench.table(Plains::ID, 1_000).await,
            bench.table(Other::ID, 1_000).await,
        );
        assert!(before == after, "round {round}");
        assert_eq!(after.0.len(), 24 * (round + 1));
    }
}

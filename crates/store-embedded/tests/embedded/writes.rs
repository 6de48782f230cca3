//! What is this engine's own about writes: stamps in commit order, retries, expiry, chunks.
//! The contract itself is in the conformance suite.

use std::sync::Arc;

use crate::common::{NOW_MS, clock, first_try, key, open, options, put, put_until, scan, value};
use bytes::Bytes;
use petrel_model::clock::Stamp;
use petrel_store::engine::{FullRow, Op, RawBatch, RawConditional, RawMend, RawRow};
use petrel_store::{Engine, Mode, StoreError};
use petrel_store_embedded::Embedded;

#[tokio::test]
async fn a_retry_of_what_was_done_changes_nothing_and_of_what_was_not_does_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine
        .write(first_try(100, vec![put("p", "x", "high")]))
        .await
        .unwrap();
    let ops = vec![put("p", "a", "first")];
    let used = engine.write(first_try(10, ops.clone())).await.unwrap();
    assert_eq!(used, Stamp(101));
    engine
        .write(first_try(11, vec![put("p", "a", "second")]))
        .await
        .unwrap();
    for stamp in [Stamp(10), used] {
        let retry = RawBatch {
            stamp,
            retry: true,
            ops: ops.clone(),
        };
        assert_eq!(engine.write(retry).await.unwrap(), used);
    }
    assert_eq!(value(&engine, "p", "a").await.as_deref(), Some("second"));
    // The first try of this one never came through: to call it done would lose it.
    let lost = RawBatch {
        stamp: Stamp(12),
        retry: true,
        ops: vec![put("p", "b", "late")],
    };
    engine.write(lost).await.unwrap();
    assert_eq!(value(&engine, "p", "b").await.as_deref(), Some("late"));
}

#[tokio::test]
async fn a_retry_after_a_restart_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ops = vec![put("p", "a", "first")];
    let engine = open(folder.path());
    engine.write(first_try(10, ops.clone())).await.unwrap();
    engine
        .write(first_try(20, vec![put("p", "a", "second")]))
        .await
        .unwrap();
    drop(engine);
    let engine = open(folder.path());
    let retry = RawBatch {
        stamp: Stamp(10),
        retry: true,
        ops,
    };
    assert_eq!(engine.write(retry).await.unwrap(), Stamp(10));
    assert_eq!(value(&engine, "p", "a").await.as_deref(), Some("second"));
}

#[tokio::test]
async fn expired_rows_are_swept_unless_they_were_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let wall = clock();
    let engine = Embedded::open(folder.path(), options(&wall)).unwrap();
    let soon = NOW_MS / 1_000 + 10;
    let batch = vec![
        put_until("p", "gone", "1", soon),
        put_until("p", "longer", "1", soon),
        put_until("p", "for ever", "1", soon),
        put_until("p", "deleted", "1", soon),
    ];
    engine.write(first_try(1, batch).clone()).await.unwrap();
    let batch = vec![
        put_until("p", "longer", "2", soon + 10),
        put("p", "for ever", "2"),
        Op::Delete {
            key: key("p", "deleted"),
        },
    ];
    engine.write(first_try(2, batch)).await.unwrap();
    assert_eq!(engine.sweep().await.unwrap(), 0, "nothing is due");
    wall.advance_ms(10_000);
    let sorts = |rows: Vec<RawRow>| rows.into_iter().map(|row| row.sort).collect::<Vec<_>>();
    assert_eq!(
        sorts(scan(&engine, "p").await),
        ["for ever", "longer"],
        "judged before the sweep"
    );
    // The background may have been quicker, so it is not the count that tells, but an earlier clock.
    engine.sweep().await.unwrap();
    wall.set_ms(NOW_MS);
    assert_eq!(
        sorts(scan(&engine, "p").await),
        ["for ever", "longer"],
        "swept"
    );
    // An entry before where the index was left is found too.
    engine
        .write(first_try(3, vec![put_until("p", "early", "1", soon - 5)]))
        .await
        .unwrap();
    wall.advance_ms(10_000);
    engine.sweep().await.unwrap();
    wall.set_ms(NOW_MS);
    assert_eq!(value(&engine, "p", "early").await, None);
}

#[tokio::test]
async fn a_large_partition_is_dropped_and_rows_stamped_later_stay() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    for batch in 0..25u64 {
        let ops = (0..1_000)
            .map(|row| put("big", &format!("{batch:02} {row:04}"), "x"))
            .collect();
        engine.write(first_try(batch + 1, ops)).await.unwrap();
    }
    engine
        .write(first_try(
            100,
            vec![put("other", "a", "x"), put("big", "late", "x")],
        ))
        .await
        .unwrap();
    let partition = Bytes::from_static(b"big");
    engine
        .delete_partition(7, partition, Stamp(99))
        .await
        .unwrap();
    assert_eq!(scan(&engine, "big").await.len(), 1);
    assert_eq!(scan(&engine, "other").await.len(), 1);
}

#[tokio::test]
async fn a_clean_end_leaves_little_to_read_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    for batch in 0..30u64 {
        let ops = (0..10)
            .map(|row| put(&format!("p{row}"), &format!("{batch:02}"), vec![7; 20_000]))
            .collect();
        engine.write(first_try(batch + 1, ops)).await.unwrap();
    }
    drop(engine);
    let journals = std::fs::read_dir(folder.path().join("store")).unwrap();
    let bytes: u64 = journals
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "jnl")
        })
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    assert_eq!(bytes, 0);
    for round in 0..3 {
        let engine = open(folder.path());
        for row in 0..10 {
            assert_eq!(scan(&engine, &format!("p{row}")).await.len(), 30 + round);
            let ops = vec![put(&format!("p{row}"), &format!("{}", 70 + round), "x")];
            engine.write(first_try(1, ops)).await.unwrap();
        }
        let last = engine.last_stamp().await.unwrap();
        assert_eq!(last, Stamp(30 + 10 * (round as u64 + 1)), "stamps go on");
    }
}

#[tokio::test]
async fn a_restore_keeps_revisions_and_raises_the_last_stamp() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let row = |sort: &'static str, revision| FullRow {
        partition: Bytes::from_static(b"p"),
        row: RawRow {
            sort: Bytes::from_static(sort.as_bytes()),
            value: Bytes::from_static(b"v"),
            revision: Stamp(revision),
            expires_at_s: None,
        },
    };
    engine
        .load(7, vec![row("a", 900), row("b", 30)])
        .await
        .unwrap();
    assert_eq!(engine.last_stamp().await.unwrap(), Stamp(900));
    let revisions: Vec<_> = scan(&engine, "p")
        .await
        .iter()
        .map(|row| row.revision)
        .collect();
    assert_eq!(revisions, [Stamp(900), Stamp(30)]);
    let stamp = engine
        .write(first_try(31, vec![put("p", "b", "w")]))
        .await
        .unwrap();
    assert_eq!(stamp, Stamp(901));
}

#[tokio::test]
async fn a_moment_is_not_moved_by_later_writes_and_pages_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let ops = (0..100)
        .map(|row| put(&format!("p{row}"), "s", "old"))
        .collect();
    engine.write(first_try(1, ops)).await.unwrap();
    let moment = engine.snapshot().await.unwrap();
    let ops = (0..120)
        .map(|row| put(&format!("p{row}"), "s", "new"))
        .collect();
    engine.write(first_try(2, ops)).await.unwrap();
    let (mut token, mut rows) = (None, Vec::new());
    loop {
        let (page, next) = moment.scan_table(7, token, 7).await.unwrap();
        rows.extend(page);
        token = next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row.row.value == "old"));
    drop(engine);
    assert!(matches!(
        moment.scan_table(7, None, 1).await,
        Err(StoreError::Unavailable(_))
    ));
}

#[tokio::test]
async fn the_engines_own_tables_cannot_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    for table in [u16::MAX, u16::MAX - 1] {
        let mut name = key("p", "a");
        name.table = table;
        let batch = first_try(1, vec![Op::Delete { key: name.clone() }]);
        assert!(matches!(
            engine.write(batch).await,
            Err(StoreError::Refused(_))
        ));
        let mend = RawMend {
            deletes: vec![(name, Stamp(1))],
            ..RawMend::default()
        };
        assert!(matches!(
            engine.mend(mend).await,
            Err(StoreError::Refused(_))
        ));
    }
    let write = RawConditional {
        table: 7,
        partition: Bytes::from_static(b"p"),
        stamp: Stamp(1),
        conditions: Vec::new(),
        ops: vec![put("elsewhere", "a", "1")],
    };
    assert!(matches!(
        engine.write_if(write).await,
        Err(StoreError::Refused(_))
    ));
}

/// Writers put the same number into rows of several partitions; readers must always see one number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reader_sees_half_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Arc::new(open(folder.path()));
    let names = ["a", "b", "c", "d"];
    let batch = |number: u64| {
        let text = number.to_string();
        let ops = names
            .iter()
            .map(|name| put(name, "s", text.clone()))
            .collect();
        first_try(number, ops)
    };
    engine.write(batch(1)).await.unwrap();
    let writer = tokio::spawn({
        let engine = engine.clone();
        let batches: Vec<_> = (2..400).map(batch).collect();
        async move {
            for batch in batches {
                engine.write(batch).await.unwrap();
            }
        }
    });
    let keys = names.map(|name| key(name, "s"));
    let mut seen = 0;
    while !writer.is_finished() {
        let rows = engine.get_many(Mode::Plain, &keys).await.unwrap();
        let values: Vec<_> = rows.into_iter().map(|row| row.unwrap().value).collect();
        assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
        seen += 1;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert!(seen > 10, "{seen}");
}

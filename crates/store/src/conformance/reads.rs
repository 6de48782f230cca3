use bytes::Bytes;

use super::bench::{bytes, delete, key, key_in, put, put_key, put_other, put_until, scan_of, text};
use super::{Bench, Harness, Other, Plains};
use crate::Direction;
use crate::engine::{Op, RawRow, RawScan, RowKey};
use crate::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::table::{Mode, Table};

pub async fn a_row_comes_back_as_it_was_written(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let at_s = bench.now_s() + 100;
    let ops = vec![
        put("p", "plain", "one"),
        put_until("p", "timed", "two", at_s),
    ];
    let stamp = bench.write(ops).await;
    let row = |sort: &str, value: &str, expires_at_s| RawRow {
        sort: bytes(sort),
        value: bytes(value),
        revision: stamp,
        expires_at_s,
    };
    let expected = [row("plain", "one", None), row("timed", "two", Some(at_s))];
    for row in &expected {
        let found = bench
            .get("p", std::str::from_utf8(&row.sort).expect("text"))
            .await;
        assert_eq!(found.as_ref(), Some(row));
    }
    assert_eq!(bench.scan(scan_of("p")).await, expected);
}

pub async fn what_was_never_written_is_absent(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    assert_eq!(bench.get("p", "s").await, None);
    bench.write(vec![put("p", "s", "here")]).await;
    assert_eq!(bench.get("p", "other").await, None);
    assert_eq!(bench.get("other", "s").await, None);
    assert_eq!(bench.get("s", "p").await, None);
    let elsewhere = key_in(Other::ID, "p", "s");
    assert_eq!(bench.get_in(Mode::Plain, &elsewhere).await, None);
    assert!(bench.texts("empty").await.is_empty());
    assert!(bench.table(Other::ID, 10).await.is_empty());
    // What is longer than any key can be was not written either.
    let long = "x".repeat(70_000);
    assert_eq!(bench.get(&long, "s").await, None);
    assert_eq!(bench.get("p", &long).await, None);
    assert_eq!(bench.get_many(&[key(&long, &long)]).await, [None]);
    assert!(bench.texts(&long).await.is_empty());
}

pub async fn get_many_answers_each_key_in_order(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let ops = vec![
        put("p", "1", "a"),
        put("p", "2", "b"),
        put("q", "1", "c"),
        put_other("p", "1", "d"),
    ];
    bench.write(ops).await;
    let keys = [
        key("q", "1"),
        key("p", "2"),
        key("q", "2"),
        key_in(Other::ID, "p", "1"),
        key("p", "1"),
        key("p", "2"),
    ];
    let found: Vec<_> = bench
        .get_many(&keys)
        .await
        .into_iter()
        .map(|row| row.map(text))
        .collect();
    let expected = [Some("c"), Some("b"), None, Some("d"), Some("a"), Some("b")];
    assert_eq!(found, expected.map(|value| value.map(str::to_owned)));
    assert!(bench.get_many(&[]).await.is_empty());
}

pub async fn a_scan_is_in_the_order_of_bytes(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let sorted = [
        "", "\0", "\0\0", "A", "a", "a\0", "a\0b", "aa", "b", "z", "é",
    ];
    // Written neither in this order nor at once.
    for step in 0..sorted.len() {
        let sort = sorted[(step * 7) % sorted.len()];
        bench.write(vec![put("p", sort, sort)]).await;
    }
    assert_eq!(bench.texts("p").await, sorted);
    let mut scan = scan_of("p");
    scan.direction = Direction::Descending;
    let down: Vec<String> = bench.scan(scan).await.into_iter().map(text).collect();
    assert!(down.iter().eq(sorted.iter().rev()));
}

pub async fn a_scan_keeps_its_bounds_direction_and_limit(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let all = ["b", "d", "f", "h"];
    bench
        .write(all.map(|sort| put("p", sort, sort)).to_vec())
        .await;
    for from in [None, Some("a"), Some("b"), Some("c"), Some("h"), Some("i")] {
        for to in [None, Some("a"), Some("b"), Some("c"), Some("h"), Some("i")] {
            for limit in [0, 1, 2, 4, 5] {
                let inside = |sort: &&str| {
                    from.is_none_or(|from| *sort >= from) && to.is_none_or(|to| *sort < to)
                };
                let mut up: Vec<&str> = all.into_iter().filter(inside).collect();
                let mut down: Vec<&str> = up.iter().rev().copied().collect();
                up.truncate(limit);
                down.truncate(limit);
                for (direction, expected) in
                    [(Direction::Ascending, up), (Direction::Descending, down)]
                {
                    let scan = RawScan {
                        from: from.map(bytes),
                        to: to.map(bytes),
                        direction,
                        limit,
                        ..scan_of("p")
                    };
                    let found: Vec<String> = bench
                        .scan(scan.clone())
                        .await
                        .into_iter()
                        .map(text)
                        .collect();
                    assert_eq!(found, expected, "{scan:?}");
                }
            }
        }
    }
}

pub async fn a_scan_stays_in_its_partition(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let partitions = ["", "\0", "a", "a\0", "a\0\0", "aa", "ab", "b"];
    for partition in partitions {
        for sort in ["", "\0", "a", "b"] {
            bench
                .write(vec![
                    put(partition, sort, partition),
                    put_other(partition, sort, "other"),
                ])
                .await;
        }
    }
    for partition in partitions {
        assert_eq!(
            bench.texts(partition).await,
            [partition; 4],
            "{partition:?}"
        );
        let mut scan = scan_of(partition);
        scan.direction = Direction::Descending;
        scan.limit = 5;
        let down: Vec<String> = bench.scan(scan).await.into_iter().map(text).collect();
        assert_eq!(down, [partition; 4], "{partition:?} descending");
    }
}

pub async fn scan_many_answers_each_scan_in_order(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    bench
        .write(vec![
            put("p", "1", "a"),
            put("p", "2", "b"),
            put("q", "1", "c"),
        ])
        .await;
    let mut down = scan_of("p");
    down.direction = Direction::Descending;
    down.limit = 1;
    let scans = [scan_of("q"), scan_of("none"), down, scan_of("p")];
    let found = super::bench::again(|| bench.engine.scan_many(&scans)).await;
    let found: Vec<Vec<String>> = found
        .into_iter()
        .map(|rows| rows.into_iter().map(text).collect())
        .collect();
    assert_eq!(found, [vec!["c"], vec![], vec!["b"], vec!["a", "b"]]);
}

pub async fn keys_are_any_bytes(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let alphabet: [&[u8]; 10] = [
        &[],
        &[0],
        &[0, 0],
        &[0, 0xFF],
        &[1],
        &[0xFE],
        &[0xFF],
        &[0xFF, 0],
        &[0xFF, 0xFF],
        &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];
    let key_of = |partition: &[u8], sort: &[u8]| RowKey {
        table: Plains::ID,
        partition: Bytes::copy_from_slice(partition),
        sort: Bytes::copy_from_slice(sort),
    };
    for partition in alphabet {
        let ops = alphabet
            .map(|sort| put_key(key_of(partition, sort), &format!("{partition:?} {sort:?}")));
        bench.write(ops.to_vec()).await;
    }
    for partition in alphabet {
        for sort in alphabet {
            let row = bench.get_in(Mode::Plain, &key_of(partition, sort)).await;
            assert_eq!(row.map(text), Some(format!("{partition:?} {sort:?}")));
        }
        let mut scan = scan_of("");
        scan.partition = Bytes::copy_from_slice(partition);
        let sorts: Vec<Bytes> = bench
            .scan(scan)
            .await
            .into_iter()
            .map(|row| row.sort)
            .collect();
        assert_eq!(sorts, alphabet, "partition {partition:?}");
    }
    assert_eq!(bench.table(Plains::ID, 7).await.len(), 100);
}

pub async fn extreme_sizes_are_stored_whole(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let key = RowKey {
        table: Plains::ID,
        partition: vec![0xFF; KEY_BYTES_MAX].into(),
        sort: vec![0; KEY_BYTES_MAX].into(),
    };
    let value: Bytes = (0..VALUE_BYTES_MAX).map(|at| (at % 251) as u8).collect();
    bench
        .write(vec![
            Op::Put {
                key: key.clone(),
                value: value.clone(),
                expires_at_s: None,
            },
            put("p", "empty", ""),
        ])
        .await;
    let row = bench.get_in(Mode::Plain, &key).await.expect("was written");
    assert!(row.value == value && row.sort == key.sort);
    assert_eq!(bench.text("p", "empty").await.as_deref(), Some(""));
    bench.write(vec![delete("p", "empty")]).await;
    assert_eq!(bench.text("p", "empty").await, None);
}

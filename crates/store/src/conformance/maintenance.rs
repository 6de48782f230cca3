use super::bench::{Bench, again, bytes, delete, key_in, put, put_other, put_until, serial_put};
use super::{Harness, Other, Plains, Serials};
use crate::Stamp;
use crate::engine::{Condition, FullRow, RawRow, TableScanner};
use crate::table::{Mode, Table, TableId};

pub async fn scan_table_is_complete_with_any_limit(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let mut expected = Vec::new();
    for partition in ["", "\0", "a", "a\0", "b", "\u{7f}", "z"] {
        for sort in ["", "\0", "1", "2"] {
            bench
                .write(vec![
                    put(partition, sort, "x"),
                    put_other(partition, sort, "y"),
                ])
                .await;
            expected.push((bytes(partition), bytes(sort)));
        }
        let claim = serial_put(bench.stamp(), partition, "s", Condition::Absent, "z");
        bench.write_if(claim).await;
    }
    expected.sort();
    for limit in [1, 2, 3, 4, 5, 27, 28, 29, 1_000] {
        let rows = bench.table(Plains::ID, limit).await;
        let keys: Vec<_> = rows
            .into_iter()
            .map(|full| (full.partition, full.row.sort))
            .collect();
        assert!(keys == expected, "limit {limit}: {keys:?}");
        assert_eq!(bench.table(Serials::ID, limit).await.len(), 7);
    }
}

pub async fn scan_table_leaves_out_what_is_gone(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let at_s = bench.now_s() + 5;
    let ops = vec![
        put("p", "1", "stays"),
        put("p", "2", "deleted"),
        put_until("p", "3", "expires", at_s),
    ];
    bench.write(ops).await;
    bench.write(vec![put("q", "1", "dropped")]).await;
    bench.write(vec![delete("p", "2")]).await;
    bench.delete_partition("q", bench.stamp()).await;
    assert_eq!(bench.table(Plains::ID, 1).await.len(), 2);
    bench.wall.advance_ms(5_000);
    assert_eq!(bench.table(Plains::ID, 1).await.len(), 1);
}

/// What was acknowledged before it and not touched since is in it; what was touched since is as
/// it was or as it is.
pub async fn a_snapshot_holds_what_was_there_before_it(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let before = ["changed", "deleted", "stays"].map(|sort| put("p", sort, "before"));
    bench.write(before.to_vec()).await;
    bench.write(vec![put_other("p", "stays", "before")]).await;
    let claim = serial_put(bench.stamp(), "p", "s", Condition::Absent, "before");
    bench.write_if(claim).await;
    let snapshot = again(|| bench.engine.snapshot()).await;
    let after = vec![put("p", "changed", "after"), delete("p", "deleted")];
    bench.write(after).await;
    bench.write(vec![put("q", "added", "after")]).await;
    let mut seen = Vec::new();
    for table in [Plains::ID, Other::ID, Serials::ID] {
        for full in pages_of(&*snapshot, table).await {
            seen.push((table, full.row.sort, full.row.value));
        }
    }
    let has = |table, sort, value| seen.contains(&(table, bytes(sort), bytes(value)));
    assert!(has(Plains::ID, "stays", "before") && has(Other::ID, "stays", "before"));
    assert!(has(Serials::ID, "s", "before"));
    assert!(has(Plains::ID, "changed", "before") != has(Plains::ID, "changed", "after"));
    let may_be_gone = has(Plains::ID, "deleted", "before");
    let may_be_new = has(Plains::ID, "added", "after");
    let count = 4 + usize::from(may_be_gone) + usize::from(may_be_new);
    assert_eq!(seen.len(), count, "{seen:?}");
}

/// For engines whose snapshot is one moment: an engine on several machines has none such.
pub async fn a_snapshot_is_one_moment(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    bench
        .write(vec![
            put("p", "1", "before"),
            put("p", "2", "before"),
            put_other("p", "1", "before"),
        ])
        .await;
    let snapshot = again(|| bench.engine.snapshot()).await;
    bench
        .write(vec![
            put("p", "1", "after"),
            delete("p", "2"),
            put("q", "1", "after"),
            put_other("q", "1", "after"),
        ])
        .await;
    bench.delete_partition("p", bench.stamp()).await;
    for (table, count) in [(Plains::ID, 2), (Other::ID, 1), (Serials::ID, 0)] {
        let rows = pages_of(&*snapshot, table).await;
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|full| full.row.value == "before"));
    }
}

async fn pages_of(snapshot: &dyn TableScanner, table: TableId) -> Vec<FullRow> {
    let mut rows = Vec::new();
    let mut token = None;
    loop {
        let page = again(|| snapshot.scan_table(table, token.clone(), 1)).await;
        rows.extend(page.0);
        token = page.1;
        if token.is_none() {
            return rows;
        }
    }
}

pub async fn load_keeps_revisions_and_expiry(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let at_s = bench.now_s() + 60;
    // Later than the wall, as after a restore onto a machine whose clock lags.
    let revision = |number: u64| Stamp(bench.stamp().0 + 7_200_000_000 + number);
    let mut rows: Vec<FullRow> = (0..500_u64)
        .map(|number| FullRow {
            partition: bytes(&format!("{}", number % 7)),
            row: RawRow {
                sort: bytes(&format!("{number:04}")),
                value: bytes(&format!("value {number}")),
                revision: revision(number * 3),
                expires_at_s: (number % 5 == 0).then_some(at_s),
            },
        })
        .collect();
    let serial = FullRow {
        partition: bytes("name"),
        row: RawRow {
            sort: bytes(""),
            value: bytes("claimed"),
            revision: revision(1),
            expires_at_s: None,
        },
    };
    again(|| bench.engine.load(Plains::ID, rows.clone())).await;
    again(|| bench.engine.load(Serials::ID, vec![serial.clone()])).await;
    let bench = bench.reopen().await;
    rows.sort_by(|a, b| (&a.partition, &a.row.sort).cmp(&(&b.partition, &b.row.sort)));
    assert!(bench.table(Plains::ID, 64).await == rows);
    let name = key_in(Serials::ID, "name", "");
    assert_eq!(
        bench.get_in(Mode::Cas, &name).await,
        Some(serial.row.clone())
    );
    let greatest = rows
        .iter()
        .map(|full| full.row.revision)
        .max()
        .expect("500 rows");
    assert!(again(|| bench.engine.last_stamp()).await >= greatest);
    // Life goes on above what was loaded.
    let stamp = bench
        .write(vec![put("0", "0000", "after the restore")])
        .await;
    assert!(stamp > greatest);
    assert_eq!(
        bench.text("0", "0000").await.as_deref(),
        Some("after the restore")
    );
    let condition = Condition::Revision(serial.row.revision);
    bench
        .write_if(serial_put(bench.stamp(), "name", "", condition, "renewed"))
        .await;
    assert_eq!(
        bench.serial("name", "").await.map(|row| row.value),
        Some(bytes("renewed"))
    );
    bench.wall.advance_ms(60_000);
    assert_eq!(bench.table(Plains::ID, 64).await.len(), 401);
}

use futures_util::future::join_all;

use super::bench::{BEGIN_MS, bytes, key_in, put_key, serial_put, text};
use super::{Bench, Harness, Serials};
use crate::engine::{Condition, Op, RawConditional, RawOutcome, RawRow};
use crate::table::Table;
use crate::{Stamp, StoreError};

fn applied(outcome: RawOutcome) -> Stamp {
    match outcome {
        RawOutcome::Applied(stamp) => stamp,
        RawOutcome::Conflict(rows) => panic!("conflict with {rows:?}"),
    }
}

fn conflict(outcome: RawOutcome) -> Vec<Option<RawRow>> {
    match outcome {
        RawOutcome::Conflict(rows) => rows.into_iter().map(|(_, row)| row).collect(),
        RawOutcome::Applied(_) => panic!("applied although a condition failed"),
    }
}

async fn try_put(bench: &Bench<'_>, sort: &str, condition: Condition, value: &str) -> RawOutcome {
    let stamp = bench.stamp();
    bench
        .write_if(serial_put(stamp, "p", sort, condition, value))
        .await
}

async fn try_delete(bench: &Bench<'_>, sort: &str, condition: Condition) -> RawOutcome {
    let mut write = serial_put(bench.stamp(), "p", sort, condition, "");
    write.ops = vec![Op::Delete {
        key: key_in(Serials::ID, "p", sort),
    }];
    bench.write_if(write).await
}

pub async fn absent_holds_once(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let stamp = applied(try_put(&bench, "s", Condition::Absent, "first").await);
    let row = bench.serial("p", "s").await.expect("was applied");
    assert_eq!((row.revision, &row.value[..]), (stamp, &b"first"[..]));
    conflict(try_put(&bench, "s", Condition::Absent, "second").await);
    assert_eq!(
        bench.serial("p", "s").await.map(text).as_deref(),
        Some("first")
    );
    applied(try_delete(&bench, "s", Condition::Present).await);
    assert_eq!(bench.serial("p", "s").await, None);
    applied(try_put(&bench, "s", Condition::Absent, "third").await);
    assert_eq!(
        bench.serial("p", "s").await.map(text).as_deref(),
        Some("third")
    );
}

pub async fn present_holds_while_the_row_is_there(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    assert_eq!(
        conflict(try_put(&bench, "s", Condition::Present, "no").await),
        [None]
    );
    assert_eq!(bench.serial("p", "s").await, None);
    applied(try_put(&bench, "s", Condition::Absent, "one").await);
    applied(try_put(&bench, "s", Condition::Present, "two").await);
    assert_eq!(
        bench.serial("p", "s").await.map(text).as_deref(),
        Some("two")
    );
}

pub async fn revision_holds_for_that_revision_only(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let first = applied(try_put(&bench, "s", Condition::Absent, "one").await);
    let second = applied(try_put(&bench, "s", Condition::Revision(first), "two").await);
    conflict(try_put(&bench, "s", Condition::Revision(first), "no").await);
    conflict(try_put(&bench, "s", Condition::Revision(Stamp(second.0 + 1)), "no").await);
    conflict(try_put(&bench, "other", Condition::Revision(second), "no").await);
    assert_eq!(
        bench.serial("p", "s").await.map(text).as_deref(),
        Some("two")
    );
    applied(try_delete(&bench, "s", Condition::Revision(second)).await);
    conflict(try_put(&bench, "s", Condition::Revision(second), "no").await);
    let third = applied(try_put(&bench, "s", Condition::Absent, "three").await);
    assert!(third != second && third != first, "a revision comes once");
}

pub async fn a_conflict_shows_the_rows_as_they_are(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let stamp = applied(try_put(&bench, "here", Condition::Absent, "one").await);
    let mut write = serial_put(bench.stamp(), "p", "here", Condition::Absent, "no");
    write.conditions.push((bytes("missing"), Condition::Absent));
    let RawOutcome::Conflict(rows) = bench.write_if(write).await else {
        panic!("applied although a condition failed");
    };
    let here = RawRow {
        sort: bytes("here"),
        value: bytes("one"),
        revision: stamp,
        expires_at_s: None,
    };
    assert_eq!(
        rows,
        [(bytes("here"), Some(here)), (bytes("missing"), None)]
    );
}

pub async fn all_conditions_hold_or_nothing_happens(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    applied(try_put(&bench, "1", Condition::Absent, "one").await);
    let write = |second: Condition| RawConditional {
        table: Serials::ID,
        partition: bytes("p"),
        stamp: bench.stamp(),
        conditions: vec![(bytes("1"), Condition::Present), (bytes("2"), second)],
        ops: vec![
            put_key(key_in(Serials::ID, "p", "1"), "changed"),
            put_key(key_in(Serials::ID, "p", "3"), "added"),
        ],
    };
    conflict(bench.write_if(write(Condition::Present)).await);
    assert_eq!(
        bench.serial("p", "1").await.map(text).as_deref(),
        Some("one")
    );
    assert_eq!(bench.serial("p", "3").await, None);
    let stamp = applied(bench.write_if(write(Condition::Absent)).await);
    for sort in ["1", "3"] {
        assert_eq!(
            bench.serial("p", sort).await.map(|row| row.revision),
            Some(stamp)
        );
    }
}

pub async fn an_expired_row_counts_as_absent(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let mut write = serial_put(bench.stamp(), "p", "s", Condition::Absent, "timed");
    write.ops = vec![Op::Put {
        key: key_in(Serials::ID, "p", "s"),
        value: bytes("timed"),
        expires_at_s: Some(bench.now_s() + 5),
    }];
    let stamp = applied(bench.write_if(write).await);
    conflict(try_put(&bench, "s", Condition::Absent, "no").await);
    bench.wall.advance_ms(5_000);
    assert_eq!(bench.serial("p", "s").await, None);
    assert_eq!(
        conflict(try_put(&bench, "s", Condition::Present, "no").await),
        [None]
    );
    conflict(try_put(&bench, "s", Condition::Revision(stamp), "no").await);
    applied(try_put(&bench, "s", Condition::Absent, "again").await);
    assert_eq!(
        bench.serial("p", "s").await.map(text).as_deref(),
        Some("again")
    );
}

/// The stamp handed in may lag: the one used is later than every row that is there.
pub async fn revisions_rise_whatever_the_clock_says(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let mut last = applied(try_put(&bench, "s", Condition::Absent, "0").await);
    for round in 1..10_u64 {
        let lagging = Stamp(BEGIN_MS * 1_000 - round * 1_000_000);
        let write = serial_put(
            lagging,
            "p",
            "s",
            Condition::Revision(last),
            &format!("{round}"),
        );
        let stamp = applied(bench.write_if(write).await);
        assert!(stamp > last, "round {round}");
        last = stamp;
        let row = bench.serial("p", "s").await.expect("was applied");
        assert_eq!((row.revision, text(row)), (last, format!("{round}")));
    }
}

/// Many tasks count in one row, each in a place of its own, so that doubt is settled by reading.
pub async fn acknowledged_increments_are_all_applied(harness: &dyn Harness) {
    const TASKS: usize = 8;
    const STEPS: u8 = 12;
    let bench = Bench::open(harness).await;
    let zero = "\0".repeat(TASKS);
    applied(try_put(&bench, "s", Condition::Absent, &zero).await);
    let count = |task: usize| {
        let bench = &bench;
        async move {
            for step in 1..=STEPS {
                loop {
                    let row = bench.serial("p", "s").await.expect("is never deleted");
                    let mut counts = row.value.to_vec();
                    if counts[task] == step {
                        break;
                    }
                    assert_eq!(
                        counts[task],
                        step - 1,
                        "an increment was lost or done twice"
                    );
                    counts[task] = step;
                    let value = String::from_utf8(counts).expect("small numbers");
                    let condition = Condition::Revision(row.revision);
                    let write = serial_put(bench.stamp(), "p", "s", condition, &value);
                    // Whatever the answer is: reading again tells.
                    if let Ok(RawOutcome::Applied(_)) = bench.engine.write_if(write).await {
                        break;
                    }
                }
            }
        }
    };
    join_all((0..TASKS).map(count)).await;
    let row = bench.serial("p", "s").await.expect("is never deleted");
    assert_eq!(row.value, [STEPS; TASKS].to_vec());
}

pub async fn one_of_many_claims_wins(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    for round in 0..10 {
        let sort = format!("{round}");
        let claims = (0..8).map(|task| {
            let (bench, sort) = (&bench, &sort);
            async move { try_put(bench, sort, Condition::Absent, &format!("task {task}")).await }
        });
        let outcomes = join_all(claims).await;
        let won: Vec<usize> = (0..8)
            .filter(|&task| matches!(outcomes[task], RawOutcome::Applied(_)))
            .collect();
        assert_eq!(won.len(), 1, "round {round}: {won:?} won");
        let row = bench.serial("p", &sort).await.map(text);
        assert_eq!(row, Some(format!("task {}", won[0])));
    }
}

pub async fn it_stays_in_one_partition(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    for table in [Serials::ID, Serials::ID + 1] {
        let mut write = serial_put(bench.stamp(), "p", "s", Condition::Absent, "one");
        let elsewhere = if table == Serials::ID { "q" } else { "p" };
        write
            .ops
            .push(put_key(key_in(table, elsewhere, "t"), "two"));
        let answer = bench.engine.write_if(write).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
        assert_eq!(bench.serial("p", "s").await, None);
    }
}

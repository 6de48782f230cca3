//! What rows do where timestamps decide.

use std::time::Duration;

use bytes::Bytes;
use petrel_model::clock::{Clock, Stamp};
use petrel_store::conformance::{Other, Plains, Serials};
use petrel_store::engine::{Condition, FullRow, Op, RawConditional, RawOutcome, RawRow, RowKey};
use petrel_store::limits::{BATCH_BYTES_MAX, BATCH_OPS_MAX, ROW_OVERHEAD_BYTES};
use petrel_store::{Engine, Mode, StoreError, Table};
use petrel_store_cql::Cql;
use tokio::time::{Instant, sleep};

use crate::common::{Keyspaces, NOW_MS, batch, key_in, put, put_in, row, serial};

const BEGIN: u64 = NOW_MS * 1_000;
/// The best of so many is judged.
const CLOCK_ROUNDS: usize = 3;
const CLOCK_PAUSE: Duration = Duration::from_millis(100);
const CLOCK_PATIENCE: Duration = Duration::from_secs(10);

/// All of these in one store: making one takes long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_do_what_their_stamps_say() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    let engine = keyspaces.open().await;
    the_largest_batch_is_taken(&engine).await;
    partition_keys_are_any_bytes(&engine).await;
    value_and_revision_of_a_tie_are_of_one_write(&engine).await;
    two_clocks_put_delete_and_put_again(&engine).await;
    a_condition_holds_on_a_row_that_is_not_written(&engine).await;
    a_restored_conditional_row_can_be_written(&engine).await;
    modes_are_kept_apart(&engine).await;
    stamps_from_far_ahead_are_remembered(&engine).await;
    clocks_of_the_engine_are_told(&keyspaces).await;
}

async fn the_largest_batch_is_taken(engine: &Cql) {
    let fixed = ROW_OVERHEAD_BYTES + 8;
    let value = "x".repeat(BATCH_BYTES_MAX / BATCH_OPS_MAX - fixed);
    let ops = |round: usize| {
        let one = |number: usize| {
            let table = if number.is_multiple_of(2) {
                Plains::ID
            } else {
                Other::ID
            };
            put_in(
                table,
                &format!("b{number:03}"),
                &format!("{round:04}"),
                &value,
            )
        };
        (0..BATCH_OPS_MAX).map(one).collect::<Vec<Op>>()
    };
    for round in 0..5 {
        let stamp = BEGIN + round as u64;
        engine.write(batch(stamp, ops(round))).await.unwrap();
    }
    assert!(row(engine, "b126", "0004").await.is_some());
    // Few and large, of the same size in all.
    let large = "x".repeat(BATCH_BYTES_MAX / 2 - ROW_OVERHEAD_BYTES - 8);
    let ops = vec![put("large", "1", &large), put("larger", "1", &large)];
    engine.write(batch(BEGIN, ops)).await.unwrap();
}

/// Empty ones too, which engines do not take as they are.
async fn partition_keys_are_any_bytes(engine: &Cql) {
    let partitions: [&'static [u8]; 6] = [b"", b"\0", b"\0\0", b"\xFF", b"a\0", b"\0a"];
    let key = |partition: &'static [u8]| RowKey {
        table: Other::ID,
        partition: Bytes::from_static(partition),
        sort: Bytes::from_static(partition),
    };
    let ops = partitions.map(|partition| Op::Put {
        key: key(partition),
        value: Bytes::from_static(partition),
        expires_at_s: None,
    });
    engine.write(batch(BEGIN, ops.to_vec())).await.unwrap();
    let found = engine
        .get_many(Mode::Plain, &partitions.map(key))
        .await
        .unwrap();
    for (partition, row) in partitions.into_iter().zip(found) {
        let row = row.unwrap();
        assert!(row.value == partition && row.sort == partition);
    }
    let (rows, _) = engine.scan_table(Other::ID, None, 1_000).await.unwrap();
    for partition in partitions {
        let own = rows.iter().filter(|full| full.partition == partition);
        assert_eq!(own.count(), 1, "{partition:?}");
    }
}

/// Two writes of one row with one stamp: whichever wins, it wins whole.
async fn value_and_revision_of_a_tie_are_of_one_write(engine: &Cql) {
    for (first, second) in [("a", "zz"), ("zz", "a"), ("long", "l")] {
        let sort = format!("{first} {second}");
        for value in [first, second] {
            engine
                .write(batch(BEGIN + 9, vec![put("tie", &sort, value)]))
                .await
                .unwrap();
        }
        let (value, revision) = row(engine, "tie", &sort).await.unwrap();
        assert_eq!(revision, Stamp(BEGIN + 9));
        assert_eq!(
            value,
            first.max(second),
            "the greater cell wins, whoever came first"
        );
    }
}

/// Two nodes whose clocks are 900 ms apart, each of which read what it changes.
async fn two_clocks_put_delete_and_put_again(engine: &Cql) {
    let (ahead, behind) = (BEGIN + 900_000, BEGIN);
    let key = key_in(Plains::ID, "clocks", "s");
    engine
        .write(batch(ahead, vec![put("clocks", "s", "one")]))
        .await
        .unwrap();
    let (_, read) = row(engine, "clocks", "s").await.unwrap();
    assert!(
        read > Stamp(behind),
        "a blind delete by the other would do nothing"
    );
    let delete = || vec![Op::Delete { key: key.clone() }];
    engine.write(batch(behind, delete())).await.unwrap();
    assert!(row(engine, "clocks", "s").await.is_some());
    engine.write(batch(read.0 + 1, delete())).await.unwrap();
    assert_eq!(row(engine, "clocks", "s").await, None);
    engine
        .write(batch(read.0 + 1, vec![put("clocks", "s", "tie")]))
        .await
        .unwrap();
    assert_eq!(
        row(engine, "clocks", "s").await,
        None,
        "a delete wins a tie"
    );
    engine
        .write(batch(read.0 + 2, vec![put("clocks", "s", "two")]))
        .await
        .unwrap();
    assert_eq!(row(engine, "clocks", "s").await.unwrap().0, "two");
}

async fn a_condition_holds_on_a_row_that_is_not_written(engine: &Cql) {
    use Condition::{Absent, Present, Revision};
    let write = |stamp, conditions: Vec<(&str, Condition)>, ops| RawConditional {
        table: Serials::ID,
        partition: Bytes::from_static(b"guarded"),
        stamp: Stamp(stamp),
        conditions: conditions
            .into_iter()
            .map(|(sort, condition)| (Bytes::copy_from_slice(sort.as_bytes()), condition))
            .collect(),
        ops,
    };
    let put = |sort: &str, value: &str| vec![put_in(Serials::ID, "guarded", sort, value)];
    let first = write(BEGIN, vec![("lock", Absent)], put("lock", "mine"));
    let RawOutcome::Applied(held) = engine.write_if(first).await.unwrap() else {
        panic!("nothing is there");
    };
    for (stamp, condition, applies) in [
        (11, Absent, false),
        (12, Present, true),
        (13, Revision(held), true),
        (14, Revision(Stamp(held.0 + 1)), false),
    ] {
        let guarded = write(
            BEGIN + stamp,
            vec![("lock", condition)],
            put("work", "done"),
        );
        let outcome = engine.write_if(guarded).await.unwrap();
        let is_applied = matches!(outcome, RawOutcome::Applied(_));
        assert_eq!(is_applied, applies, "{condition:?}: {outcome:?}");
        assert_eq!(serial(engine, "guarded", "lock").await.unwrap().1, held);
    }
    // A write without a condition is later than what is there, whatever its clock says.
    let blind = write(7, Vec::new(), put("lock", "anyone's"));
    let RawOutcome::Applied(stamp) = engine.write_if(blind).await.unwrap() else {
        panic!("it has no condition");
    };
    assert!(stamp > held);
    // A guard leaves nothing behind where there was nothing.
    let guarded = write(BEGIN + 15, vec![("none", Absent)], put("work", "again"));
    assert!(matches!(
        engine.write_if(guarded).await.unwrap(),
        RawOutcome::Applied(_)
    ));
    assert_eq!(serial(engine, "guarded", "none").await, None);
}

/// Its revision lies ahead of the engine's own clock, and the engine's timestamps decide there.
async fn a_restored_conditional_row_can_be_written(engine: &Cql) {
    let far = Stamp(BEGIN + 10 * 365 * 24 * 3_600_000_000);
    let full = FullRow {
        partition: Bytes::from_static(b"restored"),
        row: RawRow {
            sort: Bytes::new(),
            value: Bytes::from_static(b"old"),
            revision: far,
            expires_at_s: None,
        },
    };
    engine.load(Serials::ID, vec![full]).await.unwrap();
    let write = RawConditional {
        table: Serials::ID,
        partition: Bytes::from_static(b"restored"),
        stamp: Stamp(BEGIN),
        conditions: vec![(Bytes::new(), Condition::Revision(far))],
        ops: vec![put_in(Serials::ID, "restored", "", "new")],
    };
    let outcome = engine.write_if(write).await.unwrap();
    let (value, revision) = serial(engine, "restored", "").await.unwrap();
    assert_eq!(outcome, RawOutcome::Applied(revision));
    assert!(value == b"new" && revision > far);
}

async fn modes_are_kept_apart(engine: &Cql) {
    let plain = put_in(Serials::ID, "p", "s", "x");
    let answer = engine.write(batch(BEGIN, vec![plain])).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    let unknown = engine
        .write(batch(BEGIN, vec![put_in(9, "p", "s", "x")]))
        .await;
    assert!(
        matches!(unknown, Err(StoreError::Refused(_))),
        "{unknown:?}"
    );
    let conditional = RawConditional {
        table: Plains::ID,
        partition: Bytes::from_static(b"p"),
        stamp: Stamp(BEGIN),
        conditions: Vec::new(),
        ops: vec![put("p", "s", "x")],
    };
    let answer = engine.write_if(conditional).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
}

async fn stamps_from_far_ahead_are_remembered(engine: &Cql) {
    let far = BEGIN + 20 * 365 * 24 * 3_600_000_000;
    engine
        .write(batch(far, vec![put("far", "s", "x")]))
        .await
        .unwrap();
    assert!(engine.last_stamp().await.unwrap() >= Stamp(far));
}

/// The engine's nodes share this machine's clock. An answer that was long under way tells the time
/// badly, and one that takes a second is not waited for, so a busy cluster is asked several times.
async fn clocks_of_the_engine_are_told(keyspaces: &Keyspaces) {
    let clock = std::sync::Arc::new(SystemClock);
    let engine = Cql::open(keyspaces.options(clock)).await.unwrap();
    let (end, mut rounds) = (Instant::now() + CLOCK_PATIENCE, Vec::new());
    while rounds.len() < CLOCK_ROUNDS && Instant::now() < end {
        match engine.clock_offsets_us().await {
            Ok(offsets) => rounds.push(offsets),
            Err(StoreError::Unavailable(_)) => sleep(CLOCK_PAUSE).await,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(rounds.iter().all(|offsets| !offsets.is_empty()));
    let worst = |offsets: &Vec<i64>| offsets.iter().map(|offset| offset.abs()).max();
    let best = rounds.iter().filter_map(worst).min();
    assert!(best.is_some_and(|us| us < 500_000), "{rounds:?}");
}

struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now_us(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.unwrap().as_micros() as u64
    }

    fn monotonic_us(&self) -> u64 {
        self.now_us()
    }
}

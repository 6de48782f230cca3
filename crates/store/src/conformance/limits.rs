use super::bench::{Bench, again};
use super::{Harness, Other, Plains, RawKey, RawValue, Serials};
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_OPS_MAX, KEY_BYTES_MAX, PARTITION_BYTES_MAX, PARTITION_OPS_MAX,
    ROW_OVERHEAD_BYTES, VALUE_BYTES_MAX,
};
use crate::table::Table;
use crate::{Outcome, Store, StoreError};

/// Rows as (partition, sort key, bytes of the value).
type Rows = Vec<(RawKey, RawKey, usize)>;

async fn commit(store: &Store, rows: &Rows) -> Result<(), StoreError> {
    let mut batch = store.batch();
    for (partition, sort, size) in rows {
        batch.put::<Plains>(partition, sort, &RawValue(vec![7; *size]));
    }
    loop {
        match batch.commit().await {
            Ok(_) => return Ok(()),
            Err(StoreError::Timeout { .. } | StoreError::Unavailable(_)) => {}
            Err(error) => return Err(error),
        }
    }
}

/// `within` is taken and stored whole; `beyond` is refused and leaves nothing.
async fn check(harness: &dyn Harness, within: Rows, beyond: Rows) {
    let bench = Bench::open(harness).await;
    let store = bench.store();
    let answer = commit(&store, &beyond).await;
    assert!(
        matches!(answer, Err(StoreError::TooLarge { .. })),
        "{answer:?}"
    );
    assert!(bench.table(Plains::ID, 100).await.is_empty());
    commit(&store, &within).await.expect("within the limit");
    let stored = bench.table(Plains::ID, 1_000).await;
    assert_eq!(stored.len(), within.len());
    let bytes = |sizes: usize, size: &usize| sizes + size;
    assert_eq!(
        stored
            .iter()
            .map(|full| full.row.value.len())
            .sum::<usize>(),
        within.iter().map(|(_, _, size)| size).fold(0, bytes)
    );
}

fn number(number: usize) -> RawKey {
    RawKey((number as u32).to_be_bytes().to_vec())
}

/// So many rows in one partition or each in its own, with values of one size.
fn rows(count: usize, one_partition: bool, size: usize) -> Rows {
    let partition = |row| {
        if one_partition {
            number(0)
        } else {
            number(row)
        }
    };
    (0..count)
        .map(|row| (partition(row), number(row), size))
        .collect()
}

pub async fn values(harness: &dyn Harness) {
    let row = |size| rows(1, true, size);
    check(harness, row(VALUE_BYTES_MAX), row(VALUE_BYTES_MAX + 1)).await;
}

pub async fn keys(harness: &dyn Harness) {
    let row = |partition: usize, sort: usize| {
        vec![(RawKey(vec![1; partition]), RawKey(vec![2; sort]), 1)]
    };
    let within = row(KEY_BYTES_MAX, KEY_BYTES_MAX);
    check(harness, within.clone(), row(KEY_BYTES_MAX + 1, 1)).await;
    check(harness, within, row(1, KEY_BYTES_MAX + 1)).await;
}

pub async fn operations_in_one_partition(harness: &dyn Harness) {
    let of = |count| rows(count, true, 1);
    check(harness, of(PARTITION_OPS_MAX), of(PARTITION_OPS_MAX + 1)).await;
}

pub async fn bytes_in_one_partition(harness: &dyn Harness) {
    exactly(harness, true, PARTITION_BYTES_MAX, 64).await;
}

pub async fn operations_across_partitions(harness: &dyn Harness) {
    let of = |count| rows(count, false, 1);
    check(harness, of(BATCH_OPS_MAX), of(BATCH_OPS_MAX + 1)).await;
}

pub async fn bytes_across_partitions(harness: &dyn Harness) {
    exactly(harness, false, BATCH_BYTES_MAX, 16).await;
}

/// A batch of exactly `bytes_max`, and one with a byte more.
async fn exactly(harness: &dyn Harness, one_partition: bool, bytes_max: usize, count: usize) {
    let fixed = 8 + ROW_OVERHEAD_BYTES;
    let within = rows(count, one_partition, bytes_max / count - fixed);
    let mut beyond = within.clone();
    beyond[0].2 += 1;
    check(harness, within, beyond).await;
}

pub async fn conditional_writes(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let store = bench.store();
    let (partition, sort) = (RawKey::from("p"), RawKey::from("s"));
    let write = |size: usize| {
        let value = RawValue(vec![7; size]);
        let write = store
            .write_if::<Serials>(&partition)
            .absent(&sort)
            .put(&sort, &value);
        write.commit()
    };
    let answer = write(VALUE_BYTES_MAX + 1).await;
    assert!(
        matches!(answer, Err(StoreError::TooLarge { .. })),
        "{answer:?}"
    );
    let first = again(|| write(VALUE_BYTES_MAX)).await;
    assert!(matches!(first, Outcome::Applied(_) | Outcome::Conflict(_)));
    let row = bench.serial("p", "s").await.expect("was applied");
    assert_eq!(row.value.len(), VALUE_BYTES_MAX);
}

pub async fn two_operations_on_one_row_are_refused(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let store = bench.store();
    let (partition, sort) = (RawKey::from("p"), RawKey::from("s"));
    for delete_second in [true, false] {
        let mut batch = store.batch();
        batch.put::<Plains>(&partition, &sort, &RawValue::from("one"));
        batch.put::<Other>(&partition, &sort, &RawValue::from("another table"));
        if delete_second {
            batch.delete::<Plains>(&partition, &sort);
        } else {
            batch.put::<Plains>(&partition, &sort, &RawValue::from("two"));
        }
        let answer = batch.commit().await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    }
    let twice = store
        .write_if::<Serials>(&partition)
        .put(&sort, &RawValue::from("one"))
        .delete(&sort);
    let answer = twice.commit().await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    for table in [Plains::ID, Other::ID, Serials::ID] {
        assert!(bench.table(table, 10).await.is_empty());
    }
}

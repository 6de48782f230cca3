//! The typed words of a scan.

use petrel_store::{Plain, Row, Store, Table, sim};

struct Lists;

impl Table for Lists {
    const ID: u16 = 60_000;
    const NAME: &'static str = "lists";
    type Partition = u64;
    type Sort = (u64, u64);
    type Value = u64;
    type Mode = Plain;
    const BOUND: &'static str = "cap: a test's";
}

async fn filled() -> Store {
    let (store, _) = sim::store(1);
    let mut batch = store.batch();
    for kind in [1, 255, 256, u64::MAX] {
        for id in [0, 1, u64::MAX] {
            batch.put::<Lists>(&1, &(kind, id), &kind);
        }
    }
    batch.commit().await.unwrap();
    drop(batch);
    store
}

fn sorts(rows: Vec<Row<Lists>>) -> Vec<(u64, u64)> {
    rows.into_iter().map(|row| row.sort).collect()
}

const MAX: u64 = u64::MAX;

#[tokio::test]
async fn a_prefix_takes_all_and_only_what_begins_with_it() {
    let store = filled().await;
    for kind in [1, 255, 256, MAX] {
        let rows = store.scan::<Lists>(&1).prefix(&kind).await.unwrap();
        assert_eq!(sorts(rows), [(kind, 0), (kind, 1), (kind, MAX)]);
    }
    let rows = store.scan::<Lists>(&1).prefix(&2_u64).await.unwrap();
    assert!(rows.is_empty());
    let rows = store
        .scan::<Lists>(&1)
        .prefix(&())
        .limit(100)
        .await
        .unwrap();
    assert_eq!(rows.len(), 12);
}

#[tokio::test]
async fn bounds_are_at_or_after_and_before() {
    let store = filled().await;
    let scan = || store.scan::<Lists>(&1);
    let rows = scan().from(&(255, 1)).before(&(256, 1)).await.unwrap();
    assert_eq!(sorts(rows), [(255, 1), (255, MAX), (256, 0)]);
    let rows = scan().after(&(255, 1)).before(&(256, 1)).await.unwrap();
    assert_eq!(sorts(rows), [(255, MAX), (256, 0)]);
    let rows = scan()
        .before(&(256, 1))
        .descending()
        .limit(2)
        .await
        .unwrap();
    assert_eq!(sorts(rows), [(256, 0), (255, MAX)]);
    let rows = scan().after(&(MAX, MAX)).await.unwrap();
    assert!(rows.is_empty());
}

#[tokio::test]
async fn whole_tables_are_read_typed() {
    let store = filled().await;
    let (rows, token) = store.scan_table::<Lists>(None, 100).await.unwrap();
    assert!(token.is_none() && rows.len() == 12);
    assert!(
        rows.iter()
            .all(|(partition, row)| *partition == 1 && row.value == row.sort.0)
    );
}

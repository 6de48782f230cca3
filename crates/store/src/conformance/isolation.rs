use futures_util::future::{join, join_all};

use super::bench::{put, scan_of};
use super::{Bench, Harness, Plains};
use crate::table::Table;

/// While one task rewrites all rows of a partition, no scan sees two rounds at once.
pub async fn a_partition_is_never_seen_half_written(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let round = |round: usize| {
        let ops = (0..20).map(|sort| put("p", &format!("{sort:02}"), &format!("{round}")));
        bench.write(ops.chain([put("q", "s", "elsewhere")]).collect())
    };
    round(0).await;
    let writer = async {
        for number in 1..40 {
            round(number).await;
        }
    };
    let reader = async {
        for _ in 0..80 {
            let rows = bench.scan(scan_of("p")).await;
            assert_eq!(rows.len(), 20);
            assert!(
                rows.iter()
                    .all(|row| row.value == rows[0].value && row.revision == rows[0].revision),
                "a scan saw half of a batch"
            );
        }
    };
    join(writer, reader).await;
}

pub async fn concurrent_batches_all_land(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let writer = |task: usize| {
        let bench = &bench;
        async move {
            for step in 0..15 {
                let sort = format!("{task} {step}");
                bench
                    .write(vec![put("shared", &sort, "x"), put(&sort, "own", "x")])
                    .await;
            }
        }
    };
    join_all((0..16).map(writer)).await;
    assert_eq!(bench.texts("shared").await.len(), 16 * 15);
    let rows = bench.table(Plains::ID, 100).await;
    assert_eq!(rows.len(), 2 * 16 * 15);
    for full in rows.iter().filter(|full| full.partition == "shared") {
        let twin = rows.iter().find(|twin| twin.partition == full.row.sort);
        let twin = twin.expect("all of a batch or nothing");
        assert_eq!(twin.row.revision, full.row.revision);
    }
}

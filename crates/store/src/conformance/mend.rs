use super::bench::{bytes, delete, key, put, put_until, text};
use super::{Bench, Harness};
use crate::Stamp;
use crate::engine::{RawMend, RowKey};

fn putting(
    premises: Vec<(RowKey, Option<Stamp>)>,
    sort: &str,
    value: &str,
    fact: Stamp,
) -> RawMend {
    RawMend {
        premises,
        puts: vec![(key("list", sort), bytes(value), None, fact)],
        deletes: Vec::new(),
    }
}

pub async fn it_puts_rows_with_the_revision_of_their_fact(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let fact = bench.write(vec![put("facts", "1", "on")]).await;
    bench.write(vec![put("p", "later", "something else")]).await;
    let premises = vec![(key("facts", "1"), Some(fact)), (key("list", "1"), None)];
    let mut mend = putting(premises, "1", "index", fact);
    let at_s = bench.now_s() + 5;
    mend.puts
        .push((key("list", "2"), bytes("timed"), Some(at_s), fact));
    assert!(bench.mend(mend.clone()).await);
    let row = bench.get("list", "1").await.expect("was mended");
    assert_eq!((row.revision, text(row)), (fact, "index".to_owned()));
    let timed = bench.get("list", "2").await.expect("was mended");
    assert_eq!((timed.revision, timed.expires_at_s), (fact, Some(at_s)));
    // The repaired row is overwritten and deleted like any other.
    bench
        .write(vec![put("list", "1", "later"), delete("list", "2")])
        .await;
    assert_eq!(bench.texts("list").await, ["later"]);
}

pub async fn a_changed_premise_means_nothing_happens(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let fact = bench
        .write(vec![put("facts", "1", "on"), put("facts", "2", "on")])
        .await;
    let newer = bench.write(vec![put("facts", "2", "off")]).await;
    let at_s = bench.now_s() + 5;
    let timed = bench
        .write(vec![put_until("facts", "timed", "on", at_s)])
        .await;
    bench.wall.advance_ms(6_000);
    let holding = (key("facts", "1"), Some(fact));
    let broken = [
        (key("facts", "2"), Some(fact)),
        (key("facts", "2"), Some(Stamp(newer.0 + 1))),
        (key("facts", "2"), None),
        (key("facts", "missing"), Some(fact)),
        (key("facts", "timed"), Some(timed)),
    ];
    for premise in broken {
        for premises in [
            vec![premise.clone(), holding.clone()],
            vec![holding.clone(), premise.clone()],
        ] {
            let mut mend = putting(premises, "1", "index", fact);
            mend.deletes.push((key("facts", "1"), fact));
            assert!(!bench.mend(mend).await, "{premise:?}");
            assert_eq!(bench.get("list", "1").await, None);
            assert_eq!(bench.text("facts", "1").await.as_deref(), Some("on"));
        }
    }
    let premises = vec![
        holding,
        (key("facts", "2"), Some(newer)),
        (key("facts", "timed"), None),
    ];
    assert!(bench.mend(putting(premises, "1", "index", fact)).await);
}

pub async fn a_put_loses_to_a_newer_row(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let fact = bench.write(vec![put("facts", "1", "on")]).await;
    let newer = bench.write(vec![put("list", "1", "newer")]).await;
    let premise = vec![(key("facts", "1"), Some(fact))];
    bench
        .mend(putting(premise.clone(), "1", "older", fact))
        .await;
    let row = bench.get("list", "1").await.expect("was written");
    assert_eq!((row.revision, text(row)), (newer, "newer".to_owned()));
    // Against an older row it wins.
    let old = bench.write(vec![put("list", "2", "old")]).await;
    let fact = bench.write(vec![put("facts", "1", "on again")]).await;
    assert!(fact > old);
    let premise = vec![(key("facts", "1"), Some(fact))];
    assert!(bench.mend(putting(premise, "2", "mended", fact)).await);
    assert_eq!(bench.text("list", "2").await.as_deref(), Some("mended"));
}

pub async fn an_orphan_is_deleted_at_its_own_revision(harness: &dyn Harness) {
    let bench = Bench::open(harness).await;
    let own = bench
        .write(vec![put("list", "1", "orphan"), put("list", "2", "orphan")])
        .await;
    let newer = bench
        .write(vec![put("list", "2", "no orphan any more")])
        .await;
    let mend = RawMend {
        premises: vec![(key("facts", "1"), None)],
        puts: Vec::new(),
        deletes: vec![
            (key("list", "1"), own),
            (key("list", "2"), own),
            (key("list", "3"), own),
        ],
    };
    assert!(bench.mend(mend.clone()).await);
    assert_eq!(bench.get("list", "1").await, None);
    assert_eq!(
        bench.get("list", "2").await.map(|row| row.revision),
        Some(newer)
    );
    // What comes later is not held down by it, and a second run changes nothing.
    bench.write(vec![put("list", "1", "again")]).await;
    bench.mend(mend).await;
    assert_eq!(bench.text("list", "1").await.as_deref(), Some("again"));
}

//! The hostile engine is hostile: what the contract allows does happen, and no more.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{FutureExt, join, poll_immediate};
use petrel_model::clock::ManualClock;
use petrel_store::conformance::{Plains, TABLES};
use petrel_store::engine::{Engine, Op, RawBatch, RowKey};
use petrel_store::sim::{BEGIN_MS, Hostility, LATE_BOUND_S, SimEngine};
use petrel_store::{Mode, Stamp, StoreError, Table};

const IN_DOUBT: Hostility = Hostility {
    in_doubt: 1_000,
    torn: true,
    ..Hostility::CALM
};

fn engine(seed: u64, hostility: Hostility) -> (Arc<SimEngine>, Arc<ManualClock>) {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    (SimEngine::new(wall.clone(), seed, hostility), wall)
}

fn key(partition: u64) -> RowKey {
    RowKey {
        table: Plains::ID,
        partition: Bytes::copy_from_slice(&partition.to_be_bytes()),
        sort: Bytes::new(),
    }
}

fn put(partition: u64, value: &'static str) -> Op {
    Op::Put {
        key: key(partition),
        value: Bytes::from_static(value.as_bytes()),
        expires_at_s: None,
    }
}

fn batch(stamp: u64, ops: Vec<Op>) -> RawBatch {
    RawBatch {
        stamp: Stamp(stamp),
        retry: false,
        ops,
    }
}

/// How many of the partitions have a row.
async fn seen(engine: &SimEngine, partitions: std::ops::Range<u64>) -> usize {
    let keys: Vec<RowKey> = partitions.map(key).collect();
    let rows = engine.get_many(Mode::Plain, &keys).await.unwrap();
    rows.into_iter().flatten().count()
}

#[tokio::test]
async fn a_batch_in_doubt_lands_whole_now_or_later_or_never_and_may_be_seen_torn() {
    let mut fates = BTreeSet::new();
    for seed in 0..100 {
        let (engine, wall) = engine(seed, IN_DOUBT);
        let answer = engine
            .write(batch(1, (0..4).map(|p| put(p, "v")).collect()))
            .await;
        assert!(matches!(
            answer,
            Err(StoreError::Timeout {
                outcome_unknown: true
            })
        ));
        let at_once = seen(&engine, 0..4).await;
        wall.advance_ms(LATE_BOUND_S * 1_000);
        let by_the_bound = seen(&engine, 0..4).await;
        assert!(
            by_the_bound == 4 || by_the_bound == 0,
            "seed {seed}: torn for ever"
        );
        assert!(by_the_bound >= at_once, "seed {seed}");
        assert_eq!(engine.in_flight(), 0);
        wall.advance_ms(LATE_BOUND_S * 1_000);
        assert_eq!(
            seen(&engine, 0..4).await,
            by_the_bound,
            "seed {seed}: after the bound"
        );
        fates.insert(match (at_once, by_the_bound) {
            (4, 4) => "landed",
            (0, 4) => "late",
            (0, 0) => "never",
            _ => "torn, then whole",
        });
    }
    assert_eq!(fates.len(), 4, "{fates:?}");
}

#[tokio::test]
async fn a_batch_across_partitions_is_seen_torn_while_it_lands() {
    let torn = |hostility: Hostility| async move {
        let mut torn = 0;
        for seed in 0..30 {
            let (engine, _) = engine(seed, hostility.clone());
            let write = engine.write(batch(1, (0..6).map(|p| put(p, "v")).collect()));
            let read = async {
                let mut torn = 0;
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                    let snapshot = engine.snapshot().await.unwrap();
                    let page = snapshot.scan_table(Plains::ID, None, 100).await.unwrap();
                    torn += usize::from((1..6).contains(&page.0.len()));
                }
                torn
            };
            torn += join(write, read).await.1;
        }
        torn
    };
    assert_eq!(torn(Hostility::CALM).await, 0);
    let slow = Hostility {
        shuffled: false,
        ..Hostility::SLOW
    };
    assert!(torn(slow).await > 20);
}

#[tokio::test]
async fn an_abandoned_write_and_a_crash_leave_no_batch_torn_for_ever() {
    let (mut whole, mut none) = (0, 0);
    for seed in 0..60 {
        let (engine, wall) = engine(seed, Hostility::SLOW);
        engine
            .write(batch(1, vec![put(9, "acknowledged")]))
            .await
            .unwrap();
        let write = engine.write(batch(2, (0..4).map(|p| put(p, "v")).collect()));
        let mut write = Box::pin(write.fuse());
        for _ in 0..seed % 8 {
            let _ = poll_immediate(&mut write).await;
        }
        if seed % 2 == 0 {
            engine.crash();
            let _ = poll_immediate(&mut write).await;
        }
        drop(write);
        wall.advance_ms(LATE_BOUND_S * 1_000);
        match seen(&engine, 0..4).await {
            0 => none += 1,
            4 => whole += 1,
            rows => panic!("seed {seed}: {rows} rows of 4"),
        }
        assert_eq!(seen(&engine, 9..10).await, 1, "seed {seed}");
    }
    assert!(whole > 5 && none > 5, "{whole} {none}");
}

#[tokio::test]
async fn shadows_hold_until_the_late_bound_and_no_longer() {
    let (engine, wall) = engine(1, Hostility::CALM);
    engine
        .write(batch(9, vec![Op::Delete { key: key(0) }]))
        .await
        .unwrap();
    wall.advance_ms(LATE_BOUND_S * 1_000 - 1_000);
    engine
        .write(batch(8, vec![put(0, "earlier stamp")]))
        .await
        .unwrap();
    assert_eq!(seen(&engine, 0..1).await, 0);
    wall.advance_ms(1_000);
    engine
        .write(batch(7, vec![put(0, "earlier stamp")]))
        .await
        .unwrap();
    assert_eq!(seen(&engine, 0..1).await, 1);
}

#[tokio::test]
async fn whole_tables_come_shuffled_and_in_short_pages() {
    let (engine, _) = engine(1, Hostility::SLOW);
    for partition in 0..20 {
        engine
            .write(batch(1 + partition, vec![put(partition, "v")]))
            .await
            .unwrap();
    }
    let mut orders = BTreeSet::new();
    let mut short = 0;
    for _ in 0..5 {
        let (mut order, mut token) = (Vec::new(), None);
        loop {
            let page = engine.scan_table(Plains::ID, token, 8).await.unwrap();
            short += usize::from(page.0.len() < 8 && page.1.is_some());
            order.extend(page.0.into_iter().map(|full| full.partition));
            token = page.1;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 20);
        orders.insert(order);
    }
    assert!(orders.len() == 5 && short > 0);
}

#[tokio::test]
async fn a_seed_gives_the_same_again() {
    let history = |seed: u64| async move {
        let (engine, _) = engine(seed, Hostility::HOSTILE);
        let mut answers = Vec::new();
        for step in 0..300 {
            let answer = engine
                .write(batch(step, vec![put(step % 9, "v"), put(9, "v")]))
                .await;
            answers.push(format!("{answer:?} {}", engine.in_flight()));
        }
        answers
    };
    assert_eq!(history(5).await, history(5).await);
    assert_ne!(history(5).await, history(6).await);
}

#[tokio::test]
async fn a_table_is_plain_or_conditional_for_life() {
    let (engine, _) = engine(1, Hostility::CALM);
    engine.get(Mode::Cas, &key(1)).await.unwrap();
    let answer = engine.write(batch(1, vec![put(1, "v")])).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))));
    let modes: BTreeSet<u16> = TABLES.iter().map(|spec| spec.id).collect();
    assert_eq!(modes.len(), TABLES.len());
}

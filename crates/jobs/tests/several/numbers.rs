//! Node numbers: never shared, unlike in their low bits, and resting after their last holder.

use std::collections::HashMap;
use std::time::Duration;

use petrel_jobs::leases::{LeaseRow, Leases, NODES_BELOW, NodeLease, NodeLeaseError, REST_MS};
use petrel_model::clock::{Clock, HybridClock};
use petrel_store::sim::{BEGIN_MS, Hostility, SimEngine};
use petrel_store::{Stamp, Store};

use crate::support::{Dice, Watch, pass, store};

/// A start of a node, with the clock of its real store.
struct Started {
    lease: NodeLease,
    clock: HybridClock,
}

async fn start(provisional: &Store, dice: &Dice) -> Started {
    let taken = NodeLease::take(provisional, dice.entropy(), "127.0.0.1:1").await;
    let lease = taken.unwrap();
    let wall = provisional.clock().wall().clone();
    let clock = HybridClock::new(wall, lease.node(), lease.above());
    Started { lease, clock }
}

#[tokio::test(start_paused = true)]
async fn numbers_are_unlike_in_their_low_bits_and_rest() {
    for seed in 0..3 {
        let hostility = Hostility {
            turns_max: 0,
            ..Hostility::HOSTILE
        };
        let truth = Watch::truth();
        let engine = SimEngine::new(truth.clone(), seed, hostility);
        let dice = Dice::new(seed);
        let watches = [(0, 0), (8_000, 900), (-8_000, -900)];
        let stores: Vec<Store> = watches
            .map(|(ppm, ahead_ms)| store(&engine, 0, truth.apart(ppm, ahead_ms)))
            .into();
        let mut live: Vec<(usize, Started)> = Vec::new();
        // When each number was last used, by true time.
        let mut last_used: HashMap<u16, u64> = HashMap::new();
        let mut greatest_by_class = HashMap::new();
        let mut tokens = HashMap::new();
        for _ in 0..700 {
            pass(Duration::from_millis(dice.below(2_000))).await;
            let now_ms = truth.now_ms() - BEGIN_MS;
            if live.len() < 30 {
                let place = dice.below(stores.len() as u64) as usize;
                let started = start(&stores[place], &dice).await;
                let number = started.lease.number();
                assert!(number < NODES_BELOW);
                let twin = |(_, other): &&(usize, Started)| {
                    other.lease.stands() && other.lease.number() % 64 == number % 64
                };
                assert!(live.iter().find(twin).is_none(), "seed {seed}: {number}");
                if let Some(last_ms) = last_used.get(&number) {
                    // The wall clocks are up to 1.8 s apart.
                    let rested_ms = truth.now_ms() - BEGIN_MS - last_ms;
                    assert!(
                        rested_ms + 1_800 >= REST_MS,
                        "{number} rested {rested_ms} ms"
                    );
                }
                let stamp = started.clock.next_stamp(Stamp::MIN);
                let last = greatest_by_class.insert(number % 64, stamp);
                assert!(last.is_none_or(|last| last < stamp), "seed {seed}");
                let lease = (number, started.lease.token());
                assert!(tokens.insert(lease, ()).is_none(), "a token twice");
                live.push((place, started));
            }
            let mut going = Vec::new();
            for (place, mut started) in live {
                let renewed = started.lease.renew(&started.clock, true).await;
                if started.lease.stands() {
                    last_used.insert(started.lease.number(), now_ms);
                    let stamp = started.clock.next_stamp(Stamp::MIN);
                    let class = started.lease.number() % 64;
                    let last = greatest_by_class.insert(class, stamp);
                    assert!(last.is_none_or(|last| last < stamp), "seed {seed}");
                }
                match dice.below(40) {
                    0 => {} // It died.
                    1 => {
                        let _ = started.lease.release(&started.clock).await;
                    }
                    _ if renewed.is_err() || started.lease.stands() => {
                        going.push((place, started));
                    }
                    _ => {}
                }
            }
            live = going;
        }
        assert!(tokens.len() > 300, "{} starts", tokens.len());
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_writes_promises_no_stamps() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 1);
    let dice = Dice::new(2);
    // A wall clock an hour ahead.
    let ahead = store(&engine, 0, truth.apart(0, 3_600_000));
    let mut started = start(&ahead, &dice).await;
    started.lease.renew(&started.clock, false).await.unwrap();
    let row = |store: &Store, number: u16| {
        let (store, name) = (store.clone(), format!("node/{}", number % 64));
        async move {
            let row = store.get::<Leases>(&name, &()).await;
            row.unwrap().unwrap().value
        }
    };
    let number = started.lease.number();
    assert_eq!(row(&ahead, number).await.high_water.0, 0);
    assert_eq!(started.lease.promised(), Stamp::MIN);
    started.lease.renew(&started.clock, true).await.unwrap();
    assert!(row(&ahead, number).await.high_water.0 > ahead.clock().wall().now_us());
    let promised = started.lease.promised();
    assert_eq!(promised, row(&ahead, number).await.high_water);
    started.clock.next_stamp(Stamp::MIN);
    // Who comes next is not dragged along by an hour: it takes another class.
    started.lease.release(&started.clock).await.unwrap();
    let other = store(&engine, 0, truth.clone());
    for _ in 0..63 {
        let started = start(&other, &dice).await;
        assert_ne!(started.lease.number() % 64, number % 64);
        assert!(started.lease.above().0 <= truth.now_us());
    }
}

/// Takes all classes but one for good.
async fn occupy_all_but(store: &Store, free: u16) {
    for class in (0..64).filter(|class| *class != free) {
        let row = LeaseRow {
            nonce: 1,
            token: 1,
            duration_ms: u64::MAX,
            high_water: Stamp::MIN,
            holder: "for ever".to_owned(),
            released: false,
            numbers: None,
            number: Some(class),
        };
        let write = store.write_if::<Leases>(&format!("node/{class}"));
        write.absent(&()).put(&(), &row).commit().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_rests_although_no_other_is_free() {
    let watch = Watch::truth();
    let engine = SimEngine::calm(watch.clone(), 1);
    let dice = Dice::new(3);
    let provisional = store(&engine, 0, watch.clone());
    occupy_all_but(&provisional, 60).await;
    let mut used = Vec::new();
    for _ in 0..15 {
        let mut started = start(&provisional, &dice).await;
        started.lease.renew(&started.clock, true).await.unwrap();
        started.clock.next_stamp(Stamp::MIN);
        used.push(started.lease.number());
        started.lease.release(&started.clock).await.unwrap();
        pass(Duration::from_secs(1)).await;
    }
    let all: Vec<u16> = (60..NODES_BELOW).step_by(64).collect();
    used.sort_unstable();
    assert_eq!(used, all);
    let taken = NodeLease::take(&provisional, dice.entropy(), "x").await;
    let taken = taken.map(|lease| (lease.number(), lease.token()));
    assert!(
        matches!(taken, Err(NodeLeaseError::NoneFree(_))),
        "{taken:?}"
    );
    // Fifteen seconds and most of a minute are over.
    pass(Duration::from_millis(REST_MS - 65_000)).await;
    let taken = NodeLease::take(&provisional, dice.entropy(), "x").await;
    assert_eq!(taken.unwrap().number(), 60, "the one that rested longest");
}

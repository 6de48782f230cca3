//! No lease is ever held by two, as an oracle outside of all nodes sees it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use petrel_jobs::leases::{Lease, Leases, Observer, Renewed, Term};
use petrel_store::Store;
use petrel_store::sim::{Hostility, SimEngine};

use crate::support::{Dice, Process, Watch, pass, poll, store, wait_us};

const NAME: &str = "queue/0";
const DURATION: Duration = Duration::from_secs(12);
const STEPS: u64 = 4_000;
const SEEDS: u64 = 25;

/// The terms that each node was ever given.
type Terms = Rc<RefCell<Vec<Arc<Term>>>>;

/// Takes the lease when it can, keeps it for a while, and gives it back or forgets it.
async fn work(store: Store, dice: Dice, holder: String, terms: Terms) {
    let observer = Observer::default();
    let clock = store.clock().wall().clone();
    loop {
        let entropy = dice.entropy();
        let taken = Lease::take(&store, entropy, &observer, NAME, &holder, DURATION).await;
        let Ok(Some(mut lease)) = taken else {
            wait_us(clock.as_ref(), dice.below(2_000_000)).await;
            continue;
        };
        terms.borrow_mut().push(lease.term().clone());
        for _ in 0..dice.below(20) {
            wait_us(clock.as_ref(), dice.below(4_000_000)).await;
            if let Ok(Renewed::Lost) = lease.renew(&store).await {
                break;
            }
        }
        match dice.below(3) {
            // As if it had died.
            0 => wait_us(clock.as_ref(), dice.below(40_000_000)).await,
            _ => {
                let _ = lease.release(&store).await;
            }
        }
    }
}

/// Which token stands with whom, if one does.
fn standing(seed: u64, nodes: &[Terms]) -> Option<u64> {
    let standing: Vec<(usize, u64)> = nodes
        .iter()
        .enumerate()
        .flat_map(|(node, terms)| {
            let terms = terms.borrow();
            let held: Vec<_> = terms.iter().filter(|term| term.stands()).cloned().collect();
            held.into_iter().map(move |term| (node, term.token()))
        })
        .collect();
    assert!(
        standing.len() <= 1,
        "seed {seed}: held by two: {standing:?}"
    );
    standing.first().map(|(_, token)| *token)
}

async fn run(seed: u64) -> (u64, usize) {
    let dice = Dice::new(seed);
    let hostility = Hostility {
        turns_max: 12,
        in_doubt: 250,
        ..Hostility::HOSTILE
    };
    let truth = Watch::truth();
    let engine = SimEngine::new(truth.clone(), seed, hostility);
    let mut nodes: Vec<Terms> = Vec::new();
    let mut processes: Vec<(Process, u64)> = Vec::new();
    for (number, faster_ppm) in [(1_u16, 10_000), (2, -10_000), (3, 0)] {
        let watch = truth.apart(faster_ppm, i64::from(number) * 400);
        let (terms, dice) = (Terms::default(), Dice::new(seed + u64::from(number)));
        let store = store(&engine, number, watch);
        processes.push((
            Box::pin(work(store, dice, number.to_string(), terms.clone())),
            0,
        ));
        nodes.push(terms);
    }
    let (mut last, mut stood) = (0, 0);
    for step in 0..STEPS {
        pass(Duration::from_millis(dice.below(120))).await;
        for (process, frozen_until) in &mut processes {
            if *frozen_until > step {
                continue;
            }
            if dice.below(400) == 0 {
                // About as long as a lease lasts, or much longer.
                *frozen_until = step + dice.below(600);
                continue;
            }
            poll(process);
            if let Some(token) = standing(seed, &nodes) {
                assert!(token >= last, "seed {seed}: {token} after {last}");
                (last, stood) = (token, stood + 1);
            }
        }
    }
    let taken = nodes.iter().map(|terms| terms.borrow().len()).sum();
    (stood, taken)
}

#[tokio::test(start_paused = true)]
async fn no_two_nodes_ever_hold_one_lease() {
    let (mut stood, mut taken) = (0, 0);
    for seed in 0..SEEDS {
        let run = run(seed).await;
        (stood, taken) = (stood + run.0, taken + run.1);
    }
    // The oracle saw something: the lease was held for a good part, and changed hands.
    assert!(stood > SEEDS * STEPS / 2, "it stood {stood} times");
    assert!(taken > SEEDS as usize * 5, "it was taken {taken} times");
}

#[tokio::test(start_paused = true)]
async fn a_frozen_holder_knows_it_before_another_takes_over() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 1);
    // The holder's clock is slow, the other's fast.
    let (slow, fast) = (truth.apart(-10_000, 0), truth.apart(10_000, 0));
    let (one, two) = (store(&engine, 1, slow), store(&engine, 2, fast));
    let dice = Dice::new(5);
    let (mine, others) = (Observer::default(), Observer::default());
    let take = |store: Store, observer| {
        let entropy = dice.entropy();
        async move { Lease::take(&store, entropy, observer, NAME, "x", DURATION).await }
    };
    let mut held = take(one.clone(), &mine).await.unwrap().unwrap();
    assert!(held.stands());
    let watched = one.clock().wall().monotonic_us();
    let mut taken = None;
    while taken.is_none() {
        assert!(take(two.clone(), &others).await.unwrap().is_none() || !held.stands());
        pass(Duration::from_millis(500)).await;
        taken = take(two.clone(), &others).await.unwrap();
    }
    let waited_us = one.clock().wall().monotonic_us() - watched;
    assert!(waited_us > 17_000_000, "taken after {waited_us} us");
    // The frozen one wakes up: it may not work, and its renewal says why.
    assert!(!held.stands());
    assert_eq!(held.renew(&one).await.unwrap(), Renewed::Lost);
    assert!(!held.stands());
    let taken = taken.unwrap();
    assert_eq!((held.token(), taken.token()), (1, 2));

    // Given back, it is free at once.
    taken.release(&two).await.unwrap();
    let again = take(one.clone(), &mine).await.unwrap().unwrap();
    assert_eq!(again.token(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_counts_from_when_it_was_sent() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 1);
    let store = store(&engine, 1, truth);
    let (dice, observer) = (Dice::new(5), Observer::default());
    let take = Lease::take(&store, dice.entropy(), &observer, NAME, "1", DURATION);
    let mut lease = take.await.unwrap().unwrap();
    let slow = Hostility {
        turns_max: 1_000,
        ..Hostility::CALM
    };
    engine.set_hostility(slow);
    let sent_us = store.clock().wall().monotonic_us();
    let (term, before_us) = (lease.term().clone(), lease.term().until_us());
    let mut process: Process = Box::pin(async move {
        lease.renew(&store).await.unwrap();
        std::future::pending().await
    });
    let mut polls = 0;
    while term.until_us() == before_us {
        pass(Duration::from_millis(5)).await;
        poll(&mut process);
        polls += 1;
    }
    assert!(polls > 100, "the answer came late: after {polls} turns");
    let works_us = DURATION.as_micros() as u64 / 3 * 2;
    // Sent at the first turn.
    assert_eq!(term.until_us(), sent_us + 5_000 + works_us);
}

#[tokio::test(start_paused = true)]
async fn what_landed_late_counts_from_the_first_that_may_have() {
    let begun = Watch::truth();
    let mut seeds = 0..100;
    let (engine, store, mut lease) = loop {
        // A renewal of which nobody knows, and which has not landed yet.
        let engine = SimEngine::calm(begun.clone(), seeds.next().unwrap());
        let store = store(&engine, 1, begun.clone());
        let (dice, observer) = (Dice::new(5), Observer::default());
        let take = Lease::take(&store, dice.entropy(), &observer, NAME, "1", DURATION);
        let mut lease = take.await.unwrap().unwrap();
        engine.set_hostility(Hostility {
            in_doubt: 1_000,
            ..Hostility::CALM
        });
        if lease.renew(&store).await.is_err() {
            break (engine, store, lease);
        }
    };
    engine.set_hostility(Hostility::CALM);
    let until_us = lease.term().until_us();
    pass(Duration::from_secs(5)).await;
    let name = NAME.to_owned();
    let row = store.get::<Leases>(&name, &()).await.unwrap().unwrap();
    let write = store.write_if::<Leases>(&name).present(&());
    write.put(&(), &row.value).commit().await.unwrap();
    assert_eq!(lease.renew(&store).await.unwrap(), Renewed::Stands);
    assert_eq!(lease.term().until_us(), until_us, "sent at the beginning");
    pass(Duration::from_secs(2)).await;
    assert_eq!(lease.renew(&store).await.unwrap(), Renewed::Stands);
    assert_eq!(lease.term().until_us(), until_us + 7_000_000);
}

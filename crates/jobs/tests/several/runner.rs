//! Queues and reconcilers of several nodes.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use petrel_jobs::leases::{LeaseRow, Leases};
use petrel_jobs::{
    Handler, Job, JobError, NewJob, Place, Queue, Reconciler, Status, enqueue, pending,
};
use petrel_model::clock::{HybridClock, Node, Stamp};
use petrel_model::event::Event;
use petrel_store::Store;
use petrel_store::sim::{Hostility, SimEngine};
use tokio::time::sleep;

use crate::support::house::{Bus, House, Work};
use crate::support::{Dice, Watch, pass};

/// How far the nodes' wall clocks are ahead, in milliseconds.
const APART: [i64; 3] = [0, 900, -900];
const SECOND: Duration = Duration::from_secs(1);
/// Almost as long as a runner that stops waits for its jobs; longer than others take to look.
const LONG: Duration = Duration::from_secs(7);

/// Who began and who ended which job, over all nodes.
#[derive(Default)]
struct Ledger {
    begun: Mutex<Vec<String>>,
    ended: Mutex<Vec<String>>,
}

struct Slow {
    ledger: Arc<Ledger>,
    takes: Duration,
}

#[async_trait]
impl Handler for Slow {
    fn kind(&self) -> &'static str {
        "slow"
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let name: String = String::from_utf8(job.payload.clone()).unwrap();
        self.ledger.begun.lock().push(name.clone());
        sleep(self.takes).await;
        self.ledger.ended.lock().push(name);
        Ok(())
    }
}

impl Ledger {
    fn work(self: &Arc<Ledger>, takes: Duration) -> Work {
        let handler = Slow {
            ledger: self.clone(),
            takes,
        };
        Work {
            handlers: vec![Arc::new(handler)],
            reconcilers: Vec::new(),
        }
    }

    fn done(&self) -> HashSet<String> {
        self.ended.lock().iter().cloned().collect()
    }
}

async fn add(store: &Store, name: &str) {
    let mut batch = store.batch();
    let queue = Queue::ALL[name.len() % 3];
    let payload = name.as_bytes().to_vec();
    let job = NewJob {
        queue,
        kind: "slow",
        payload,
        due_ms: None,
    };
    enqueue(&mut batch, store.clock(), job);
    batch.emit(Event::Nothing);
    while batch.commit().await.is_err() {
        sleep(SECOND).await;
    }
}

async fn lease(store: &Store, name: &str) -> Option<LeaseRow> {
    let row = store.get::<Leases>(&name.to_owned(), &()).await.unwrap();
    row.map(|row| row.value)
}

async fn three(
    engine: &Arc<SimEngine>,
    bus: &Bus,
    truth: &Watch,
    ahead_ms: [i64; 3],
    work: impl Fn() -> Work,
) -> Vec<House> {
    let mut houses = Vec::new();
    for (at, ahead_ms) in ahead_ms.into_iter().enumerate() {
        let watch = truth.apart(0, ahead_ms);
        houses.push(House::start(engine, bus, watch, &Dice::new(at as u64), work()).await);
    }
    houses
}

#[tokio::test(start_paused = true)]
async fn a_dead_holders_queue_is_taken_over_and_its_jobs_are_done() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 3);
    let bus = Bus::default();
    let ledger = Arc::new(Ledger::default());
    let mut houses = three(&engine, &bus, &truth, APART, || ledger.work(5 * SECOND)).await;
    sleep(60 * SECOND).await;
    let held = lease(&houses[0].store, "queue/0").await.unwrap();
    let is_holder = |house: &House| house.number().to_string() == held.holder;
    let holder = houses.iter().position(is_holder).unwrap();
    // Twice what is worked on at once, from two other nodes.
    for number in 0..32 {
        let other = (holder + 1 + number % 2) % 3;
        add(&houses[other].store, &format!("job{number:03}")).await;
    }
    sleep(SECOND).await;
    let begun = ledger.begun.lock().len();
    assert!(begun > 0);
    houses.remove(holder).die();
    assert!(ledger.done().len() < 32);
    sleep(90 * SECOND).await;
    assert_eq!(ledger.done().len(), 32);
    let now = lease(&houses[0].store, "queue/0").await.unwrap();
    assert!(now.token > held.token && now.holder != held.holder);
    assert_eq!(pending(&houses[0].store).await.unwrap(), 0);
    for house in houses {
        house.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_on_one_node_wakes_the_holder_on_another() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 3);
    let bus = Bus::default();
    let ledger = Arc::new(Ledger::default());
    let houses = three(&engine, &bus, &truth, [0; 3], || ledger.work(SECOND)).await;
    sleep(60 * SECOND).await;
    for number in 0..30 {
        let house = &houses[number % 3];
        add(&house.store, &format!("job{number}")).await;
        // Less than the second after which a holder looks anyway.
        sleep(Duration::from_millis(300)).await;
        assert_eq!(ledger.begun.lock().len(), number + 1);
        sleep(Duration::from_millis(number as u64 * 37)).await;
    }
    for house in houses {
        house.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_writes_leaves_its_queues_to_others() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 3);
    let bus = Bus::default();
    let ledger = Arc::new(Ledger::default());
    let houses = three(&engine, &bus, &truth, APART, || ledger.work(SECOND)).await;
    sleep(60 * SECOND).await;
    let held = lease(&houses[0].store, "queue/0").await.unwrap();
    let is_holder = |house: &House| house.number().to_string() == held.holder;
    let holder = houses.iter().position(is_holder).unwrap();
    let standing = houses[holder].store.peers().unwrap().standing().clone();
    standing.refuse("its clock is off");
    for number in 0..10 {
        let other = (holder + 1) % 3;
        add(&houses[other].store, &format!("job{number:03}")).await;
    }
    sleep(40 * SECOND).await;
    assert_eq!(ledger.done().len(), 10);
    let now = lease(&houses[0].store, "queue/0").await.unwrap();
    assert_ne!(now.holder, held.holder);
    assert_eq!(pending(&houses[(holder + 1) % 3].store).await.unwrap(), 0);
    standing.allow();
    sleep(120 * SECOND).await;
    for house in houses {
        house.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rolling_restart_hands_over_and_runs_nothing_twice() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 4);
    let bus = Bus::default();
    let ledger = Arc::new(Ledger::default());
    let mut houses = three(&engine, &bus, &truth, APART, || ledger.work(LONG)).await;
    let mut added = 0;
    for round in 0..4 {
        for _ in 0..20 {
            let house = &houses[added % houses.len()];
            add(&house.store, &format!("job{added:03}")).await;
            added += 1;
            sleep(SECOND).await;
        }
        // The oldest goes while it works, and another comes.
        houses.remove(0).stop().await;
        let held = lease(&houses[0].store, "queue/0").await.unwrap();
        assert!(
            held.released
                || houses
                    .iter()
                    .any(|house| house.number().to_string() == held.holder),
            "round {round}: a node that was stopped kept its lease"
        );
        let watch = truth.apart(0, 300);
        let dice = Dice::new(added as u64);
        houses.push(House::start(&engine, &bus, watch, &dice, ledger.work(LONG)).await);
    }
    sleep(40 * SECOND).await;
    assert_eq!(ledger.done().len(), added);
    assert_eq!(ledger.begun.lock().len(), added, "each was begun once");
    for house in houses {
        house.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_job_is_lost_on_a_hostile_engine_although_nodes_die() {
    for seed in 0..8 {
        let truth = Watch::truth();
        let engine = SimEngine::calm(truth.clone(), seed);
        let bus = Bus::default();
        let (ledger, dice) = (Arc::new(Ledger::default()), Dice::new(seed));
        let mut houses = three(&engine, &bus, &truth, APART, || ledger.work(SECOND)).await;
        engine.set_hostility(Hostility::HOSTILE);
        let (mut added, mut acknowledged) = (0, HashSet::new());
        for _ in 0..4 {
            for _ in 0..10 {
                let house = &houses[dice.below(houses.len() as u64) as usize];
                let name = format!("job{added:0wide$}", wide = 3 + added % 3);
                // Its node may lose its standing over this: then another one's turn.
                let adding = tokio::time::timeout(60 * SECOND, add(&house.store, &name));
                if adding.await.is_ok() {
                    acknowledged.insert(name.clone());
                }
                added += 1;
                sleep(Duration::from_millis(dice.below(4_000))).await;
            }
            let at = dice.below(houses.len() as u64) as usize;
            houses.remove(at).die();
            engine.set_hostility(Hostility::CALM);
            let watch = truth.apart(0, -300);
            houses.push(
                House::start(
                    &engine,
                    &bus,
                    watch,
                    &Dice::new(seed + added as u64),
                    ledger.work(SECOND),
                )
                .await,
            );
            engine.set_hostility(Hostility::HOSTILE);
        }
        // All die. What was in doubt lands by the late bound, and is swept after that.
        houses.into_iter().for_each(House::die);
        engine.set_hostility(Hostility::CALM);
        pass(3 * 3_600 * SECOND).await;
        let watch = truth.apart(0, -300);
        let last = House::start(&engine, &bus, watch, &Dice::new(99), ledger.work(SECOND)).await;
        sleep(180 * SECOND).await;
        let left = pending(&last.store).await.unwrap();
        assert_eq!(left, 0, "seed {seed}: jobs are left");
        assert!(acknowledged.len() * 10 >= added * 9, "seed {seed}");
        assert!(acknowledged.is_subset(&ledger.done()), "seed {seed}");
        last.stop().await;
    }
}

/// Notes who runs.
struct Round {
    place: Place,
    runs: Arc<AtomicU32>,
    at_once: Arc<AtomicU32>,
}

#[async_trait]
impl Reconciler for Round {
    fn name(&self) -> &'static str {
        match self.place {
            Place::EachNode => "each",
            Place::Once => "once",
        }
    }

    fn period(&self) -> Duration {
        10 * SECOND
    }

    fn place(&self) -> Place {
        self.place
    }

    async fn run(&self) -> Status {
        self.runs.fetch_add(1, Ordering::SeqCst);
        if self.at_once.fetch_add(1, Ordering::SeqCst) > 0 && self.place == Place::Once {
            panic!("two at once");
        }
        sleep(SECOND).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        Status::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_reconciler_runs_on_one_node_unless_it_is_about_each() {
    let truth = Watch::truth();
    let engine = SimEngine::calm(truth.clone(), 5);
    let bus = Bus::default();
    let counts: BTreeMap<bool, Arc<AtomicU32>> =
        [(true, Arc::default()), (false, Arc::default())].into();
    let at_once = Arc::new(AtomicU32::new(0));
    let work = || {
        let round = |place, once: bool| -> Arc<dyn Reconciler> {
            Arc::new(Round {
                place,
                runs: counts[&once].clone(),
                at_once: if once {
                    at_once.clone()
                } else {
                    Arc::default()
                },
            })
        };
        Work {
            handlers: Vec::new(),
            reconcilers: vec![round(Place::EachNode, false), round(Place::Once, true)],
        }
    };
    let houses = three(&engine, &bus, &truth, APART, work).await;
    let runs = |once: bool| counts[&once].load(Ordering::SeqCst);
    sleep(30 * SECOND).await;
    let (each, once) = (runs(false), runs(true));
    sleep(110 * SECOND).await;
    // Each period takes 11 s, with the run.
    assert_eq!(runs(true) - once, 10);
    assert_eq!(runs(false) - each, 30);
    for house in houses {
        house.stop().await;
    }
    let held = HybridClock::new(truth, Node::Single, Stamp::MIN);
    let store = Store::new(engine.clone(), Arc::new(held), 9, Vec::new());
    assert!(lease(&store, "reconciler/once").await.unwrap().released);
    assert!(lease(&store, "reconciler/each").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_machine_needs_no_lease() {
    let watch = Watch::truth();
    let engine = SimEngine::calm(watch.clone(), 6);
    let ledger = Arc::new(Ledger::default());
    let house = House::alone(&engine, watch, ledger.work(SECOND));
    add(&house.store, "job").await;
    sleep(5 * SECOND).await;
    assert_eq!(ledger.done().len(), 1);
    let (rows, _) = house.store.scan_table::<Leases>(None, 10).await.unwrap();
    assert!(rows.is_empty());
    house.stop().await;
}

use std::collections::BTreeSet;

use parking_lot::Mutex;
use petrel_model::clock::Clock;
use petrel_model::entropy::SeededEntropy;
use petrel_store::Stamp;
use petrel_store::sim::{self, BEGIN_MS, SimEngine};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;

const NAMES: [&str; 5] = [
    "queue/0",
    "queue/1",
    "queue/2",
    "reconciler/a",
    "reconciler/b",
];

/// The time of the paused runtime.
struct Paused(Instant);

impl Clock for Paused {
    fn now_us(&self) -> u64 {
        BEGIN_MS * 1_000 + self.monotonic_us()
    }

    fn monotonic_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

struct World {
    engine: Arc<SimEngine>,
    clock: Arc<Paused>,
    alive: Arc<Mutex<BTreeSet<u16>>>,
}

struct One {
    number: u16,
    posts: Vec<Arc<Post>>,
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl World {
    fn new() -> World {
        let clock = Arc::new(Paused(Instant::now()));
        World {
            engine: SimEngine::calm(clock.clone(), 1),
            clock,
            alive: Arc::default(),
        }
    }

    fn start(&self, number: u16) -> One {
        let clock = petrel_model::clock::HybridClock::new(
            self.clock.clone(),
            petrel_model::clock::Node::Member(number),
            Stamp::MIN,
        );
        let store = Store::new(self.engine.clone(), Arc::new(clock), 1, Vec::new());
        let posts: Vec<_> = NAMES
            .map(|name| Arc::new(Post::vacant(name.to_owned())))
            .into();
        let alive = self.alive.clone();
        alive.lock().insert(number);
        let others: Others = Arc::new(move || {
            let alive = alive.lock();
            alive
                .iter()
                .copied()
                .filter(|other| *other != number)
                .collect()
        });
        let entropy = Arc::new(SeededEntropy::new(number.into()));
        let shares = Shares::new(store, entropy, Arc::default(), posts.clone(), others);
        let (stop, stopped) = watch::channel(false);
        One {
            number,
            posts,
            task: tokio::spawn(shares.run_until(stopped)),
            stop,
        }
    }

    fn kill(&self, one: One) {
        one.task.abort();
        self.alive.lock().remove(&one.number);
    }
}

impl One {
    fn held(&self) -> usize {
        let held = self.posts.iter().filter(|post| post.work().is_some());
        held.count()
    }

    async fn stop(self) {
        let _ = self.stop.send(true);
        self.task.await.unwrap();
    }
}

fn held(nodes: &[One]) -> Vec<usize> {
    let mut held: Vec<_> = nodes.iter().map(One::held).collect();
    held.sort_unstable();
    held
}

async fn pass(s: u64) {
    sleep(Duration::from_secs(s)).await;
}

#[tokio::test(start_paused = true)]
async fn what_there_is_to_do_is_shared_out_and_taken_over() {
    let world = World::new();
    let mut nodes = vec![world.start(1)];
    pass(10).await;
    assert_eq!(held(&nodes), [5], "who is alone does all of it");
    nodes.push(world.start(2));
    nodes.push(world.start(3));
    pass(120).await;
    assert_eq!(held(&nodes), [1, 2, 2]);
    pass(600).await;
    assert_eq!(held(&nodes), [1, 2, 2]);

    // The death of one: what it held is taken after one and a half durations.
    world.kill(nodes.remove(0));
    pass(40).await;
    assert!(held(&nodes).iter().sum::<usize>() < 5);
    pass(30).await;
    assert_eq!(held(&nodes), [2, 3]);

    // One that leaves in order is relieved at once, although it is still there.
    nodes.remove(0).stop().await;
    pass(6).await;
    assert_eq!(held(&nodes), [5]);
    pass(600).await;
    assert_eq!(held(&nodes), [5], "and is offered nothing any more");
    nodes.remove(0).stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_another_does_not_want_is_done_all_the_same() {
    let world = World::new();
    // Alive, as far as is known, but it never takes anything.
    world.alive.lock().insert(7);
    let one = world.start(1);
    pass(10).await;
    assert_eq!(one.held(), 1, "the others are left to 7");
    pass(30).await;
    assert_eq!(one.held(), 5);
    pass(600).await;
    assert_eq!(one.held(), 5, "and are not offered to it again and again");
    one.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_given_back_when_the_last_work_under_it_has_ended() {
    let world = World::new();
    let one = world.start(1);
    pass(10).await;
    let working = one.posts.iter().map(|post| post.work().unwrap());
    let mut working: Vec<_> = working.collect();
    let two = world.start(2);
    pass(120).await;
    assert_eq!(
        (one.held(), two.held()),
        (4, 0),
        "one is left, but still worked on"
    );
    assert!(
        working.iter().all(|term| term.stands()),
        "and still renewed"
    );
    working.clear();
    pass(60).await;
    assert_eq!((one.held(), two.held()), (3, 2));
    one.stop().await;
    two.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_term_that_is_not_renewed_ends() {
    let world = World::new();
    let one = world.start(1);
    pass(10).await;
    let term = one.posts[0].work().unwrap();
    // Its row is written by somebody else: it is no longer this node's.
    let (thief, _) = sim::node(&world.engine, 9, 1, BEGIN_MS);
    let row = thief
        .get::<Leases>(&NAMES[0].to_owned(), &())
        .await
        .unwrap();
    let mut row = row.unwrap();
    row.value.nonce += 1;
    let write = thief.write_if::<Leases>(&NAMES[0].to_owned());
    write
        .present(&())
        .put(&(), &row.value)
        .commit()
        .await
        .unwrap();
    assert!(term.stands());
    pass(6).await;
    assert!(!term.stands());
    assert!(one.posts[0].work().is_none());
    one.stop().await;
}

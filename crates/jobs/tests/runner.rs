//! The runner on the simulated engine; the wall clock is set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use parking_lot::Mutex;
use petrel_jobs::{
    Handle, Handler, Job, JobError, Limits, NewJob, Queue, Reconciler, Runner, Status, Wake,
    dead_letters, enqueue, run_due, supervise,
};
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::entropy::SeededEntropy;
use petrel_model::event::Event;
use petrel_store::Store;
use petrel_store::sim::{BEGIN_MS, Hostility, SimEngine};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

const HOUR_MS: u64 = 3_600_000;

#[derive(Clone, PartialEq, Debug, Encode, Decode)]
struct Letter {
    #[n(0)]
    to: String,
}

/// Notes whom it wrote to, and fails as often as it is told.
#[derive(Default)]
struct Post {
    sent: Mutex<Vec<String>>,
    failures: AtomicU32,
    panics: AtomicU32,
    attempts: AtomicU32,
}

#[async_trait]
impl Handler for Post {
    fn kind(&self) -> &'static str {
        "post"
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let letter: Letter = job.payload()?;
        self.attempts.fetch_add(1, Ordering::SeqCst);
        if letter.to == "nobody" {
            return Err(JobError::permanent("no such street"));
        }
        if take_one(&self.panics) {
            panic!("the bag burst");
        }
        if take_one(&self.failures) {
            return Err(JobError::retry("rain"));
        }
        self.sent.lock().push(letter.to);
        Ok(())
    }

    fn attempts_max(&self) -> u32 {
        3
    }
}

fn take_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}

struct House {
    engine: Arc<SimEngine>,
    wall: Arc<ManualClock>,
    clock: Arc<HybridClock>,
    store: Store,
    wake: Arc<Wake>,
    post: Arc<Post>,
    entropy: Arc<SeededEntropy>,
}

impl House {
    fn new() -> House {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        House::over(SimEngine::calm(wall.clone(), 7), wall, Stamp::MIN)
    }

    fn over(engine: Arc<SimEngine>, wall: Arc<ManualClock>, above: Stamp) -> House {
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, above));
        let wake = Arc::new(Wake::default());
        House {
            store: Store::new(engine.clone(), clock.clone(), above.0, vec![wake.clone()]),
            engine,
            wall,
            clock,
            wake,
            post: Arc::default(),
            entropy: Arc::new(SeededEntropy::new(1)),
        }
    }

    /// As after a kill -9: the same rows, nothing of what was in memory.
    fn restarted(&self) -> House {
        House::over(
            self.engine.clone(),
            self.wall.clone(),
            self.clock.last_stamp(),
        )
    }

    async fn write_to(&self, name: &str) {
        self.write_at(name, None).await;
    }

    async fn write_at(&self, name: &str, due_ms: Option<u64>) {
        let letter = Letter {
            to: name.to_owned(),
        };
        let mut job = NewJob::of(Queue::Prompt, "post", &letter);
        job.due_ms = due_ms;
        self.add(job).await;
    }

    async fn add(&self, job: NewJob) {
        let mut batch = self.store.batch();
        enqueue(&mut batch, &self.clock, job);
        batch.emit(Event::Nothing);
        while batch.commit().await.is_err() {}
    }

    fn start(&self) -> Running {
        self.start_with(vec![self.post.clone()], Vec::new())
    }

    fn start_with(
        &self,
        handlers: Vec<Arc<dyn Handler>>,
        reconcilers: Vec<Arc<dyn Reconciler>>,
    ) -> Running {
        let (store, wake) = (self.store.clone(), self.wake.clone());
        let limits = Limits::default();
        let runner = Runner::new(
            store,
            self.entropy.clone(),
            wake,
            handlers,
            reconcilers,
            limits,
        );
        let (stop, stopped) = oneshot::channel::<()>();
        let handle = runner.handle();
        let task = tokio::spawn(runner.run_until(async move {
            let _ = stopped.await;
        }));
        Running { stop, handle, task }
    }

    fn sent(&self) -> Vec<String> {
        let mut sent = self.post.sent.lock().clone();
        sent.sort();
        sent
    }
}

struct Running {
    stop: oneshot::Sender<()>,
    handle: Handle,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.expect("the runner ends");
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_has_its_job_done_and_its_row_deleted() {
    let house = House::new();
    let running = house.start();
    running.handle.wait_idle().await;
    house.write_to("ann").await;
    house.write_to("ben").await;
    running.handle.wait_idle().await;
    assert_eq!(house.sent(), ["ann", "ben"]);
    assert_eq!(running.handle.pending().await.unwrap(), 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_left_over_is_picked_up_at_the_next_start() {
    let house = House::new();
    house.write_to("ann").await;
    house.wall.advance_ms(26 * HOUR_MS);
    house.write_to("ben").await;
    let later = house.restarted();
    let running = later.start();
    running.handle.wait_idle().await;
    assert_eq!(later.sent(), ["ann", "ben"]);
    running.stop().await;
    // With the cursor far on, and the wall clock an hour back, nothing is missed.
    later.wall.advance_ms(26 * HOUR_MS);
    let running = later.restarted().start();
    running.handle.wait_idle().await;
    running.stop().await;
    later.wall.set_ms(later.wall_ms() - HOUR_MS);
    let last = later.restarted();
    last.write_to("cay").await;
    let running = last.start();
    running.handle.wait_idle().await;
    assert_eq!(last.sent(), ["cay"]);
    running.stop().await;
}

impl House {
    fn wall_ms(&self) -> u64 {
        use petrel_model::clock::Clock;
        self.wall.now_ms()
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_waits_for_its_time_by_the_injected_clock() {
    let house = House::new();
    let running = house.start();
    house.write_at("soon", Some(BEGIN_MS + 20_000)).await;
    house
        .write_at("tomorrow", Some(BEGIN_MS + 24 * HOUR_MS))
        .await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    running.handle.wait_idle().await;
    assert!(house.sent().is_empty());
    house.wall.advance_ms(20_000);
    running.handle.wait_idle().await;
    assert_eq!(house.sent(), ["soon"]);
    house.wall.advance_ms(24 * HOUR_MS);
    running.handle.wait_idle().await;
    assert_eq!(house.sent(), ["soon", "tomorrow"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_are_tried_again_after_a_pause() {
    let house = House::new();
    house.post.failures.store(1, Ordering::SeqCst);
    house.post.panics.store(1, Ordering::SeqCst);
    let running = house.start();
    house.write_to("ann").await;
    running.handle.wait_idle().await;
    assert_eq!(house.post.attempts.load(Ordering::SeqCst), 1);
    house.wall.advance_ms(2_000);
    running.handle.wait_idle().await;
    assert_eq!(
        house.post.attempts.load(Ordering::SeqCst),
        1,
        "not before half of 5 s"
    );
    house.wall.advance_ms(3_000);
    running.handle.wait_idle().await;
    assert_eq!(house.post.attempts.load(Ordering::SeqCst), 2);
    house.wall.advance_ms(10_000);
    running.handle.wait_idle().await;
    assert_eq!(house.sent(), ["ann"]);
    assert_eq!(running.handle.pending().await.unwrap(), 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_becomes_a_dead_letter_with_its_reason() {
    let house = House::new();
    house.post.failures.store(u32::MAX, Ordering::SeqCst);
    let running = house.start();
    house.write_to("ann").await;
    house.write_to("nobody").await;
    let unknown = NewJob {
        queue: Queue::Background,
        kind: "juggle",
        payload: vec![1, 2, 3],
        due_ms: None,
    };
    house.add(unknown).await;
    for _ in 0..3 {
        running.handle.wait_idle().await;
        house.wall.advance_ms(60_000);
    }
    running.handle.wait_idle().await;
    assert_eq!(running.handle.pending().await.unwrap(), 0);
    let letters = dead_letters(&house.store, 10).await.unwrap();
    let mut reasons: Vec<_> = letters
        .iter()
        .map(|dead| dead.letter.reason.as_str())
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "gave up after 3 attempts: rain",
            "no handler for jobs of kind \"juggle\"",
            "no such street"
        ]
    );
    let juggled = letters
        .iter()
        .find(|dead| dead.letter.kind == "juggle")
        .unwrap();
    assert_eq!(juggled.letter.payload, [1, 2, 3]);
    assert_eq!(dead_letters(&house.store, 2).await.unwrap().len(), 2);
    running.stop().await;
}

/// Holds on until it is let go.
struct Slow {
    begun: Notify,
    go_on: Notify,
    done: AtomicU32,
}

#[async_trait]
impl Handler for Slow {
    fn kind(&self) -> &'static str {
        "slow"
    }

    async fn run(&self, _: &Job) -> Result<(), JobError> {
        self.begun.notify_one();
        self.go_on.notified().await;
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_running_jobs_but_not_for_ever() {
    let house = House::new();
    let slow = Arc::new(Slow {
        begun: Notify::new(),
        go_on: Notify::new(),
        done: AtomicU32::new(0),
    });
    let job = NewJob::of(Queue::Normal, "slow", &Letter { to: String::new() });
    for lets_go in [true, false] {
        let running = house.start_with(vec![slow.clone()], Vec::new());
        house.add(job.clone()).await;
        slow.begun.notified().await;
        if lets_go {
            slow.go_on.notify_one();
        }
        running.stop().await;
        assert_eq!(slow.done.load(Ordering::SeqCst), 1);
        let left = petrel_jobs::pending(&house.store).await.unwrap();
        assert_eq!(left, usize::from(!lets_go));
    }
}

#[tokio::test(start_paused = true)]
async fn more_jobs_than_fit_into_memory_are_all_done_once() {
    let house = House::new();
    for number in 0..11_000 {
        house.write_to(&format!("{number:05}")).await;
    }
    let running = house.start();
    running.handle.wait_idle().await;
    let expected: Vec<_> = (0..11_000).map(|number| format!("{number:05}")).collect();
    assert_eq!(house.sent(), expected);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_on_a_hostile_engine() {
    for seed in 0..20 {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::hostile(wall.clone(), seed);
        let house = House::over(engine, wall, Stamp::MIN);
        let running = house.start();
        for number in 0..30 {
            house.write_to(&number.to_string()).await;
            house.wall.advance_ms(1_000);
        }
        tokio::time::sleep(Duration::from_secs(600)).await;
        house.engine.set_hostility(Hostility::CALM);
        house.wall.advance_ms(4 * HOUR_MS);
        tokio::time::sleep(Duration::from_secs(60)).await;
        running.handle.wait_idle().await;
        let mut sent = house.sent();
        sent.dedup();
        assert_eq!(sent.len(), 30, "seed {seed}");
        running.stop().await;
    }
}

#[tokio::test]
async fn without_a_runner_due_jobs_are_run_one_by_one() {
    let house = House::new();
    house.write_to("ann").await;
    house.write_at("later", Some(BEGIN_MS + HOUR_MS)).await;
    let handlers: Vec<Arc<dyn Handler>> = vec![house.post.clone()];
    let run = || run_due(&house.store, house.entropy.clone(), handlers.clone());
    assert_eq!(run().await.unwrap(), 1);
    assert_eq!(run().await.unwrap(), 0);
    house.wall.advance_ms(HOUR_MS);
    assert_eq!(run().await.unwrap(), 1);
    assert_eq!(house.sent(), ["ann", "later"]);
}

struct Sweeper {
    runs: AtomicU32,
}

#[async_trait]
impl Reconciler for Sweeper {
    fn name(&self) -> &'static str {
        "sweeper"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    async fn run(&self) -> Status {
        match self.runs.fetch_add(1, Ordering::SeqCst) {
            1 => panic!("the broom broke"),
            runs => Status {
                looked_at: 10,
                changed: u64::from(runs),
                failed: None,
            },
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reconcilers_run_by_period_and_kick_and_survive_a_panic() {
    let house = House::new();
    let sweeper = Arc::new(Sweeper {
        runs: AtomicU32::new(0),
    });
    let running = house.start_with(Vec::new(), vec![sweeper.clone()]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(sweeper.runs.load(Ordering::SeqCst), 1);
    // The second run panics, and is made up for at once.
    assert!(running.handle.kick("sweeper"));
    assert!(!running.handle.kick("nobody"));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(sweeper.runs.load(Ordering::SeqCst), 3);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let status = running.handle.reconcilers().remove(0);
    assert_eq!(sweeper.runs.load(Ordering::SeqCst), 4);
    assert_eq!(status.last.unwrap().changed, 3);
    assert!(!status.running && status.last_finished_ms.is_some());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_supervised_task_is_started_again_until_told_to_stop() {
    let starts = Arc::new(AtomicU32::new(0));
    let (stop, stopped) = watch::channel(false);
    let counted = starts.clone();
    let supervised = tokio::spawn(supervise("fragile", stopped, move || {
        let start = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match start {
                0 => panic!("first"),
                1 => {}
                _ => std::future::pending().await,
            }
        }
    }));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(starts.load(Ordering::SeqCst), 3);
    supervised.abort();
    drop(stop);
}

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use petrel_model::entropy::Entropy;
use petrel_store::{NodeState, SourceStatus, Store, StoreError};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::attempt::attempt;
use crate::enqueue::{Job, Queue, pending};
use crate::handler::Handler;
use crate::leases::{Others, Post, Shares, Term};
use crate::reconciler::{Place, Reconciler, ReconcilerStatus, Watched};
use crate::scheduler::Scheduler;
use crate::supervise::supervise;
use crate::tables::Jobs;
use crate::wake::Wake;

const TABLE_PAGE: usize = 1_000;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Jobs of one queue that are worked on at once.
    pub concurrency: usize,
    /// How long running jobs may take to end on shutdown; what is not done by then is picked up
    /// at the next start.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            concurrency: 16,
            drain: Duration::from_secs(8),
        }
    }
}

/// Works off the queues and runs the reconcilers.
pub struct Runner {
    shared: Arc<Shared>,
}

/// Asks a runner from outside. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub store: Store,
    pub entropy: Arc<dyn Entropy>,
    pub wake: Arc<Wake>,
    pub handlers: HashMap<&'static str, Arc<dyn Handler>>,
    pub limits: Limits,
    pub reconcilers: Vec<Arc<Watched>>,
    /// Whether a queue is this node's, in the order of [`Queue::ALL`].
    posts: [Arc<Post>; Queue::ALL.len()],
    /// Told when nothing is due and nothing is being worked on.
    pub idle: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Runner {
    /// `wake` should be a listener of `store`, so that a commit is noticed at once; `entropy`
    /// spreads retries.
    pub fn new(
        store: Store,
        entropy: Arc<dyn Entropy>,
        wake: Arc<Wake>,
        handlers: Vec<Arc<dyn Handler>>,
        reconcilers: Vec<Arc<dyn Reconciler>>,
        limits: Limits,
    ) -> Runner {
        let clock = store.clock().clone();
        let watch = |reconciler: Arc<dyn Reconciler>| {
            let name = format!("reconciler/{}", reconciler.name());
            let post = match reconciler.place() {
                Place::EachNode => Post::always(name),
                Place::Once => post(&store, name),
            };
            Arc::new(Watched::new(reconciler, clock.clone(), Arc::new(post)))
        };
        Runner {
            shared: Arc::new(Shared {
                reconcilers: reconcilers.into_iter().map(watch).collect(),
                posts: Queue::ALL
                    .map(|queue| Arc::new(post(&store, format!("queue/{}", queue as u8)))),
                ..Shared::new(store.clone(), entropy, wake, handlers, limits)
            }),
        }
    }

    pub fn handle(&self) -> Handle {
        Handle {
            shared: self.shared.clone(),
        }
    }

    /// Works until `shutdown` is done, then takes on nothing new, gives running jobs the time of
    /// [`Limits::drain`], and returns. A task of it that panics is started again. With several
    /// nodes, leases are taken meanwhile, and given back when the last job has ended.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let (leave, left) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut sharing = JoinSet::new();
        if self.shared.store.peers().is_some() {
            let (shared, signal) = (self.shared.clone(), left.clone());
            sharing.spawn(supervise("leases", left, move || {
                shared.shares().run_until(signal.clone())
            }));
        }
        let (shared, signal) = (self.shared.clone(), stopped.clone());
        tasks.spawn(supervise("jobs", stopped.clone(), move || {
            Scheduler::new(shared.clone()).run_until(signal.clone())
        }));
        for watched in &self.shared.reconcilers {
            let (watched, signal) = (watched.clone(), stopped.clone());
            tasks.spawn(supervise(watched.name(), stopped.clone(), move || {
                watched.clone().run_until(signal.clone())
            }));
        }
        shutdown.await;
        let _ = stop.send(true);
        tasks.join_all().await;
        let _ = leave.send(true);
        sharing.join_all().await;
    }
}

/// One machine does everything, and asks nobody.
fn post(store: &Store, name: String) -> Post {
    match store.peers() {
        None => Post::always(name),
        Some(_) => Post::vacant(name),
    }
}

impl Handle {
    /// How many jobs there are, due or not. Reads the whole table: for operators and tests.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn pending(&self) -> Result<usize, StoreError> {
        pending(&self.shared.store).await
    }

    /// Returns when no job is due and none is being worked on. What was committed before the
    /// call is done then, or waits for its next attempt, or is a dead letter.
    pub async fn wait_idle(&self) {
        let (told, idle) = oneshot::channel();
        self.shared.idle.lock().push(told);
        self.shared.wake.wake();
        // An error means that the runner has stopped: nothing will become idle any more.
        let _ = idle.await;
    }

    pub fn reconcilers(&self) -> Vec<ReconcilerStatus> {
        let watched = self.shared.reconcilers.iter();
        watched.map(|watched| watched.status()).collect()
    }

    /// Has the reconciler run now rather than when its period is over. False if none is called so.
    pub fn kick(&self, name: &str) -> bool {
        let mut watched = self.shared.reconcilers.iter();
        let found = watched.find(|watched| watched.name() == name);
        found.map(|watched| watched.kick()).is_some()
    }
}

impl Shared {
    fn new(
        store: Store,
        entropy: Arc<dyn Entropy>,
        wake: Arc<Wake>,
        handlers: Vec<Arc<dyn Handler>>,
        limits: Limits,
    ) -> Shared {
        let by_kind = |handler: Arc<dyn Handler>| (handler.kind(), handler);
        Shared {
            store,
            entropy,
            wake,
            handlers: handlers.into_iter().map(by_kind).collect(),
            limits,
            reconcilers: Vec::new(),
            posts: Queue::ALL.map(|_| Arc::new(Post::always(String::new()))),
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn post(&self, queue: Queue) -> &Post {
        &self.posts[queue as usize]
    }

    /// What one node at a time does, for [`Shares`].
    fn shares(&self) -> Shares {
        let once = self.reconcilers.iter().map(|watched| watched.post());
        let posts = self.posts.iter().chain(once);
        let posts = posts.filter(|post| !post.is_always()).cloned();
        let store = self.store.clone();
        let others: Others = Arc::new(move || others(&store));
        let (entropy, wake) = (self.entropy.clone(), self.wake.clone());
        Shares::new(self.store.clone(), entropy, wake, posts, others)
    }

    /// The later of the wall clock and the last stamp, in Unix milliseconds: what was due before
    /// the wall clock was set back is due still.
    pub(crate) fn head_ms(&self) -> u64 {
        let clock = self.store.clock();
        clock.now_ms().max(clock.last_stamp().0 / 1_000)
    }
}

/// The numbers of the other nodes that serve now.
fn others(store: &Store) -> Vec<u16> {
    let sources = store.peers().map(|peers| peers.status().sources);
    let sources = sources.unwrap_or_default().into_iter();
    let serves = |source: &SourceStatus| source.is_live && source.state == NodeState::Serving;
    sources.filter(serves).map(|source| source.node).collect()
}

/// Runs all jobs that are due, one after the other, until none is, and says how many attempts
/// that took. For tests and for commands that work on a store without a server.
///
/// # Errors
/// Those of the store.
pub async fn run_due(
    store: &Store,
    entropy: Arc<dyn Entropy>,
    handlers: Vec<Arc<dyn Handler>>,
) -> Result<usize, StoreError> {
    let wake = Arc::new(Wake::default());
    let shared = Shared::new(store.clone(), entropy, wake, handlers, Limits::default());
    let shared = Arc::new(shared);
    let mut attempts = 0;
    loop {
        let due = all_due(&shared).await?;
        if due.is_empty() {
            return Ok(attempts);
        }
        for job in due {
            attempt(shared.clone(), job, Arc::new(Term::always())).await;
            attempts += 1;
        }
    }
}

async fn all_due(shared: &Shared) -> Result<Vec<Job>, StoreError> {
    let head_ms = shared.head_ms();
    let (mut due, mut token) = (Vec::new(), None);
    loop {
        let (rows, next) = shared.store.scan_table::<Jobs>(token, TABLE_PAGE).await?;
        for ((queue, bucket), row) in rows {
            let queue = Queue::ALL.into_iter().find(|known| *known as u8 == queue);
            if let Some(queue) = queue.filter(|_| row.value.due_ms <= head_ms) {
                due.push(Job::from_row(queue, bucket, row));
            }
        }
        match next {
            None => break,
            next => token = next,
        }
    }
    due.sort_by_key(|job| (job.due_ms, job.id));
    Ok(due)
}

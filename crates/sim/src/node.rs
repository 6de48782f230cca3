//! One whole node: what `petrel`'s own node wires, sockets aside. It is made anew at each start;
//! when it crashes, its tasks end where they are and nothing of its memory is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use petrel_bus::{Bus, LocalNode, Topic};
use petrel_jobs::leases::Renewed;
use petrel_jobs::{Handler, Limits, NodeLease, Reconciler, Runner, Wake};
use petrel_model::clock::{Clock, HybridClock, Node as Number, Stamp};
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::id::AccountId;
use petrel_outgoing::{Outgoing, Permits};
use petrel_search::{KeepSearch, Search};
use petrel_social::counts::Counts;
use petrel_social::lists::Growth;
use petrel_social::mail::Mailer;
use petrel_social::scheduled::PublishScheduled;
use petrel_social::settings::Settings;
use petrel_social::testing;
use petrel_social::{Caller, Ctx, Social, work};
use petrel_store::{
    Engine, Listener, Membership, NodeRow, NodeState, Outlet, Peers, Standing, Store, StoreOptions,
};
use petrel_timeline::log::LogSettings;
use petrel_timeline::{KeepTimelines, Streams, Timelines};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::files::work::{Forget, MakeUp, MakeUpPreview};
use crate::plans::Publish;
use crate::wall::Wall;
use crate::wire::Wire;

const RENEW_PERIOD: Duration = Duration::from_secs(1);
const RENEW_TIME_MAX: Duration = Duration::from_secs(2);
const ROUND_PERIOD: Duration = Duration::from_millis(250);
/// Between two attempts at what a node must do before it serves.
const RETRY_PERIOD: Duration = Duration::from_millis(500);
/// How often that is attempted: longer than any seed cuts a node off.
const ATTEMPTS_MAX: u32 = 240;

/// What a start of a node needs of the world.
#[derive(Clone)]
pub struct Place {
    /// Which of the three machines it is.
    pub at: usize,
    pub wire: Arc<Wire>,
    pub wall: Arc<Wall>,
    /// How many starts this machine has seen, this one too.
    pub start: u64,
    pub seed: u64,
    pub log: LogSettings,
    pub chapter_rows: usize,
}

pub struct Node {
    pub at: usize,
    pub store: Store,
    pub social: Arc<Social>,
    pub timelines: Arc<Timelines>,
    pub streams: Arc<Streams>,
    pub search: Arc<Search>,
    wake: Arc<Wake>,
    growth: Arc<Growth>,
    mailer: Mailer,
    /// Asks nobody: no profile of the simulation bears a link.
    outgoing: Outgoing,
    entropy: Arc<dyn Entropy>,
    /// It lost its lease: the process would end.
    lost: Arc<AtomicBool>,
}

/// A node and what it does all the while; dropped, all of it stops at once.
pub struct Running {
    pub node: Arc<Node>,
    _tasks: JoinSet<()>,
}

struct Hints(Arc<LocalNode>);

impl Outlet for Hints {
    fn hint(&self, hint: Bytes) {
        self.0.publish(Topic::Events, hint);
    }
}

impl Node {
    /// Joins the others, fills its views, and begins to serve.
    pub async fn start(place: Place, bus: LocalNode) -> Result<Running> {
        let entropy_seed = place.seed ^ (place.start << 8) ^ place.at as u64;
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(entropy_seed));
        let lease = take_lease(&place, &*entropy).await?;
        let last = retried(async || Ok(place.wire.last_stamp().await?)).await?;
        let bus = Arc::new(bus);
        let node = Arc::new(Node::wire(&place, &lease, last, bus.clone(), entropy)?);
        let mut tasks = JoinSet::new();
        node.take_part(&mut tasks, lease, bus).await?;
        retried(async || Ok(node.search.rebuild(&node.store).await?)).await?;
        retried(async || Ok(node.timelines.rebuild(&node.store).await.map(|_| ())?)).await?;
        node.settle().await?;
        tasks.spawn(node.runner().run_until(std::future::pending()));
        Ok(Running {
            node,
            _tasks: tasks,
        })
    }

    fn wire(
        place: &Place,
        lease: &NodeLease,
        last: Stamp,
        bus: Arc<LocalNode>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Node> {
        let clock = Arc::new(HybridClock::new(
            place.wall.clone(),
            lease.node(),
            last.max(lease.above()),
        ));
        let standing = Arc::new(Standing::new(place.wall.clone()));
        standing.extend_to(lease.term().until_us());
        standing.promise(lease.promised());
        let counts = Arc::new(Counts::default());
        let timelines = Arc::new(Timelines::new(place.log, None));
        let streams = Arc::new(Streams::new(timelines.clone()));
        let search = Arc::new(Search::default());
        let (wake, growth) = (Arc::new(Wake::default()), Arc::new(Growth::default()));
        let listeners: Vec<Arc<dyn Listener>> = vec![
            counts.clone(),
            timelines.clone(),
            streams.clone(),
            search.clone(),
            wake.clone(),
            growth.clone(),
        ];
        let options = StoreOptions {
            membership: Some(Membership {
                standing,
                outlet: Arc::new(Hints(bus)),
            }),
            ..StoreOptions::default()
        };
        let engine: Arc<dyn Engine> = place.wire.clone();
        let store = Store::with_options(engine, clock.clone(), lease.token(), listeners, options);
        let settings = settings(place.chapter_rows);
        let mailer = Mailer::new(&settings.mail)?;
        let social = Arc::new(Social {
            store: store.clone(),
            clock,
            entropy: entropy.clone(),
            settings,
            counts,
            access: Default::default(),
        });
        Ok(Node {
            at: place.at,
            store,
            social,
            timelines,
            streams,
            search,
            wake,
            growth,
            mailer,
            outgoing: Outgoing::new("Petrel", Permits::default()),
            entropy,
            lost: Arc::default(),
        })
    }

    /// Makes itself known, and does what the others expect of it from then on.
    async fn take_part(
        self: &Arc<Node>,
        tasks: &mut JoinSet<()>,
        lease: NodeLease,
        bus: Arc<LocalNode>,
    ) -> Result<()> {
        let mut told = bus.subscribe(Topic::Events);
        let store = self.store.clone();
        tasks.spawn(async move {
            // The node's end of the bus lives as long as this task.
            let _bus = bus;
            while let Some(hint) = told.next().await {
                store.hear(&hint);
            }
        });
        retried(async || Ok(self.peers().join(row(NodeState::Joining)).await?)).await?;
        tasks.spawn(keep_lease(self.clone(), lease));
        let node = self.clone();
        tasks.spawn(async move {
            loop {
                // What fails is done at the next.
                let said = node.peers().announce(row(NodeState::Serving));
                drop(timeout(RENEW_TIME_MAX, said).await);
                sleep(RENEW_PERIOD).await;
            }
        });
        let node = self.clone();
        tasks.spawn(async move {
            loop {
                drop(node.peers().round().await);
                sleep(ROUND_PERIOD).await;
            }
        });
        Ok(())
    }

    /// Waits until it takes writes.
    async fn settle(&self) -> Result<()> {
        for _ in 0..ATTEMPTS_MAX {
            if self.store.unwritable().is_none() {
                return Ok(());
            }
            sleep(RETRY_PERIOD).await;
        }
        bail!("it never took writes: {:?}", self.store.unwritable())
    }

    fn runner(&self) -> Runner {
        Runner::new(
            self.store.clone(),
            self.entropy.clone(),
            self.wake.clone(),
            self.handlers(),
            self.reconcilers(),
            Limits::default(),
        )
    }

    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        let mut handlers = work::handlers(&self.social, &self.mailer, &self.outgoing);
        let publish = Publish(PublishScheduled(self.social.clone()));
        handlers.retain(|handler| handler.kind() != publish.kind());
        handlers.push(Arc::new(publish));
        handlers.push(Arc::new(MakeUp(self.social.clone())));
        handlers.push(Arc::new(MakeUpPreview(self.social.clone())));
        handlers.push(Arc::new(Forget(self.social.clone())));
        handlers
    }

    /// With those of the views, as `petrel` has them; a test holds the two against each other.
    pub fn reconcilers(&self) -> Vec<Arc<dyn Reconciler>> {
        let mut reconcilers = work::reconcilers(&self.social, &self.growth);
        reconcilers.push(Arc::new(KeepTimelines {
            timelines: self.timelines.clone(),
            store: self.store.clone(),
        }));
        reconcilers.push(Arc::new(KeepSearch {
            search: self.search.clone(),
            store: self.store.clone(),
        }));
        reconcilers
    }

    pub fn peers(&self) -> &Peers {
        self.store.peers().expect("it was made with a membership")
    }

    /// Whether its process would have ended by itself.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    pub fn system(&self) -> Ctx {
        Ctx::system(self.social.clone())
    }

    pub fn anonymous(&self) -> Ctx {
        self.as_caller(Caller::Anonymous)
    }

    pub fn acting(&self, account: AccountId) -> Ctx {
        Ctx::acting_for(self.social.clone(), account)
    }

    pub fn as_caller(&self, caller: Caller) -> Ctx {
        Ctx {
            social: self.social.clone(),
            caller,
            request_id: "sim".into(),
        }
    }
}

async fn take_lease(place: &Place, entropy: &dyn Entropy) -> Result<NodeLease> {
    let last = retried(async || Ok(place.wire.last_stamp().await?)).await?;
    let wall: Arc<dyn Clock> = place.wall.clone();
    let clock = Arc::new(HybridClock::new(wall, Number::Single, last));
    let options = StoreOptions {
        cache_bytes: 0,
        membership: None,
    };
    let engine: Arc<dyn Engine> = place.wire.clone();
    let provisional = Store::with_options(engine, clock, 0, Vec::new(), options);
    let holder = format!("machine {}", place.at);
    let taken = NodeLease::take(&provisional, entropy, &holder).await;
    taken.context("taking a node number")
}

async fn keep_lease(node: Arc<Node>, mut lease: NodeLease) {
    let standing = node.peers().standing().clone();
    loop {
        let writable = standing.refusal().is_none();
        let renewed = timeout(RENEW_TIME_MAX, lease.renew(&node.social.clock, writable)).await;
        standing.extend_to(lease.term().until_us());
        standing.promise(lease.promised());
        if matches!(renewed, Ok(Ok(Renewed::Lost))) {
            node.lost.store(true, Ordering::Relaxed);
            return;
        }
        sleep(RENEW_PERIOD).await;
    }
}

async fn retried<T>(mut work: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    for attempt in 1.. {
        match work().await {
            Ok(done) => return Ok(done),
            Err(error) if attempt >= ATTEMPTS_MAX => return Err(error),
            Err(_) => sleep(RETRY_PERIOD).await,
        }
    }
    unreachable!("the loop ends by returning")
}

fn row(state: NodeState) -> NodeRow {
    NodeRow::new("127.0.0.1:3000", "sim", state)
}

fn settings(chapter_rows: usize) -> Settings {
    Settings {
        chapter_rows,
        ..testing::settings()
    }
}

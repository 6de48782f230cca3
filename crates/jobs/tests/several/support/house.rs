//! A whole node, as far as jobs go: its lease, its store with the others, its runner.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use petrel_jobs::leases::{NodeLease, Renewed};
use petrel_jobs::{Handler, Limits, Reconciler, Runner, Wake};
use petrel_model::clock::{HybridClock, Node, Stamp};
use petrel_model::entropy::SeededEntropy;
use petrel_store::sim::SimEngine;
use petrel_store::{
    Membership, NodeRow, NodeState, Outlet, Standing, Store, StoreError, StoreOptions,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::{Dice, Watch};

const KEEP_PERIOD: Duration = Duration::from_secs(1);
const ROUND_PERIOD: Duration = Duration::from_millis(250);

pub struct Work {
    pub handlers: Vec<Arc<dyn Handler>>,
    pub reconcilers: Vec<Arc<dyn Reconciler>>,
}

pub struct House {
    pub store: Store,
    stop: oneshot::Sender<()>,
    runner: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    /// Told to give the number back.
    leave: Option<oneshot::Sender<()>>,
}

/// Takes hints to all nodes of a test at once.
#[derive(Clone, Default)]
pub struct Bus {
    stores: Arc<Mutex<Vec<(u16, Store)>>>,
}

struct From {
    bus: Bus,
    number: u16,
}

impl Outlet for From {
    fn hint(&self, hint: Bytes) {
        let stores = self.bus.stores.lock().clone();
        for (number, store) in stores {
            if number != self.number {
                store.hear(&hint);
            }
        }
    }
}

fn announced() -> NodeRow {
    NodeRow::new("127.0.0.1:1", "test", NodeState::Serving)
}

impl House {
    /// One of several.
    pub async fn start(
        engine: &Arc<SimEngine>,
        bus: &Bus,
        watch: Arc<Watch>,
        dice: &Dice,
        work: Work,
    ) -> House {
        let provisional = super::store(engine, 0, watch.clone());
        let taken = NodeLease::take(&provisional, dice.entropy(), "127.0.0.1:1").await;
        let mut lease = taken.unwrap();
        let clock = HybridClock::new(watch.clone(), lease.node(), lease.above());
        let membership = Membership {
            standing: Arc::new(Standing::new(watch)),
            outlet: Arc::new(From {
                bus: bus.clone(),
                number: lease.number(),
            }),
        };
        let wake = Arc::new(Wake::default());
        let options = StoreOptions {
            cache_bytes: 1 << 20,
            membership: Some(membership),
        };
        let clock = Arc::new(clock);
        let store = Store::with_options(
            engine.clone(),
            clock.clone(),
            lease.token(),
            vec![wake.clone()],
            options,
        );
        let peers = store.peers().unwrap();
        stand(&store, &mut lease).await.unwrap();
        peers.join(announced()).await.unwrap();
        bus.stores.lock().push((lease.number(), store.clone()));
        let (leave, left) = oneshot::channel();
        let tasks = vec![
            tokio::spawn(keep(store.clone(), lease, left)),
            tokio::spawn(rounds(store.clone())),
        ];
        let mut house = House::over(store, wake, dice.below(u64::MAX), work);
        house.tasks = tasks;
        house.leave = Some(leave);
        house
    }

    /// The only one.
    pub fn alone(engine: &Arc<SimEngine>, watch: Arc<Watch>, work: Work) -> House {
        let clock = Arc::new(HybridClock::new(watch, Node::Single, Stamp::MIN));
        let wake = Arc::new(Wake::default());
        let store = Store::new(engine.clone(), clock, 1, vec![wake.clone()]);
        House::over(store, wake, 1, work)
    }

    fn over(store: Store, wake: Arc<Wake>, seed: u64, work: Work) -> House {
        let runner = Runner::new(
            store.clone(),
            Arc::new(SeededEntropy::new(seed)),
            wake,
            work.handlers,
            work.reconcilers,
            Limits::default(),
        );
        let (stop, stopped) = oneshot::channel::<()>();
        let runner = tokio::spawn(runner.run_until(async move {
            let _ = stopped.await;
        }));
        House {
            store,
            stop,
            runner,
            tasks: Vec::new(),
            leave: None,
        }
    }

    pub fn number(&self) -> u16 {
        self.store.clock().node().number()
    }

    /// As by a kill -9.
    pub fn die(self) {
        self.runner.abort();
        self.tasks.iter().for_each(JoinHandle::abort);
    }

    /// In the order in which a node stops.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.runner.await.unwrap();
        if let Some(peers) = self.store.peers() {
            peers.end().await.unwrap();
        }
        if let Some(leave) = self.leave {
            let _ = leave.send(());
        }
        let mut tasks = self.tasks.into_iter();
        if let Some(keep) = tasks.next() {
            keep.await.unwrap();
        }
        tasks.for_each(|task| task.abort());
    }
}

async fn keep(store: Store, mut lease: NodeLease, mut left: oneshot::Receiver<()>) {
    let mut ticks = interval(KEEP_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            told = &mut left => {
                if told.is_ok() {
                    lease.release(store.clock()).await.unwrap();
                }
                return;
            }
        }
        if let Ok(Renewed::Stands) = stand(&store, &mut lease).await {
            let _ = store.peers().unwrap().announce(announced()).await;
        }
    }
}

/// Renews the lease, and lets the node stand as long as that does.
async fn stand(store: &Store, lease: &mut NodeLease) -> Result<Renewed, StoreError> {
    let standing = store.peers().unwrap().standing();
    let writable = standing.refusal().is_none();
    let renewed = lease.renew(store.clock(), writable).await?;
    standing.extend_to(lease.term().until_us());
    Ok(renewed)
}

async fn rounds(store: Store) {
    let mut ticks = interval(ROUND_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let _ = store.peers().unwrap().round().await;
    }
}

//! How a node becomes one of several: its number, its store, and what it is to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use parking_lot::Mutex as Lock;
use petrel_bus::{Bus, Topic};
use petrel_jobs::NodeLease;
use petrel_jobs::leases::{Renewed, Term};
use petrel_model::clock::{Clock, HybridClock, Node as NodeNumber};
use petrel_model::entropy::Entropy;
use petrel_store::{
    Engine, Listener, Membership, NodeRow, NodeState, Outlet, Peers, Standing, Store, StoreError,
    StoreOptions,
};
use tokio::sync::{Mutex, watch};
use tokio::time::{sleep, timeout};

use super::clocks::{self, Agreement, Both, Corrected};
use crate::version;

/// How long a node that joins may take until it takes writes.
const JOIN_TIME_MAX: Duration = Duration::from_secs(60);
const JOIN_LOOK_PERIOD: Duration = Duration::from_millis(50);
/// How long the last words to the others may take.
const END_TIME_MAX: Duration = Duration::from_secs(2);
/// No measure of the clock yet.
const UNMEASURED: i64 = i64::MIN;

/// This node as one of several.
pub struct Member {
    pub(super) store: Store,
    pub(super) clock: Arc<HybridClock>,
    pub(super) bus: Option<Arc<dyn Bus>>,
    /// None once it was given back.
    lease: Mutex<Option<NodeLease>>,
    pub(super) term: Arc<Term>,
    pub(super) agreement: Lock<Agreement>,
    ahead_us: AtomicI64,
    /// When the wall clock was last found to be right.
    right_at: Lock<Option<Both>>,
    address: String,
    serves: AtomicBool,
    /// Why this process must end, once it must.
    lost: watch::Sender<Option<String>>,
}

/// What a member is made of.
pub struct Joining<'a> {
    pub engine: Arc<dyn Engine>,
    pub wall: Arc<dyn Clock>,
    pub entropy: &'a dyn Entropy,
    pub bus: Option<Arc<dyn Bus>>,
    pub listeners: Vec<Arc<dyn Listener>>,
    /// Where this node serves clients, for operators.
    pub address: String,
}

impl Joining<'_> {
    /// Takes a node number, and makes this node known to the others. It hears them from then on,
    /// but takes no writes for three seconds.
    pub async fn join(self) -> Result<Member> {
        let ahead_us = clocks::ahead_us(&*self.engine).await;
        let ahead_us = ahead_us.context("asking the store's nodes for the time")?;
        let lease = self.take_lease(ahead_us.unwrap_or(0)).await?;
        let last = self.engine.last_stamp().await?.max(lease.above());
        let clock = Arc::new(HybridClock::new(self.wall.clone(), lease.node(), last));
        let standing = Arc::new(Standing::new(self.wall.clone()));
        standing.extend_to(lease.term().until_us());
        standing.promise(lease.promised());
        let outlet: Arc<dyn Outlet> = match &self.bus {
            Some(bus) => Arc::new(Hints(bus.clone())),
            None => Arc::new(Silence),
        };
        let options = StoreOptions {
            membership: Some(Membership {
                standing: standing.clone(),
                outlet,
            }),
            ..StoreOptions::default()
        };
        let (token, listeners) = (lease.token(), self.listeners);
        let store = Store::with_options(self.engine, clock.clone(), token, listeners, options);
        let member = Member {
            store,
            clock,
            bus: self.bus,
            term: lease.term().clone(),
            lease: Mutex::new(Some(lease)),
            agreement: Lock::default(),
            ahead_us: AtomicI64::new(UNMEASURED),
            right_at: Lock::default(),
            address: self.address,
            serves: AtomicBool::new(false),
            lost: watch::Sender::new(None),
        };
        if let Some(ahead_us) = ahead_us {
            member.judge_clock(ahead_us);
        }
        let joined = member.peers().join(member.row(NodeState::Joining)).await;
        joined.context("joining the other nodes")?;
        Ok(member)
    }

    async fn take_lease(&self, ahead_us: i64) -> Result<NodeLease> {
        let wall = Arc::new(Corrected {
            wall: self.wall.clone(),
            ahead_us,
        });
        let last = self.engine.last_stamp().await?;
        let clock = Arc::new(HybridClock::new(wall, NodeNumber::Single, last));
        let options = StoreOptions {
            cache_bytes: 0,
            membership: None,
        };
        let engine = self.engine.clone();
        let provisional = Store::with_options(engine, clock, 0, Vec::new(), options);
        let taken = NodeLease::take(&provisional, self.entropy, &self.address).await;
        taken.context("taking a node number")
    }
}

impl Member {
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn number(&self) -> u16 {
        self.clock.node().number()
    }

    /// Waits until the others know this node, so that it may write. A clock that is off is no
    /// reason to wait: it may be so for long, and reads go on.
    pub async fn settle(&self) -> Result<()> {
        let look = async {
            while self.store.unwritable().is_some() && self.standing().refusal().is_none() {
                sleep(JOIN_LOOK_PERIOD).await;
            }
        };
        if timeout(JOIN_TIME_MAX, look).await.is_err() {
            let why = self.store.unwritable().unwrap_or_default();
            bail!("this node could not join the others: {why}");
        }
        Ok(())
    }

    /// Says to the others that it serves clients.
    pub fn serve(&self) {
        self.serves.store(true, Ordering::Relaxed);
    }

    /// Renews the lease, and what others know of this node.
    pub(super) async fn renew(&self) -> Result<(), StoreError> {
        // A clock that has jumped promises nothing before the others were asked: until then
        // nothing is stamped beyond what was promised before.
        let writable = self.standing().refusal().is_none() && !self.has_jumped();
        let mut lease = self.lease.lock().await;
        let Some(lease) = lease.as_mut() else {
            return Ok(());
        };
        let renewed = lease.renew(&self.clock, writable).await;
        self.standing().extend_to(self.term.until_us());
        self.standing().promise(lease.promised());
        if renewed? == Renewed::Lost {
            let number = self.number();
            let why = format!("the lease of node number {number} went to another node");
            self.lost.send_replace(Some(why));
        }
        Ok(())
    }

    pub(super) async fn announce(&self) -> Result<(), StoreError> {
        let state = match self.serves.load(Ordering::Relaxed) {
            true => NodeState::Serving,
            false => NodeState::Joining,
        };
        self.peers().announce(self.row(state)).await
    }

    /// Takes in how far this node's wall clock is ahead; says so once when that is too far.
    pub(super) fn judge_clock(&self, ahead_us: i64) {
        self.ahead_us.store(ahead_us, Ordering::Relaxed);
        if clocks::is_right(ahead_us) {
            *self.right_at.lock() = Some(Both::now(&**self.clock.wall()));
        }
        let mut agreement = self.agreement.lock();
        let was_off = agreement.is_off();
        if agreement.judge(ahead_us) {
            let why = clocks::refusal(ahead_us);
            if !was_off {
                tracing::error!("{why}: it takes no writes until that is mended");
            }
            self.standing().refuse(why);
        } else if was_off {
            self.standing().allow();
            tracing::info!("this node's clock is right again");
        }
    }

    fn has_jumped(&self) -> bool {
        let right_at = *self.right_at.lock();
        let now = Both::now(&**self.clock.wall());
        right_at.is_some_and(|then| then.has_jumped(now))
    }

    /// How far the wall clock is ahead of the others', in microseconds, as last measured.
    pub fn ahead_us(&self) -> Option<i64> {
        let ahead_us = self.ahead_us.load(Ordering::Relaxed);
        (ahead_us != UNMEASURED).then_some(ahead_us)
    }

    /// Ends when this process must, and says why.
    pub async fn lost(&self) -> String {
        let mut told = self.lost.subscribe();
        let why = told.wait_for(Option::is_some).await;
        why.map_or_else(|_| String::new(), |why| why.clone().unwrap_or_default())
    }

    pub(super) fn peers(&self) -> &Peers {
        let peers = self.store.peers();
        peers.expect("the store was made with a membership")
    }

    fn standing(&self) -> &Arc<Standing> {
        self.peers().standing()
    }

    fn row(&self, state: NodeState) -> NodeRow {
        NodeRow::new(&*self.address, version::NUMBER, state)
    }

    /// The last words of a node that writes nothing any more: it tells the others, and gives its
    /// number back.
    pub(super) async fn end(&self) {
        let said = timeout(END_TIME_MAX, self.peers().end()).await;
        if !matches!(said, Ok(Ok(()))) {
            tracing::warn!("the other nodes could not be told that this one ends");
        }
        let Some(lease) = self.lease.lock().await.take() else {
            return;
        };
        self.standing().extend_to(0);
        let released = timeout(END_TIME_MAX, lease.release(&self.clock)).await;
        if !matches!(released, Ok(Ok(()))) {
            tracing::warn!("the node number could not be given back; it runs out by itself");
        }
    }
}

/// Hints go over the bus.
struct Hints(Arc<dyn Bus>);

impl Outlet for Hints {
    fn hint(&self, hint: Bytes) {
        self.0.publish(Topic::Events, hint);
    }
}

/// Without a bus the others ask the store.
struct Silence;

impl Outlet for Silence {
    fn hint(&self, _hint: Bytes) {}
}

//! Several nodes over one simulated engine, with clocks of their own and a bus that loses what it
//! likes; and an oracle that knows all.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::clock::{Clock, ManualClock};
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::event::Event;
use petrel_model::id::{AccountId, Id, NotificationId};
use petrel_store::conformance::{Other, Plains, RawKey, RawValue};
use petrel_store::events::{Events, Happened};
use petrel_store::sim::{self, Hostility, SimEngine};
use petrel_store::{
    Engine, Key, Listener, NodeRow, NodeState, Outlet, Record, Stamp, Store, StoreError, Table,
};

/// Where an event stands: node, token, place.
pub type At = (u16, u64, u64);

/// Hints on their way, to all.
#[derive(Default)]
pub struct Bus(pub Mutex<VecDeque<Bytes>>);

impl Outlet for Bus {
    fn hint(&self, hint: Bytes) {
        self.0.lock().push_back(hint);
    }
}

/// What a node was told.
#[derive(Default)]
pub struct Ear {
    told: Mutex<HashMap<At, Told>>,
    /// The greatest watermark that the node was seen to have.
    watermark: Mutex<Stamp>,
}

#[derive(Default, Clone, Copy)]
struct Told {
    unsettled: usize,
    settled: usize,
}

impl Listener for Ear {
    fn happened(&self, happened: &Happened) {
        let at = (happened.node, happened.token, happened.sequence);
        let mut told = self.told.lock();
        let told = told.entry(at).or_default();
        if happened.settled {
            told.settled += 1;
            assert!(
                happened.stamp > *self.watermark.lock() || told.settled > 1,
                "the watermark had passed {happened:?}"
            );
        } else {
            told.unsettled += 1;
            assert_eq!(
                told.settled, 0,
                "told again after it was settled: {happened:?}"
            );
        }
    }
}

impl Ear {
    pub fn settled(&self, at: At) -> usize {
        self.told.lock().get(&at).map_or(0, |told| told.settled)
    }

    pub fn unsettled(&self, at: At) -> usize {
        self.told.lock().get(&at).map_or(0, |told| told.unsettled)
    }
}

pub struct Node {
    pub store: Store,
    pub wall: Arc<ManualClock>,
    pub ear: Arc<Ear>,
    pub is_dead: bool,
}

pub struct World {
    pub engine: Arc<SimEngine>,
    pub engine_wall: Arc<ManualClock>,
    pub bus: Arc<Bus>,
    pub nodes: Vec<Node>,
    pub dice: SeededEntropy,
    /// Of a thousand hints so many are lost on the way to each node.
    pub loss: u64,
    /// By account: the latest acknowledged stamp of each of its rows.
    acked: BTreeMap<(u64, u64), Stamp>,
}

/// Partitions of an account, in two tables.
pub const PLACES: u64 = 4;

impl World {
    /// So many nodes, all joined and taking writes, with clocks 450 ms apart.
    pub async fn of(nodes: u16, seed: u64, loss: u64) -> World {
        let engine_wall = Arc::new(ManualClock::at_ms(sim::BEGIN_MS + 300));
        let mut world = World {
            engine: SimEngine::calm(engine_wall.clone(), seed),
            engine_wall,
            bus: Arc::default(),
            nodes: Vec::new(),
            dice: SeededEntropy::new(seed),
            loss,
            acked: BTreeMap::new(),
        };
        for number in 0..nodes {
            world
                .add(number, 1, sim::BEGIN_MS + 450 * u64::from(number))
                .await;
        }
        world.live_for(4_000).await;
        assert!(
            world
                .nodes
                .iter()
                .all(|node| node.store.unwritable().is_none())
        );
        world
    }

    /// A node that begins.
    pub async fn add(&mut self, number: u16, token: u64, now_ms: u64) {
        let ear = Arc::new(Ear::default());
        let listeners: Vec<Arc<dyn Listener>> = vec![ear.clone()];
        let (store, wall) = sim::member(
            self.engine.clone(),
            number,
            token,
            now_ms,
            self.bus.clone(),
            listeners,
        );
        while store.peers().unwrap().join(row()).await.is_err() {}
        self.nodes.push(Node {
            store,
            wall,
            ear,
            is_dead: false,
        });
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.dice.next_u64() % bound
    }

    /// Time goes on for all, with rounds and announcements as they come.
    pub async fn live_for(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(250) {
            self.advance(250);
            for node in self.nodes.iter().filter(|node| !node.is_dead) {
                let peers = node.store.peers().unwrap();
                if self.below(4) == 0 {
                    let _ = peers.announce(row()).await;
                }
                let _ = peers.round().await;
            }
            self.deliver();
            self.look();
        }
    }

    pub fn advance(&self, ms: u64) {
        self.engine_wall.advance_ms(ms);
        self.nodes.iter().for_each(|node| node.wall.advance_ms(ms));
    }

    /// What of the bus is not lost arrives.
    pub fn deliver(&self) {
        let hints: Vec<Bytes> = self.bus.0.lock().drain(..).collect();
        for hint in hints {
            for node in self.nodes.iter().filter(|node| !node.is_dead) {
                if self.below(1_000) >= self.loss {
                    node.store.hear(&hint);
                }
            }
        }
    }

    /// Notes watermarks: nothing may be told later that they have passed.
    pub fn look(&self) {
        for node in &self.nodes {
            let mut watermark = node.ear.watermark.lock();
            *watermark = node.store.watermark().max(*watermark);
        }
    }

    /// A command of the account, on a node: writes some of its partitions. Tried again as the
    /// contract allows; the stamp, if it was acknowledged.
    pub async fn command(&self, node: usize, account: u64) -> Option<(Stamp, Vec<u64>)> {
        let store = &self.nodes[node].store;
        let mut batch = store.batch();
        let places: Vec<u64> = (0..PLACES).filter(|_| self.below(2) == 0).collect();
        for place in &places {
            let (partition, value) = (key(account, *place), RawValue::from("x"));
            match place % 2 {
                0 => batch.put::<Plains>(&partition, &RawKey::from("s"), &value),
                _ => batch.put::<Other>(&partition, &RawKey::from("s"), &value),
            }
        }
        batch.latest(AccountId(Id(account)));
        if self.below(4) > 0 {
            let (account, notification) = (AccountId(Id(account)), NotificationId(Id(1)));
            batch.emit(Event::Notified {
                account,
                notification,
            });
        }
        for _ in 0..self.below(6) {
            match batch.commit().await {
                Ok(stamp) => return Some((stamp, places)),
                Err(
                    StoreError::Timeout { .. }
                    | StoreError::Unavailable(_)
                    | StoreError::Unwritable(_),
                ) => {}
                Err(other) => panic!("{other}"),
            }
        }
        None
    }

    pub fn note(&mut self, account: u64, answer: Option<(Stamp, Vec<u64>)>) {
        for (stamp, place) in answer
            .iter()
            .flat_map(|(stamp, places)| places.iter().map(move |place| (stamp, place)))
        {
            let known = self.acked.entry((account, *place)).or_default();
            *known = (*known).max(*stamp);
        }
    }

    /// A request of the account on this node shows all that was acknowledged before it.
    pub async fn request(&self, node: usize, account: u64) {
        let known = self.acked.clone();
        let store = &self.nodes[node].store;
        if store.attend(Some(AccountId(Id(account)))).await.is_err() {
            return;
        }
        self.look();
        for place in 0..PLACES {
            let seen = loop {
                let partition = key(account, place);
                let seen = match place % 2 {
                    0 => store
                        .partition::<Plains>(&partition)
                        .await
                        .map(|rows| rows.first().map(|row| row.revision)),
                    _ => store
                        .partition::<Other>(&partition)
                        .await
                        .map(|rows| rows.first().map(|row| row.revision)),
                };
                if let Ok(seen) = seen {
                    break seen.unwrap_or_default();
                }
            };
            let acked = known.get(&(account, place)).copied().unwrap_or_default();
            assert!(
                seen >= acked,
                "node {node} shows {seen:?} of {account}/{place}, acknowledged was {acked:?}"
            );
        }
    }

    /// All events that are in the engine, those of the last two seconds aside.
    pub async fn events(&self) -> Vec<At> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let (rows, next) = self
                .engine
                .scan_table(Events::ID, token, 1_000)
                .await
                .unwrap();
            for full in rows {
                let (node, token, _) = <(u16, u64, u64)>::from_bytes(&full.partition).unwrap();
                let row = <Events as Table>::Value::from_value(&full.row.value).unwrap();
                let is_bridge = row.raised;
                let is_old = full.row.revision.0 + 2_000_000 < self.engine_wall.now_us();
                if !is_bridge && is_old {
                    found.push((node, token, u64::from_bytes(&full.row.sort).unwrap()));
                }
            }
            token = next;
            if token.is_none() {
                return found;
            }
        }
    }

    /// The world is well again, and what is in doubt is decided.
    pub async fn heal(&mut self) {
        self.engine.set_hostility(Hostility::CALM);
        self.live_for(40_000).await;
        self.engine.settle();
        self.live_for(5_000).await;
    }
}

pub fn key(account: u64, place: u64) -> RawKey {
    RawKey::from(format!("{account}/{place}").as_str())
}

pub fn row() -> NodeRow {
    NodeRow::new("127.0.0.1:3000", "test", NodeState::Serving)
}

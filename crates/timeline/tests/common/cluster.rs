//! Several nodes over one simulated engine, with clocks that differ and hints that may be lost.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::clock::{Clock, ManualClock, Node};
use petrel_model::id::AccountId;
use petrel_social::Ctx;
use petrel_store::sim::{BEGIN_MS, Hostility, SimEngine};
use petrel_store::{NodeRow, NodeState, Outlet};
use petrel_timeline::Rebuilt;
use petrel_timeline::log::LogSettings;

use super::{Dice, Seat, World};

/// How far each node's clock is ahead of the engine's, in milliseconds.
const AHEAD_MS: [u64; 3] = [0, 900, 450];
/// How often a node looks after its peers, in milliseconds.
const ROUND_MS: u64 = 250;
/// How often it renews what it says of itself, in rounds.
const ANNOUNCE_ROUNDS: u64 = 4;
/// How long until all nodes know one that has joined and it takes writes, in milliseconds.
const JOINED_MS: u64 = 5_000;
/// Further attempts at what a hostile engine refuses.
const TRIES: usize = 100;

pub struct Cluster {
    pub engine: Arc<SimEngine>,
    engine_wall: Arc<ManualClock>,
    pub bus: Arc<Bus>,
    pub nodes: Vec<World>,
    settings: LogSettings,
    rounds: u64,
}

/// Hints that nobody has heard yet, with the numbers of the nodes that gave them.
#[derive(Default)]
pub struct Bus {
    waiting: Mutex<Vec<(u16, Bytes)>>,
}

struct Line {
    bus: Arc<Bus>,
    from: u16,
}

impl Outlet for Line {
    fn hint(&self, hint: Bytes) {
        self.bus.waiting.lock().push((self.from, hint));
    }
}

impl Cluster {
    /// Three nodes that know each other.
    pub async fn new(seed: u64, hostility: Hostility, settings: LogSettings) -> Cluster {
        let engine_wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let mut cluster = Cluster {
            engine: SimEngine::new(engine_wall.clone(), seed, hostility),
            engine_wall,
            bus: Arc::default(),
            nodes: Vec::new(),
            settings,
            rounds: 0,
        };
        for number in 0..AHEAD_MS.len() as u16 {
            let (node, _) = cluster.start(number, 1, None).await;
            cluster.nodes.push(node);
        }
        cluster.pass(JOINED_MS).await;
        cluster
    }

    /// A node that has joined and filled its log. It is not among `nodes` yet.
    pub async fn start(
        &self,
        number: u16,
        token: u64,
        folder: Option<PathBuf>,
    ) -> (World, Rebuilt) {
        let ahead_ms = AHEAD_MS[usize::from(number) % AHEAD_MS.len()];
        let now_ms = self.engine_wall.now_ms() + ahead_ms;
        let seat = Seat {
            node: Node::Member(number),
            token,
            outlet: Some(Arc::new(Line {
                bus: self.bus.clone(),
                from: number,
            })),
        };
        let wall = Arc::new(ManualClock::at_ms(now_ms));
        let world = World::start(self.engine.clone(), wall, seat, self.settings, folder);
        let store = &world.social.store;
        let peers = store.peers().expect("it is a member");
        for attempt in 0.. {
            match peers.join(row(NodeState::Joining)).await {
                Ok(()) => break,
                Err(error) => assert!(attempt < TRIES, "{error}"),
            }
        }
        for attempt in 0.. {
            match world.timelines.rebuild(store).await {
                Ok(rebuilt) => return (world, rebuilt),
                Err(error) => assert!(attempt < TRIES, "{error}"),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Time passes, and the nodes do what they do meanwhile.
    pub async fn pass(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(ROUND_MS) {
            self.rounds += 1;
            self.advance(ROUND_MS);
            for node in &self.nodes {
                let peers = node.social.store.peers().expect("it is a member");
                if self.rounds.is_multiple_of(ANNOUNCE_ROUNDS) {
                    drop(peers.announce(row(NodeState::Serving)).await);
                }
                drop(peers.round().await);
            }
        }
    }

    /// Time passes, and nobody looks.
    pub fn advance(&self, ms: u64) {
        self.engine_wall.advance_ms(ms);
        self.nodes.iter().for_each(|node| node.wall.advance_ms(ms));
    }

    /// Each hint is heard by each other node, or lost, or still under way.
    pub fn deliver_some(&self, dice: &Dice) {
        self.deliver(|| match dice.below(4) {
            0 | 1 => Fate::Heard,
            2 => Fate::Lost,
            _ => Fate::UnderWay,
        });
    }

    pub fn deliver_all(&self) {
        self.deliver(|| Fate::Heard);
    }

    pub fn lose_all(&self) {
        self.bus.waiting.lock().clear();
    }

    fn deliver(&self, fate: impl Fn() -> Fate) {
        let waiting = std::mem::take(&mut *self.bus.waiting.lock());
        for (from, hint) in waiting {
            let mut is_late = false;
            for node in &self.nodes {
                let number = node.social.clock.node().number();
                match fate() {
                    Fate::Heard if number != from => node.social.store.hear(&hint),
                    Fate::UnderWay => is_late = true,
                    _ => {}
                }
            }
            if is_late {
                self.bus.waiting.lock().push((from, hint));
            }
        }
    }

    /// The person on this node, as the door lets them in.
    pub async fn attended(&self, node: usize, person: AccountId) -> Ctx {
        let node = &self.nodes[node];
        for attempt in 0.. {
            match node.social.store.attend(Some(person)).await {
                Ok(()) => break,
                Err(error) => assert!(attempt < TRIES, "{error}"),
            }
        }
        node.acting(person)
    }

    /// Somebody who reads only what the engine says, at this node's time.
    pub fn observer(&self, node: usize) -> World {
        let seat = Seat {
            node: Node::Member(1_000),
            token: 1,
            outlet: None,
        };
        let wall = self.nodes[node].wall.clone();
        World::start(self.engine.clone(), wall, seat, self.settings, None)
    }

    /// The engine behaves, all that was in doubt is decided, and all nodes know it.
    pub async fn heal(&mut self) {
        self.engine.set_hostility(Hostility::CALM);
        self.engine.settle();
        self.pass(JOINED_MS).await;
        for node in &self.nodes {
            node.social.store.catch_up().await.expect("it is healed");
        }
    }
}

enum Fate {
    Heard,
    Lost,
    UnderWay,
}

pub fn row(state: NodeState) -> NodeRow {
    NodeRow::new("127.0.0.1:3000", "test", state)
}

//! Nodes over one simulated engine, each with its own clock, cache and counts.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::clock::ManualClock;
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::id::AccountId;
use petrel_social::accounts::{self, CreateOptions, NewAccount};
use petrel_social::counts::Counts;
use petrel_social::round_trips::Counting;
use petrel_social::settings::Settings;
use petrel_social::{Caller, Ctx, Error, Social};
use petrel_store::sim::{self, BEGIN_MS, Hostility, SimEngine};
use petrel_store::{NodeRow, NodeState, Outlet, StoreError};

use crate::common::settings;
use held::Held;

#[path = "held.rs"]
pub mod held;

/// How far the clocks of three nodes are apart, in milliseconds.
pub const APART_MS: [u64; 3] = [0, 450, 900];
/// How often something is tried that the engine did not answer.
const TRIES_MAX: usize = 100;
/// How long a step of time is, in milliseconds: as often as housekeeping is done.
const STEP_MS: u64 = 250;

pub struct Node {
    pub social: Arc<Social>,
    pub wall: Arc<ManualClock>,
    pub engine: Arc<Counting>,
    /// Between the node and the engine.
    pub held: Arc<Held>,
    hints: Arc<Hints>,
}

#[derive(Default)]
struct Hints(Mutex<VecDeque<Bytes>>);

impl Outlet for Hints {
    fn hint(&self, hint: Bytes) {
        self.0.lock().push_back(hint);
    }
}

pub struct Cluster {
    pub nodes: Vec<Node>,
    pub sim: Arc<SimEngine>,
    pub wall: Arc<ManualClock>,
    pub dice: SeededEntropy,
    /// Whether hints arrive.
    pub bus: bool,
}

impl Cluster {
    /// Three nodes that have joined, and an engine that is calm as yet.
    pub async fn new(seed: u64) -> Cluster {
        Cluster::of(seed, &APART_MS).await
    }

    pub async fn of(seed: u64, apart_ms: &[u64]) -> Cluster {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let sim = SimEngine::calm(wall.clone(), seed);
        let mut nodes = Vec::new();
        for (number, apart_ms) in (1..).zip(apart_ms) {
            nodes.push(node(&sim, number, BEGIN_MS + apart_ms, seed));
        }
        let cluster = Cluster {
            nodes,
            sim,
            wall,
            dice: SeededEntropy::new(seed),
            bus: false,
        };
        for node in &cluster.nodes {
            let peers = node.social.store.peers().unwrap();
            peers.join(row()).await.unwrap();
        }
        // Until they take writes.
        for _ in 0..16 {
            cluster.step().await;
        }
        for node in &cluster.nodes {
            assert_eq!(node.social.store.unwritable(), None);
        }
        cluster
    }

    /// A quarter of a second passes, and each node does its housekeeping.
    pub async fn step(&self) {
        self.wall.advance_ms(STEP_MS);
        for node in &self.nodes {
            node.wall.advance_ms(STEP_MS);
            let peers = node.social.store.peers().unwrap();
            // What fails is done at the next.
            let _ = peers.announce(row()).await;
            let _ = peers.round().await;
        }
        self.deliver();
    }

    pub fn deliver(&self) {
        for (at, node) in self.nodes.iter().enumerate() {
            for hint in node.hints.0.lock().drain(..) {
                let others = self
                    .nodes
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != at);
                for (_, other) in others.filter(|_| self.bus) {
                    other.social.store.hear(&hint);
                }
            }
        }
    }

    pub fn hostile(&self, hostility: Hostility) {
        self.sim.set_hostility(hostility);
    }

    pub fn below(&self, bound: usize) -> usize {
        (self.dice.next_u64() % bound as u64) as usize
    }

    pub fn system(&self, node: usize) -> Ctx {
        Ctx::system(self.nodes[node].social.clone())
    }

    /// As the account on this node, without asking what it did on others: as no request does.
    pub fn unattended(&self, node: usize, account: AccountId) -> Ctx {
        Ctx::acting_for(self.nodes[node].social.clone(), account)
    }

    /// As a request of the account begins on this node.
    pub async fn ask(&self, node: usize, account: AccountId) -> Ctx {
        let store = &self.nodes[node].social.store;
        answered(async || Ok(store.attend(Some(account)).await?))
            .await
            .unwrap();
        self.unattended(node, account)
    }

    pub fn anonymous(&self, node: usize) -> Ctx {
        Ctx {
            social: self.nodes[node].social.clone(),
            caller: Caller::Anonymous,
            request_id: "test".into(),
        }
    }

    pub async fn person(&self, node: usize, name: &str) -> AccountId {
        let options = CreateOptions {
            confirmed: true,
            ..CreateOptions::default()
        };
        let ctx = self.system(node);
        accounts::create(&ctx, new_account(name), options)
            .await
            .unwrap()
    }
}

pub fn new_account(name: &str) -> NewAccount {
    NewAccount {
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        password: "correct horse".to_owned(),
        agreement: true,
        locale: None,
        reason: None,
    }
}

fn row() -> NodeRow {
    NodeRow::new("127.0.0.1", "test", NodeState::Serving)
}

fn node(sim: &Arc<SimEngine>, number: u16, now_ms: u64, seed: u64) -> Node {
    let held = Held::over(sim.clone());
    let engine = Counting::over(held.clone());
    let hints = Arc::new(Hints::default());
    let counts = Arc::new(Counts::default());
    let (store, wall) = sim::member(
        engine.clone(),
        number,
        1,
        now_ms,
        hints.clone(),
        vec![counts.clone()],
    );
    let social = Arc::new(Social {
        clock: store.clock().clone(),
        store,
        entropy: Arc::new(SeededEntropy::new(seed * 10 + u64::from(number))),
        settings: settings(Settings::CHAPTER_ROWS),
        counts,
        access: Default::default(),
    });
    Node {
        social,
        wall,
        engine,
        held,
        hints,
    }
}

/// Whether the engine did not answer: it says nothing of what was asked.
pub fn is_silence<T>(answer: &Result<T, Error>) -> bool {
    matches!(
        answer,
        Err(Error::Store(
            StoreError::Timeout { .. } | StoreError::Unavailable(_) | StoreError::Unwritable(_)
        ))
    )
}

/// The first answer, as a client gets it that tries again.
pub async fn answered<T>(mut ask: impl AsyncFnMut() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 0..TRIES_MAX {
        let answer = ask().await;
        if !is_silence(&answer) {
            return answer;
        }
    }
    panic!("the engine never answers");
}

//! Three machines over one hostile engine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use parking_lot::Mutex;
use petrel_bus::LocalBus;
use petrel_store::sim::{Hostility, SimEngine};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::dice::Dice;
use crate::faults::Swarm;
use crate::node::{Node, Place, Running};
use crate::trace::Trace;
use crate::wall::Wall;
use crate::wire::{Rules, Wire};

pub const MACHINES: usize = 3;
/// How long a start may take until it counts as a failure.
const START_TIME_MAX: Duration = Duration::from_secs(180);
const LOOK_PERIOD: Duration = Duration::from_millis(100);

pub struct Cluster {
    pub engine: Arc<SimEngine>,
    pub trace: Arc<Trace>,
    /// What all batches must keep to.
    pub rules: Arc<Rules>,
    bus: LocalBus,
    machines: Vec<Machine>,
    swarm: Swarm,
    seed: u64,
}

struct Machine {
    wall: Arc<Wall>,
    state: Mutex<State>,
    /// How many lives it has had; who works on one of them is told when it ends.
    lives: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    wire: Option<Arc<Wire>>,
    running: Option<Running>,
    starting: Option<JoinHandle<Result<Running>>>,
    starts: u64,
}

impl Cluster {
    pub fn new(seed: u64, swarm: &Swarm, trace: Arc<Trace>) -> Cluster {
        let began = Instant::now();
        let engine_wall = Arc::new(Wall::new(began, 0, 0));
        let engine = SimEngine::new(engine_wall.clone(), seed, Hostility::CALM);
        let machine = |(ahead_ms, drift_ppm)| Machine {
            wall: Arc::new(Wall::new(began, ahead_ms, drift_ppm)),
            state: Mutex::default(),
            lives: watch::Sender::new(0),
        };
        Cluster {
            engine,
            trace,
            rules: Arc::default(),
            bus: LocalBus::lossy(engine_wall, seed, swarm.bus),
            machines: swarm.clocks.into_iter().map(machine).collect(),
            swarm: swarm.clone(),
            seed,
        }
    }

    /// Begins a start of a machine that is down; it goes on by itself.
    pub fn start(&self, at: usize) {
        let machine = &self.machines[at];
        let mut state = machine.state.lock();
        if state.running.is_some() || state.starting.is_some() {
            return;
        }
        state.starts += 1;
        let about = 1_000 + (state.starts << 4) + at as u64;
        let wire = Wire::new(
            self.engine.clone(),
            self.trace.clone(),
            self.rules.clone(),
            Dice::new(self.seed, about),
            at as u8,
            self.swarm.way_ms_max,
        );
        let place = Place {
            at,
            wire: wire.clone(),
            wall: machine.wall.clone(),
            start: state.starts,
            seed: self.seed,
            log: self.swarm.log,
            chapter_rows: self.swarm.chapter_rows,
        };
        state.wire = Some(wire);
        state.starting = Some(tokio::task::spawn_local(Node::start(
            place,
            self.bus.node(),
        )));
    }

    /// The process ends where it is. Its rows stay, its memory is gone.
    pub fn crash(&self, at: usize) {
        let machine = &self.machines[at];
        let gone = {
            let mut state = machine.state.lock();
            if let Some(starting) = state.starting.take() {
                starting.abort();
            }
            state.running.take()
        };
        drop(gone);
        machine.lives.send_modify(|lives| *lives += 1);
    }

    /// Takes in the starts that are done.
    ///
    /// # Errors
    /// A start that failed for good.
    pub async fn take_in(&self) -> Result<()> {
        for machine in &self.machines {
            let done = {
                let mut state = machine.state.lock();
                let is_done = state.starting.as_ref().is_some_and(JoinHandle::is_finished);
                if is_done { state.starting.take() } else { None }
            };
            if let Some(done) = done {
                let running = done
                    .await
                    .map_err(|error| anyhow!("a start died: {error}"))??;
                machine.state.lock().running = Some(running);
            }
        }
        Ok(())
    }

    /// Those that serve.
    pub fn nodes(&self) -> Vec<Arc<Node>> {
        let running = |machine: &Machine| {
            let state = machine.state.lock();
            state.running.as_ref().map(|running| running.node.clone())
        };
        self.machines.iter().filter_map(running).collect()
    }

    pub fn is_up(&self, at: usize) -> bool {
        self.machines[at].state.lock().running.is_some()
    }

    /// Does the work, unless the machine's present life ends before: then it is dropped where it is.
    pub async fn unless_crashed<T>(&self, at: usize, work: impl Future<Output = T>) -> Option<T> {
        let mut lives = self.machines[at].lives.subscribe();
        tokio::select! {
            biased;
            _ = lives.changed() => None,
            done = work => Some(done),
        }
    }

    /// As [`Cluster::unless_crashed`], beside everything else that goes on.
    pub fn meanwhile(&self, at: usize, work: impl Future<Output = ()> + 'static) -> JoinHandle<()> {
        let mut lives = self.machines[at].lives.subscribe();
        tokio::task::spawn_local(async move {
            tokio::select! {
                biased;
                _ = lives.changed() => {}
                () = work => {}
            }
        })
    }

    /// Starts what is down and waits until all serve.
    ///
    /// # Errors
    /// If one does not.
    pub async fn all_up(&self) -> Result<()> {
        let until = Instant::now() + START_TIME_MAX;
        loop {
            for at in 0..MACHINES {
                if self.is_lost(at) {
                    self.crash(at);
                }
                self.start(at);
            }
            self.take_in().await?;
            if self.nodes().len() == MACHINES {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(anyhow!("a node did not start"));
            }
            sleep(LOOK_PERIOD).await;
        }
    }

    /// Whether the process would have ended by itself: it lost its lease.
    pub fn is_lost(&self, at: usize) -> bool {
        let state = self.machines[at].state.lock();
        state.running.as_ref().is_some_and(|run| run.node.is_lost())
    }

    pub fn is_starting(&self, at: usize) -> bool {
        self.machines[at].state.lock().starting.is_some()
    }

    pub fn cut_engine(&self, at: usize, is_cut: bool) {
        if let Some(wire) = &self.machines[at].state.lock().wire {
            wire.cut(is_cut);
        }
    }

    pub fn cut_bus(&self, is_cut: bool) {
        match is_cut {
            true => self.bus.cut(),
            false => self.bus.mend(),
        }
    }

    /// Late hints come.
    pub fn release_hints(&self) {
        self.bus.release();
    }

    /// No faults any more, and what is on its way lands.
    pub fn heal(&self) {
        self.engine.set_hostility(Hostility::CALM);
        self.engine.settle();
        self.cut_bus(false);
        self.bus.release();
        for at in 0..MACHINES {
            self.cut_engine(at, false);
        }
    }
}

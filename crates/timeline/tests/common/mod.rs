//! A small world on the simulated engine, with its timelines, driven through the domain's commands.
#![allow(dead_code)]

pub mod cluster;
pub mod life;
pub mod naive;

use std::path::PathBuf;
use std::sync::Arc;

use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::id::{AccountId, StatusId};
use petrel_social::accounts::CreateOptions;
use petrel_social::counts::Counts;
use petrel_social::round_trips::Counting;
use petrel_social::statuses::Draft;
use petrel_social::testing;
use petrel_social::{Caller, Ctx, Social, statuses};
use petrel_store::sim::{BEGIN_MS, SimEngine};
use petrel_store::{Listener, Membership, Outlet, Standing, Store, StoreOptions};
use petrel_timeline::log::LogSettings;
use petrel_timeline::{Rebuilt, Streams, Timelines};

/// A log that holds a few dozen statuses.
pub const TINY: LogSettings = LogSettings {
    slots_max: 64,
    segment_bits: 4,
};

pub struct World {
    pub social: Arc<Social>,
    pub timelines: Arc<Timelines>,
    pub streams: Arc<Streams>,
    pub wall: Arc<ManualClock>,
    /// What this node asks of the engine.
    pub counting: Arc<Counting>,
    engine: Arc<SimEngine>,
    settings: LogSettings,
    folder: Option<PathBuf>,
}

/// Which node a world is.
pub struct Seat {
    pub node: Node,
    pub token: u64,
    /// Where its hints go; none if it hears of no other node.
    pub outlet: Option<Arc<dyn Outlet>>,
}

impl World {
    pub fn new(settings: LogSettings, folder: Option<PathBuf>) -> World {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::calm(wall.clone(), 1);
        World::start(engine, wall, Seat::alone(1), settings, folder)
    }

    pub fn start(
        engine: Arc<SimEngine>,
        wall: Arc<ManualClock>,
        seat: Seat,
        settings: LogSettings,
        folder: Option<PathBuf>,
    ) -> World {
        let Seat {
            node,
            token,
            outlet,
        } = seat;
        let clock = Arc::new(HybridClock::new(wall.clone(), node, Stamp::MIN));
        let counts = Arc::new(Counts::default());
        let timelines = Arc::new(Timelines::new(settings, folder.as_deref()));
        let streams = Arc::new(Streams::new(timelines.clone()));
        let listeners: Vec<Arc<dyn Listener>> =
            vec![counts.clone(), timelines.clone(), streams.clone()];
        let mut options = StoreOptions::default();
        if node != Node::Single {
            let standing = Arc::new(Standing::new(wall.clone()));
            standing.extend_to(u64::MAX);
            options.membership = outlet.map(|outlet| Membership { standing, outlet });
            // Who does not hear of the others must keep nothing.
            if options.membership.is_none() {
                options.cache_bytes = 0;
            }
        }
        let counting = Counting::over(engine.clone());
        let store = Store::with_options(counting.clone(), clock.clone(), token, listeners, options);
        let seed = token * 1_000 + u64::from(node.number());
        let social = testing::social(store, counts, seed, testing::settings());
        World {
            social,
            timelines,
            streams,
            wall,
            counting,
            engine,
            settings,
            folder,
        }
    }

    /// As after the end of the process and its next start.
    pub async fn restarted(&self, settings: LogSettings) -> (World, Rebuilt) {
        let (engine, wall) = (self.engine.clone(), self.wall.clone());
        let token = self.social.store.token() + 1;
        wall.advance_ms(10);
        let world = World::start(
            engine,
            wall,
            Seat::alone(token),
            settings,
            self.folder.clone(),
        );
        let rebuilt = world.timelines.rebuild(&world.social.store).await;
        (world, rebuilt.expect("the log is rebuilt"))
    }

    pub fn flush(&self) {
        let now_ms = self.social.clock.now_ms();
        self.timelines
            .flush(now_ms)
            .expect("the log's files are written");
    }

    pub fn anonymous(&self) -> Ctx {
        Ctx {
            social: self.social.clone(),
            caller: Caller::Anonymous,
            request_id: "test".into(),
        }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system(self.social.clone())
    }

    pub fn acting(&self, account: AccountId) -> Ctx {
        Ctx::acting_for(self.social.clone(), account)
    }

    /// An account that may act at once.
    pub async fn person(&self, name: &str) -> Ctx {
        let person = testing::person(&self.social, name, CreateOptions::default()).await;
        person.expect("the account is made")
    }

    /// Time passes.
    pub fn tick(&self) {
        self.wall.advance_ms(1_000);
    }
}

impl Seat {
    /// One machine.
    pub fn alone(token: u64) -> Seat {
        Seat {
            node: Node::Single,
            token,
            outlet: None,
        }
    }
}

pub fn id(ctx: &Ctx) -> AccountId {
    ctx.viewer().expect("a person")
}

pub fn draft(text: &str) -> Draft {
    Draft {
        text: text.to_owned(),
        ..Draft::default()
    }
}

pub async fn post(ctx: &Ctx, text: &str) -> StatusId {
    let view = statuses::create(ctx, draft(text)).await;
    view.expect("it is posted").id
}

pub struct Dice(pub SeededEntropy);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(SeededEntropy::new(seed))
    }

    pub fn below(&self, sides: usize) -> usize {
        (self.0.next_u64() % sides.max(1) as u64) as usize
    }

    pub fn one_of<'a, T>(&self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}

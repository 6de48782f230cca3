//! The hostile engine: in memory, seeded, and giving exactly the contract and not one bit more.
//! It delays, tears batches wherever the contract allows it, leaves outcomes unknown and lets
//! batches in doubt land up to the late bound on its own clock, shuffles `scan_table`, and
//! crashes. Equipment for tests: domain tests use [`store`], simulations several [`node`]s over
//! one [`SimEngine`].

mod engine;
mod hostility;
mod scan;
mod world;

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use parking_lot::{Mutex, MutexGuard};
use petrel_model::clock::{Clock, HybridClock, ManualClock, Node, Stamp};
use petrel_model::entropy::{Entropy, SeededEntropy};

use crate::table::{Mode, TableId};
use crate::{Engine, Listener, Membership, Outlet, Standing, Store, StoreError, StoreOptions};

pub use hostility::Hostility;
use world::{Flight, Group, World};

/// A batch in doubt lands within so many seconds or never.
pub const LATE_BOUND_S: u64 = 2 * 3_600;
/// Where the clocks of tests begin: 1 January 2026, in Unix milliseconds.
pub const BEGIN_MS: u64 = 1_767_225_600_000;
/// How long a [`member`] stands, in microseconds.
const STANDS_US: u64 = 3_600 * 1_000_000;
/// Half of the batches that land late do so within so many seconds.
const SOON_S: u64 = 5;

pub struct SimEngine {
    world: Mutex<World>,
    modes: Mutex<HashMap<TableId, Mode>>,
    clock: Arc<dyn Clock>,
    dice: SeededEntropy,
    hostility: Mutex<Hostility>,
}

/// What becomes of a write whose caller is told that nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doubt {
    Landed,
    Partly,
    Late,
    Never,
}

/// A store over a calm engine, and the wall clock that both go by.
pub fn store(seed: u64) -> (Store, Arc<ManualClock>) {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let engine = SimEngine::calm(wall.clone(), seed);
    let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
    (Store::new(engine, clock, 1, Vec::new()), wall)
}

/// One of several nodes over one engine, with a wall clock of its own. `token` is this start's.
/// It keeps no cache, because it does not hear what the others write.
pub fn node(
    engine: &Arc<SimEngine>,
    number: u16,
    token: u64,
    now_ms: u64,
) -> (Store, Arc<ManualClock>) {
    let wall = Arc::new(ManualClock::at_ms(now_ms));
    let clock = HybridClock::new(wall.clone(), Node::Member(number), Stamp::MIN);
    let options = StoreOptions {
        cache_bytes: 0,
        membership: None,
    };
    let store = Store::with_options(engine.clone(), Arc::new(clock), token, Vec::new(), options);
    (store, wall)
}

/// One of several nodes over one engine that hear of each other: it caches, and its hints go to
/// `outlet`. It stands from the start, for as long as its clock lets an hour pass; it takes writes
/// when it has joined and three seconds are over.
pub fn member(
    engine: Arc<dyn Engine>,
    number: u16,
    token: u64,
    now_ms: u64,
    outlet: Arc<dyn Outlet>,
    listeners: Vec<Arc<dyn Listener>>,
) -> (Store, Arc<ManualClock>) {
    let wall = Arc::new(ManualClock::at_ms(now_ms));
    let clock = HybridClock::new(wall.clone(), Node::Member(number), Stamp::MIN);
    let standing = Arc::new(Standing::new(wall.clone()));
    standing.extend_to(wall.monotonic_us() + STANDS_US);
    let membership = Some(Membership { standing, outlet });
    let options = StoreOptions {
        membership,
        ..StoreOptions::default()
    };
    let store = Store::with_options(engine, Arc::new(clock), token, listeners, options);
    (store, wall)
}

impl SimEngine {
    /// Quick, whole and always answering; still with stamps, shadows and the late bound.
    pub fn calm(clock: Arc<dyn Clock>, seed: u64) -> Arc<SimEngine> {
        SimEngine::new(clock, seed, Hostility::CALM)
    }

    pub fn hostile(clock: Arc<dyn Clock>, seed: u64) -> Arc<SimEngine> {
        SimEngine::new(clock, seed, Hostility::HOSTILE)
    }

    /// `clock` is the engine's own: expiry, late landings and forgetting go by it.
    pub fn new(clock: Arc<dyn Clock>, seed: u64, hostility: Hostility) -> Arc<SimEngine> {
        Arc::new(SimEngine {
            world: Mutex::new(World::new(LATE_BOUND_S)),
            modes: Mutex::default(),
            clock,
            dice: SeededEntropy::new(seed),
            hostility: Mutex::new(hostility),
        })
    }

    /// From now on; a simulation heals its world with [`Hostility::CALM`].
    pub fn set_hostility(&self, hostility: Hostility) {
        *self.hostility.lock() = hostility;
    }

    /// The engine's process dies and comes back: writes in the middle are in doubt, those of
    /// which nothing has landed may be lost for ever, and what was acknowledged stays.
    pub fn crash(&self) {
        let mut world = self.world.lock();
        world.crashes += 1;
        world
            .flights
            .retain(|_, flight| flight.begun || self.dice.next_u64().is_multiple_of(2));
    }

    /// Lands now what would land later.
    pub fn settle(&self) {
        self.world.lock().land_due(u64::MAX, self.now_s());
    }

    /// How many batches have not landed whole.
    pub fn in_flight(&self) -> usize {
        self.world.lock().flights.len()
    }

    fn now_s(&self) -> u64 {
        self.clock.now_ms() / 1_000
    }

    /// The world as it is now, with all landed that was due.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock();
        let now_s = self.now_s();
        world.land_due(now_s, now_s);
        world
    }

    fn below(&self, bound: u64) -> u64 {
        self.dice.next_u64() % bound.max(1)
    }

    fn chance(&self, thousandths: u64) -> bool {
        thousandths > 0 && self.below(1_000) < thousandths
    }

    fn hostility(&self) -> Hostility {
        self.hostility.lock().clone()
    }

    /// Gives way to other tasks for a few turns.
    async fn pause(&self) {
        let turns_max = self.hostility().turns_max;
        if turns_max > 0 {
            give_way(self.below(turns_max + 1)).await;
        }
    }

    async fn before_read(&self) -> Result<(), StoreError> {
        self.pause().await;
        if self.chance(self.hostility().read_timeout) {
            return Err(StoreError::Timeout {
                outcome_unknown: false,
            });
        }
        Ok(())
    }

    async fn before_write(&self) -> Result<Option<Doubt>, StoreError> {
        self.pause().await;
        let hostility = self.hostility();
        if self.chance(hostility.unavailable) {
            return Err(StoreError::Unavailable("simulated".to_owned()));
        }
        if !self.chance(hostility.in_doubt) {
            return Ok(None);
        }
        Ok(Some(match self.below(4) {
            0 => Doubt::Landed,
            1 => Doubt::Partly,
            2 => Doubt::Late,
            _ => Doubt::Never,
        }))
    }

    /// When a batch in doubt lands, in seconds from now.
    fn lateness_s(&self) -> u64 {
        let within_s = if self.chance(500) {
            SOON_S
        } else {
            LATE_BOUND_S
        };
        self.below(within_s)
    }

    /// Writes groups, tearing wherever that is allowed. A caller that stops waiting does not
    /// stop the write: what has begun lands by the late bound.
    async fn fly(&self, groups: Vec<Group>) -> Result<(), StoreError> {
        let in_doubt = Err(StoreError::Timeout {
            outcome_unknown: true,
        });
        let doubt = self.before_write().await?;
        if doubt == Some(Doubt::Never) {
            return in_doubt;
        }
        if groups.is_empty() {
            return Ok(());
        }
        let torn = self.hostility().torn;
        let lands_now = match doubt {
            None | Some(Doubt::Landed) => groups.len() as u64,
            Some(Doubt::Partly) => self.below(groups.len() as u64),
            Some(_) => 0,
        };
        let due_s = self.now_s() + self.lateness_s();
        let (flight, crashes) = {
            let mut world = self.world();
            let flight = Flight {
                groups: self.shuffled(groups, torn).into(),
                begun: false,
                due_s,
            };
            (world.take_off(flight), world.crashes)
        };
        for _ in 0..lands_now {
            if torn {
                self.pause().await;
            }
            let mut world = self.world();
            if world.crashes != crashes {
                return in_doubt;
            }
            world.land_next(flight, self.now_s());
        }
        if doubt.is_some() { in_doubt } else { Ok(()) }
    }

    fn shuffled(&self, mut groups: Vec<Group>, torn: bool) -> Vec<Group> {
        if torn {
            for last in (1..groups.len()).rev() {
                groups.swap(last, self.below(last as u64 + 1) as usize);
            }
        }
        groups
    }

    /// A new order of partitions for a run of `scan_table`; 0 is that of their bytes.
    fn salt(&self) -> u64 {
        if self.hostility().shuffled {
            self.dice.next_u64().max(1)
        } else {
            0
        }
    }

    fn page_size(&self, limit: usize) -> usize {
        if self.hostility().shuffled {
            self.below(limit as u64 + 1) as usize
        } else {
            limit
        }
    }

    /// A table is plain or conditional for life.
    fn check_mode(&self, table: TableId, mode: Mode) -> Result<(), StoreError> {
        let known = *self.modes.lock().entry(table).or_insert(mode);
        if known == mode {
            return Ok(());
        }
        Err(StoreError::Refused(format!(
            "table {table} is used as {mode:?} and as {known:?}"
        )))
    }
}

async fn give_way(mut turns: u64) {
    poll_fn(|context| {
        if turns == 0 {
            return Poll::Ready(());
        }
        turns -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Plain;
    use crate::{Cas, Outcome, Table};

    struct Notes;
    impl Table for Notes {
        const ID: TableId = 60_000;
        const NAME: &'static str = "notes";
        type Partition = u64;
        type Sort = u64;
        type Value = String;
        type Mode = Plain;
        const BOUND: &'static str = "cap: a test's";
    }

    struct Names;
    impl Table for Names {
        const ID: TableId = 60_001;
        const NAME: &'static str = "names";
        type Partition = String;
        type Sort = ();
        type Value = String;
        type Mode = Cas;
        const BOUND: &'static str = "cap: one row";
    }

    #[tokio::test]
    async fn the_store_for_domain_tests_writes_reads_and_expires() {
        let (store, wall) = store(1);
        let mut batch = store.batch();
        batch.put::<Notes>(&1, &1, &"stays".to_owned());
        let at_s = wall.now_ms() / 1_000 + 10;
        batch.put_until::<Notes>(&1, &2, &"goes".to_owned(), at_s);
        batch.commit().await.unwrap();
        assert_eq!(store.scan::<Notes>(&1).limit(10).await.unwrap().len(), 2);
        wall.advance_ms(10_000);
        assert_eq!(store.scan::<Notes>(&1).limit(10).await.unwrap().len(), 1);
        let name = "ada".to_owned();
        let claim = || store.write_if::<Names>(&name).absent(&()).put(&(), &name);
        assert!(matches!(claim().commit().await, Ok(Outcome::Applied(_))));
        assert!(matches!(claim().commit().await, Ok(Outcome::Conflict(rows)) if rows.len() == 1));
    }
}

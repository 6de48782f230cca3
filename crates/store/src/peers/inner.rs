use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use petrel_model::clock::{HybridClock, LIFT_MAX_US, Stamp};

use super::caught_up::{CaughtUp, Moment};
use super::chain::Chain;
use super::collect::Collectors;
use super::flight::Doubts;
use super::hint::Hint;
use super::own::Own;
use super::source::{Heard, Life, Source, Tell};
use super::tables::NodeRow;
use super::{Membership, Outlet, Standing};
use crate::cache::Cache;
use crate::engine::Engine;
use crate::events::EventRow;
use crate::store::Listener;

/// Hints from nodes that are not known yet: kept until the table of nodes is read again.
const STRANGERS_MAX: usize = 1_000;

/// All that a store knows of the other nodes, and they of it.
pub(crate) struct Core {
    pub engine: Arc<dyn Engine>,
    pub clock: Arc<HybridClock>,
    pub token: u64,
    pub cache: Arc<Cache>,
    pub listeners: Vec<Arc<dyn Listener>>,
    pub standing: Arc<Standing>,
    pub outlet: Arc<dyn Outlet>,
    pub(super) own: Mutex<Own>,
    pub(super) doubts: Mutex<Doubts>,
    pub(super) sources: Mutex<Sources>,
    pub(super) announcing: Mutex<Announcing>,
    pub(super) chain: Mutex<Chain>,
    pub(super) heard: AtomicU64,
    pub(super) caught_up: Mutex<CaughtUp>,
    pub(super) counters: Counters,
    pub(super) collectors: Collectors,
}

#[derive(Default)]
pub(super) struct Counters {
    pub hints_heard: AtomicU64,
    pub hints_ignored: AtomicU64,
    /// Those that began.
    pub catch_ups: AtomicU64,
}

#[derive(Default)]
pub(super) struct Sources {
    pub map: BTreeMap<(u16, u64), Source>,
    strangers: VecDeque<Hint>,
    pub reading: Option<Reading>,
    /// A stranger was heard: the table of nodes is to be read at once.
    pub is_reading_due: bool,
    /// Catch-ups so far.
    pub pass: u64,
}

/// When the table of nodes was asked for, by this node's clocks in microseconds.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub sent_us: u64,
    pub wall_us: u64,
}

/// What this node says of itself.
#[derive(Default)]
pub(super) struct Announcing {
    pub row: Option<NodeRow>,
    pub beat: u64,
    /// When the last announcement that succeeded was sent, by the boot-time clock in microseconds.
    pub sent_us: Option<u64>,
    pub writable_from_us: u64,
    /// What was stamped up to here may have been on its way while the others held this node for
    /// dead: they do not wait for it, so it is never acknowledged.
    pub silent_until: Stamp,
    pub is_ended: bool,
}

impl Core {
    pub fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<HybridClock>,
        token: u64,
        cache: Arc<Cache>,
        listeners: Vec<Arc<dyn Listener>>,
        membership: Membership,
    ) -> Arc<Core> {
        Arc::new(Core {
            engine,
            clock,
            token,
            cache,
            listeners,
            standing: membership.standing,
            outlet: membership.outlet,
            own: Mutex::default(),
            doubts: Mutex::default(),
            sources: Mutex::default(),
            announcing: Mutex::default(),
            chain: Mutex::default(),
            heard: AtomicU64::new(0),
            caught_up: Mutex::default(),
            counters: Counters::default(),
            collectors: Collectors::default(),
        })
    }

    pub fn now_us(&self) -> u64 {
        self.clock.wall().monotonic_us()
    }

    pub fn node(&self) -> u16 {
        self.clock.node().number()
    }

    pub fn late_bound_us(&self) -> u64 {
        self.engine.late_bound_s() * 1_000_000
    }

    /// Up to where all other nodes are heard of.
    pub fn heard(&self) -> Stamp {
        Stamp(self.heard.load(Ordering::Acquire))
    }

    /// The same of this node too: none of its own events under way is earlier.
    pub fn watermark(&self) -> Stamp {
        // In this order: what is drawn after the second is later than it.
        let heard = self.heard();
        heard.min(self.own.lock().watermark(&self.clock))
    }

    /// How many places of its own sequence this start has drawn.
    pub fn drawn(&self) -> u64 {
        self.own.lock().drawn()
    }

    /// Whether all is known here that was acknowledged so long ago, in microseconds.
    pub fn is_fresh_within(&self, age_us_max: u64) -> bool {
        let wall_us = self.clock.wall().now_us();
        let not_before_us = self.now_us().saturating_sub(age_us_max);
        self.heard().0.saturating_add(age_us_max) >= wall_us
            || self.caught_up.lock().is_since(not_before_us)
    }

    /// Whether all is known here that may bear on rows of these revisions. The greatest does not
    /// stand for the others: a node whose clock is behind may draw an earlier one later.
    pub fn is_fresh_for_each(&self, mut revisions: impl Iterator<Item = Stamp>) -> bool {
        let (heard, caught_up) = (self.heard(), self.caught_up.lock());
        revisions.all(|revision| heard >= revision || caught_up.covers(revision))
    }

    pub fn moment(&self) -> Moment {
        Moment(self.counters.catch_ups.load(Ordering::SeqCst))
    }

    /// Whether a catch-up succeeded that began after this moment, and at most so many microseconds
    /// ago.
    pub fn has_caught_up(&self, moment: Moment, age_us_max: u64) -> bool {
        let not_before_us = self.now_us().saturating_sub(age_us_max);
        let caught_up = self.caught_up.lock();
        caught_up.is_after(moment) && caught_up.is_since(not_before_us)
    }

    /// What this node writes is later than each command that it hears of.
    pub(super) fn note(&self, stamp: Stamp, rows: &[EventRow]) {
        match rows.iter().all(EventRow::is_heartbeat) {
            true => self.clock.follow(stamp),
            false => self.clock.observe(stamp),
        }
    }

    /// A hint from the bus.
    pub fn hear(&self, hint: &[u8]) {
        let Some(hint) = Hint::from_bytes(hint) else {
            self.counters.hints_ignored.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if (hint.node, hint.token) == (self.node(), self.token) {
            return;
        }
        let mut sources = self.sources.lock();
        if sources.map.contains_key(&(hint.node, hint.token)) {
            self.take_hint(&mut sources, hint);
            self.move_watermark(&sources);
        } else {
            sources.is_reading_due = true;
            if sources.strangers.len() < STRANGERS_MAX {
                sources.strangers.push_back(hint);
            } else {
                self.counters.hints_ignored.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Gives the hints of strangers to those who are known now.
    pub(super) fn hear_strangers(&self, sources: &mut Sources) {
        for hint in std::mem::take(&mut sources.strangers) {
            self.take_hint(sources, hint);
        }
    }

    fn take_hint(&self, sources: &mut Sources, hint: Hint) {
        let now_us = self.now_us();
        let pass = sources.pass;
        let Some(source) = sources.map.get_mut(&(hint.node, hint.token)) else {
            self.counters.hints_ignored.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.counters.hints_heard.fetch_add(1, Ordering::Relaxed);
        self.note(hint.stamp, &hint.rows);
        source.heard_us = now_us;
        let mut tells = Vec::new();
        for (at, row) in (0..).zip(hint.rows) {
            let heard = Heard {
                // Garbage may lie beyond all places; it is too far ahead then.
                sequence: hint.first.saturating_add(at),
                stamp: hint.stamp,
                row,
                whole: true,
            };
            source.take(heard, now_us, pass, &mut tells);
        }
        self.tell(tells);
    }

    /// Voids and tells. Called with the sources locked, so that whoever finds an event known there
    /// finds it told too.
    pub(super) fn tell(&self, tells: Vec<Tell>) {
        for tell in tells {
            self.cache.void(&tell.voids);
            self.name(|| tell.voids.clone());
            for listener in &self.listeners {
                listener.happened(&tell.happened);
            }
        }
    }

    /// Up to where all who may write are heard of. A node that is not in the reading of the table
    /// stamps nothing earlier than a second after it.
    pub(super) fn move_watermark(&self, sources: &Sources) {
        let Some(reading) = sources.reading else {
            return;
        };
        let bound = Stamp(reading.wall_us + LIFT_MAX_US);
        let counting = sources
            .map
            .values()
            .filter(|source| source.life != Life::Gone);
        let watermark = counting.map(Source::watermark).fold(bound, Stamp::min);
        self.heard.store(watermark.0, Ordering::Release);
    }
}

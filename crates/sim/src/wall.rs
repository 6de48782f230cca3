//! Clocks of the simulation: all go by tokio's paused time, each a little off and a little wrong.

use std::sync::atomic::{AtomicI64, Ordering};

use petrel_model::clock::Clock;
use petrel_store::sim::BEGIN_MS;
use tokio::time::Instant;

/// No two clocks are ever further apart than this, in milliseconds.
pub const APART_MS_MAX: i64 = 900;

/// The wall clock of one machine.
pub struct Wall {
    began: Instant,
    /// How far it was ahead at the begin, in microseconds.
    ahead_us: AtomicI64,
    /// How much faster it runs than it should, in parts of a million.
    drift_ppm: AtomicI64,
}

impl Wall {
    /// `began` is the begin of the simulation.
    pub fn new(began: Instant, ahead_ms: i64, drift_ppm: i64) -> Wall {
        Wall {
            began,
            ahead_us: AtomicI64::new(ahead_ms * 1_000),
            drift_ppm: AtomicI64::new(drift_ppm),
        }
    }

    fn elapsed_us(&self) -> i64 {
        self.began.elapsed().as_micros() as i64
    }

    /// From now on it is right: somebody has looked after it.
    pub fn set_right(&self) {
        self.ahead_us.store(0, Ordering::Relaxed);
        self.drift_ppm.store(0, Ordering::Relaxed);
    }
}

impl Clock for Wall {
    fn now_us(&self) -> u64 {
        let elapsed_us = self.elapsed_us();
        let drift_us = elapsed_us * self.drift_ppm.load(Ordering::Relaxed) / 1_000_000;
        let apart_us = APART_MS_MAX * 500;
        let ahead_us = self.ahead_us.load(Ordering::Relaxed) + drift_us;
        let ahead_us = ahead_us.clamp(-apart_us, apart_us);
        (BEGIN_MS as i64 * 1_000 + elapsed_us + ahead_us) as u64
    }

    fn monotonic_us(&self) -> u64 {
        // A boot long ago, so that nothing is before the begin of time.
        1_000_000_000 + self.elapsed_us() as u64
    }
}

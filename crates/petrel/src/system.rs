//! The machine's own clock and randomness. The only place that asks for them.

use std::time::{SystemTime, UNIX_EPOCH};

use petrel_model::clock::Clock;
use petrel_model::entropy::Entropy;
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The system's wall clock, and its clock since boot, which goes on while the machine sleeps:
/// leases run out meanwhile.
#[derive(Default)]
pub struct SystemClock {
    /// For tests: how far the wall clock is off, in microseconds.
    wall_off_us: i64,
}

impl SystemClock {
    pub fn new() -> SystemClock {
        SystemClock::default()
    }

    /// One whose wall clock is off, for tests.
    pub fn off_by_ms(offset_ms: i64) -> SystemClock {
        SystemClock {
            wall_off_us: offset_ms.saturating_mul(1_000),
        }
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now_us(&self) -> u64 {
        // A machine that believes in a time before 1970 counts as being there.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_us = since.map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        });
        now_us.saturating_add_signed(self.wall_off_us)
    }

    fn monotonic_us(&self) -> u64 {
        let since_boot = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(since_boot.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(since_boot.tv_nsec).unwrap_or(0);
        seconds * 1_000_000 + nanos / 1_000
    }
}

/// Allows this process as many open files as it may have: each connection is one, and the usual
/// limit is meant for programs without any.
pub fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it was");
    }
}

/// Randomness of the operating system, fit for secrets.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system that serves a network has randomness");
    }
}

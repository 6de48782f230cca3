//! The machine's own clock and randomness. The only place that asks for them.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use petrel_model::clock::Clock;
use petrel_model::entropy::Entropy;
use rustix::process::{Resource, getrlimit, setrlimit};

pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[allow(clippy::disallowed_methods)]
    pub fn new() -> SystemClock {
        SystemClock {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now_us(&self) -> u64 {
        // A machine that believes in a time before 1970 counts as being there.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        })
    }

    fn monotonic_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
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

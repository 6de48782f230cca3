//! Clocks that run apart, stores of several nodes over one engine, and a way to freeze a node.

pub mod house;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use petrel_model::clock::{Clock, HybridClock, Node, Stamp};
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_store::sim::{BEGIN_MS, SimEngine};
use petrel_store::{Store, StoreOptions};
use tokio::time::Instant;

/// A node's clocks over the true time, which is that of the paused runtime.
pub struct Watch {
    begin: Instant,
    /// How much faster its boot-time clock runs, in parts of a million.
    faster_ppm: i64,
    /// How far its wall clock is ahead, in microseconds.
    ahead_us: i64,
}

impl Watch {
    /// The true time of a test, which begins now.
    pub fn truth() -> Arc<Watch> {
        Arc::new(Watch {
            begin: Instant::now(),
            faster_ppm: 0,
            ahead_us: 0,
        })
    }

    /// A node's clocks in the same test.
    pub fn apart(&self, faster_ppm: i64, ahead_ms: i64) -> Arc<Watch> {
        Arc::new(Watch {
            begin: self.begin,
            faster_ppm,
            ahead_us: ahead_ms * 1_000,
        })
    }

    fn true_us(&self) -> i64 {
        i64::try_from(self.begin.elapsed().as_micros()).unwrap()
    }
}

impl Clock for Watch {
    fn now_us(&self) -> u64 {
        (BEGIN_MS * 1_000).saturating_add_signed(self.true_us() + self.ahead_us)
    }

    fn monotonic_us(&self) -> u64 {
        let own_us = self.true_us() * (1_000_000 + self.faster_ppm) / 1_000_000;
        u64::try_from(own_us).unwrap()
    }
}

/// The store of a node that shares the engine with others and hears nothing of them.
pub fn store(engine: &Arc<SimEngine>, number: u16, watch: Arc<Watch>) -> Store {
    let clock = HybridClock::new(watch, Node::Member(number), Stamp::MIN);
    let options = StoreOptions {
        cache_bytes: 0,
        membership: None,
    };
    Store::with_options(engine.clone(), Arc::new(clock), 1, Vec::new(), options)
}

pub struct Dice(SeededEntropy);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(SeededEntropy::new(seed))
    }

    pub fn below(&self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    pub fn entropy(&self) -> &SeededEntropy {
        &self.0
    }
}

/// Waits by a node's own clock, for a task that is polled by hand.
pub async fn wait_us(clock: &dyn Clock, us: u64) {
    let until_us = clock.monotonic_us() + us;
    poll_fn(|_| match clock.monotonic_us() < until_us {
        true => Poll::Pending,
        false => Poll::Ready(()),
    })
    .await;
}

/// What a node does, polled by hand: who is not polled is frozen.
pub type Process = Pin<Box<dyn Future<Output = ()>>>;

pub fn poll(process: &mut Process) {
    let mut context = Context::from_waker(Waker::noop());
    let _ = process.as_mut().poll(&mut context);
}

/// Lets true time pass.
pub async fn pass(time: Duration) {
    tokio::time::advance(time).await;
}

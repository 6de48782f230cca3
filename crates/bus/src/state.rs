//! What operators are told about the bus.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusState {
    pub link: Link,
    /// Messages handed to the network.
    pub published: u64,
    /// Messages lost on this node: no connection, a full queue, too long, or a slow subscriber.
    pub dropped: u64,
    /// Messages that came from other nodes.
    pub received: u64,
    /// What came and could not be read.
    pub garbled: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Connected,
    /// Not connected, or not yet.
    Disconnected {
        /// Unix microseconds by the node's clock.
        since_us: u64,
    },
}

#[derive(Default)]
pub(crate) struct Counters {
    published: AtomicU64,
    dropped: AtomicU64,
    received: AtomicU64,
    garbled: AtomicU64,
}

impl Counters {
    pub fn published(&self, messages: usize) {
        add(&self.published, messages);
    }

    pub fn dropped(&self, messages: usize) {
        add(&self.dropped, messages);
    }

    pub fn received(&self, messages: usize) {
        add(&self.received, messages);
    }

    pub fn garbled(&self) {
        add(&self.garbled, 1);
    }

    pub fn state(&self, link: Link) -> BusState {
        BusState {
            link,
            published: self.published.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            garbled: self.garbled.load(Ordering::Relaxed),
        }
    }
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}

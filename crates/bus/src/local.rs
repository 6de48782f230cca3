//! A bus within one process, for tests with several nodes: as unreliable as a seed makes it.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use petrel_model::clock::Clock;
use petrel_model::entropy::{Entropy, SeededEntropy};

use crate::fan::{Fan, Subscription};
use crate::state::{BusState, Link};
use crate::topic::Topic;
use crate::{Bus, MESSAGE_BYTES_MAX};

/// What may happen to a message on its way to one node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// How many of a hundred are lost.
    pub lost_percent: u8,
    /// How many of a hundred come twice.
    pub twice_percent: u8,
    /// A message is overtaken by at most so many later ones of all nodes; `release` frees the rest.
    pub late_messages_max: u32,
}

/// What all nodes share.
pub struct LocalBus {
    shared: Arc<Shared>,
}

/// One node's end of it.
pub struct LocalNode {
    shared: Arc<Shared>,
    fan: Arc<Fan>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    entropy: SeededEntropy,
    faults: Faults,
    way: Mutex<Way>,
}

#[derive(Default)]
struct Way {
    nodes: Vec<Arc<Fan>>,
    /// Since when nothing goes through, in Unix microseconds.
    cut_since_us: Option<u64>,
    published: u64,
    held: Vec<Held>,
}

struct Held {
    /// It comes when so many messages were published.
    due: u64,
    to: Arc<Fan>,
    topic: Topic,
    message: Bytes,
}

impl LocalBus {
    /// A bus that loses nothing.
    pub fn new(clock: Arc<dyn Clock>) -> LocalBus {
        LocalBus::lossy(clock, 0, Faults::default())
    }

    /// A bus whose faults come from the seed: twice the same for the same calls.
    pub fn lossy(clock: Arc<dyn Clock>, seed: u64, faults: Faults) -> LocalBus {
        LocalBus {
            shared: Arc::new(Shared {
                clock,
                entropy: SeededEntropy::new(seed),
                faults,
                way: Mutex::default(),
            }),
        }
    }

    pub fn node(&self) -> LocalNode {
        let fan = Arc::new(Fan::new());
        self.shared.way.lock().nodes.push(fan.clone());
        LocalNode {
            shared: self.shared.clone(),
            fan,
        }
    }

    /// From now on all is lost, what is on its way included; as when all servers are dead.
    pub fn cut(&self) {
        let now_us = self.shared.clock.now_us();
        let mut way = self.shared.way.lock();
        way.cut_since_us.get_or_insert(now_us);
        for held in std::mem::take(&mut way.held) {
            held.to.counters.dropped(1);
        }
    }

    pub fn mend(&self) {
        self.shared.way.lock().cut_since_us = None;
    }

    /// Delivers what is late.
    pub fn release(&self) {
        let held = std::mem::take(&mut self.shared.way.lock().held);
        for held in held {
            held.deliver();
        }
    }
}

impl Bus for LocalNode {
    fn publish(&self, topic: Topic, message: Bytes) {
        let mut way = self.shared.way.lock();
        if way.cut_since_us.is_some() || message.len() > MESSAGE_BYTES_MAX {
            self.fan.counters.dropped(1);
            return;
        }
        self.fan.counters.published(1);
        way.published += 1;
        for to in way.nodes.clone() {
            if !Arc::ptr_eq(&to, &self.fan) {
                self.shared.send(&mut way, &to, topic, &message);
            }
        }
        way.deliver_due();
    }

    fn subscribe(&self, topic: Topic) -> Subscription {
        self.fan.subscribe(topic)
    }

    fn state(&self) -> BusState {
        let link = match self.shared.way.lock().cut_since_us {
            None => Link::Connected,
            Some(since_us) => Link::Disconnected { since_us },
        };
        self.fan.counters.state(link)
    }
}

impl Drop for LocalNode {
    fn drop(&mut self) {
        let mut way = self.shared.way.lock();
        way.nodes.retain(|node| !Arc::ptr_eq(node, &self.fan));
        way.held.retain(|held| !Arc::ptr_eq(&held.to, &self.fan));
    }
}

impl Shared {
    /// Decides what becomes of one message on its way to one node.
    fn send(&self, way: &mut Way, to: &Arc<Fan>, topic: Topic, message: &Bytes) {
        if self.happens(self.faults.lost_percent) {
            to.counters.dropped(1);
            return;
        }
        let copies = 1 + usize::from(self.happens(self.faults.twice_percent));
        for _ in 0..copies {
            let late = self.entropy.next_u64() % (u64::from(self.faults.late_messages_max) + 1);
            way.held.push(Held {
                due: way.published + late,
                to: to.clone(),
                topic,
                message: message.clone(),
            });
        }
    }

    fn happens(&self, percent: u8) -> bool {
        self.entropy.next_u64() % 100 < u64::from(percent)
    }
}

impl Way {
    fn deliver_due(&mut self) {
        let published = self.published;
        let due = |held: &mut Held| held.due <= published;
        for held in self.held.extract_if(.., due) {
            held.deliver();
        }
    }
}

impl Held {
    fn deliver(self) {
        self.to.hear(self.topic, self.message);
    }
}

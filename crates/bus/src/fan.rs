//! From one connection to its node's subscribers.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::state::Counters;
use crate::topic::Topic;

/// Messages of one topic that wait for a node's slowest subscriber.
pub(crate) const WAITING_MAX: usize = 4_096;

/// One topic's messages from the moment of subscribing on.
pub struct Subscription {
    waiting: broadcast::Receiver<Bytes>,
    counters: Arc<Counters>,
}

impl Subscription {
    /// The next message; None once the bus is gone. May be cancelled without loss.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.waiting.recv().await {
                Ok(message) => return Some(message),
                Err(RecvError::Lagged(missed)) => self.counters.dropped(missed as usize),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

pub(crate) struct Fan {
    topics: [broadcast::Sender<Bytes>; Topic::ALL.len()],
    pub counters: Arc<Counters>,
}

impl Fan {
    pub fn new() -> Fan {
        Fan {
            topics: Topic::ALL.map(|_| broadcast::channel(WAITING_MAX).0),
            counters: Arc::default(),
        }
    }

    pub fn subscribe(&self, topic: Topic) -> Subscription {
        Subscription {
            waiting: self.topics[topic.index()].subscribe(),
            counters: self.counters.clone(),
        }
    }

    /// Gives a message that came to all who subscribed; nobody is no mistake.
    pub fn hear(&self, topic: Topic, message: Bytes) {
        self.counters.received(1);
        let _ = self.topics[topic.index()].send(message);
    }
}

//! Events between nodes, as hints. What a node must know it reads from the store; a hint only
//! makes it quick. So nothing here retries, stores or acknowledges.
//!
//! A message may be lost, come twice, come late, or come out of order. A publisher never waits.

mod fan;
mod frame;
mod local;
mod nats;
mod servers;
mod state;
mod topic;

use bytes::Bytes;

pub use fan::Subscription;
pub use local::{Faults, LocalBus, LocalNode};
pub use nats::NatsBus;
pub use servers::BusError;
pub use state::{BusState, Link};
pub use topic::Topic;

/// A longer message is dropped and counted.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Best effort, in one direction: to the other nodes. A node does not hear itself.
pub trait Bus: Send + Sync + 'static {
    /// Never blocks and never fails: what finds the queue full, the connection dead or the
    /// message too long is dropped and counted.
    fn publish(&self, topic: Topic, message: Bytes);

    /// What other nodes publish from now on. A subscriber that is slow loses the oldest.
    fn subscribe(&self, topic: Topic) -> Subscription;

    /// For operators: whether it works, and how much went through and was lost.
    fn state(&self) -> BusState;
}

//! Event rows: each is in the batch that it tells of, in a dense sequence of its writer.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use petrel_model::clock::Stamp;
use petrel_model::event::Event;

use crate::table::{Plain, Table};

/// How many events share a partition.
pub const BLOCK_EVENTS: u64 = 1_000;
/// How long an event row is kept, in seconds, on top of the engine's late bound.
pub const EVENT_KEPT_S: u64 = 7 * 24 * 3_600;

/// The events of one writer's life: node number, lease token (a new one each start), block.
pub struct Events;

impl Table for Events {
    const ID: u16 = 1;
    const NAME: &'static str = "events";
    type Partition = (u16, u64, u64);
    type Sort = u64;
    type Value = EventRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: BLOCK_EVENTS rows, and they expire";
    const CACHED: bool = false;
    const RESTORED: bool = false;
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EventRow {
    #[n(0)]
    pub event: Event,
    /// On several nodes, the cached partitions that the batch wrote: table (big-endian), then
    /// partition key. All of a batch's go with its first event.
    #[cbor(n(1), skip_if = "Vec::is_empty")]
    pub voids: Vec<ByteVec>,
    /// The writer's lowest place whose outcome it did not know when it drew this one.
    #[cbor(n(2), skip_if = "is_zero")]
    pub settled_below: u64,
    /// The stamp is raised above the clock: those after it may be earlier.
    #[cbor(n(3), skip_if = "is_no")]
    pub raised: bool,
}

impl EventRow {
    /// As it is written on one machine.
    pub fn alone(event: Event) -> EventRow {
        EventRow {
            event,
            voids: Vec::new(),
            settled_below: 0,
            raised: false,
        }
    }

    /// Says only that its writer is alive.
    pub(crate) fn is_heartbeat(&self) -> bool {
        matches!(self.event, Event::Nothing) && self.voids.is_empty()
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_no(flag: &bool) -> bool {
    !flag
}

/// An event with its place and its stamp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happened {
    pub node: u16,
    pub token: u64,
    pub sequence: u64,
    pub stamp: Stamp,
    pub event: Event,
    /// Its batch is known to be whole. Otherwise only part of it may be there yet: void what is
    /// kept of it, or take it in so that it may be heard again; once it is settled it is told for
    /// the last time. On one machine always true.
    pub settled: bool,
}

//! Event rows: each is in the batch that it tells of, in a dense sequence of its writer.

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
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EventRow {
    #[n(0)]
    pub event: Event,
}

/// An event with its place and its stamp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happened {
    pub node: u16,
    pub token: u64,
    pub sequence: u64,
    pub stamp: Stamp,
    pub event: Event,
}

//! The tables of this crate: ids 10 to 19.

use minicbor::{Decode, Encode};
use petrel_model::id::Id;
use petrel_store::{Plain, Table, TableSpec};

use crate::dead::DeadLetterRow;

/// All tables of this crate, for the catalogue.
pub const TABLES: &[TableSpec] = &[
    TableSpec::of::<Jobs>(),
    TableSpec::of::<QueueCursors>(),
    TableSpec::of::<DeadLetters>(),
];

/// Jobs by (queue, minute in which they are due). A finished job's row is deleted, and a minute
/// that the cursor has passed is never read again.
pub struct Jobs;

impl Table for Jobs {
    const ID: u16 = 10;
    const NAME: &'static str = "jobs";
    type Partition = (u8, u64);
    type Sort = Id;
    type Value = JobRow;
    type Mode = Plain;
    const BOUND: &'static str = "time bucket: a minute of one queue";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct JobRow {
    #[n(0)]
    pub kind: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub payload: Vec<u8>,
    /// Unix milliseconds before which it does not run.
    #[n(2)]
    pub due_ms: u64,
    /// How often it was tried and failed.
    #[n(3)]
    pub attempts: u32,
    /// Why the last attempt failed.
    #[n(4)]
    pub last_error: Option<String>,
}

/// The first minute of a queue that may still have jobs.
pub struct QueueCursors;

impl Table for QueueCursors {
    const ID: u16 = 11;
    const NAME: &'static str = "queue_cursors";
    type Partition = u8;
    type Sort = ();
    type Value = QueueCursor;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row for each queue";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct QueueCursor {
    /// Minutes since the Unix epoch.
    #[n(0)]
    pub bucket: u64,
}

/// Jobs that were given up, by the hour in which they were; they expire.
pub struct DeadLetters;

impl Table for DeadLetters {
    const ID: u16 = 12;
    const NAME: &'static str = "dead_letters";
    type Partition = u64;
    type Sort = Id;
    type Value = DeadLetterRow;
    type Mode = Plain;
    const BOUND: &'static str = "time bucket: an hour";
}

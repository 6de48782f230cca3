//! The tables of this crate: ids 10 to 19.

use minicbor::{Decode, Encode};
use petrel_model::id::Id;
use petrel_store::{Plain, Table, TableSpec};

use crate::dead::DeadLetterRow;
use crate::leases::Leases;

/// All tables of this crate, for the catalogue.
pub const TABLES: &[TableSpec] = &[
    TableSpec::of::<Jobs>(),
    TableSpec::of::<QueueCursors>(),
    TableSpec::of::<DeadLetters>(),
    TableSpec::of::<Leases>(),
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
    const CACHED: bool = false;
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

/// Which minutes of a queue are left behind.
pub struct QueueCursors;

impl Table for QueueCursors {
    const ID: u16 = 11;
    const NAME: &'static str = "queue_cursors";
    type Partition = u8;
    type Sort = ();
    type Value = QueueCursor;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row for each queue";
    const CACHED: bool = false;
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct QueueCursor {
    /// The first that may still have jobs, in minutes since the Unix epoch.
    #[n(0)]
    pub bucket: u64,
    /// Those from `bucket` up to here had nothing left when they were last read; they are read
    /// once more after the engine's late bound. As `bucket` if it is absent.
    #[n(1)]
    pub done: Option<u64>,
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
    const CACHED: bool = false;
}

#[cfg(test)]
mod tests {
    use petrel_store::{Key, Record};

    use super::*;

    #[test]
    fn golden_bytes() {
        let key = (1u8, 0x0102u64).to_bytes();
        assert_eq!(key, [1, 0, 0, 0, 0, 0, 0, 1, 2]);
        let job = JobRow {
            kind: "mail".to_owned(),
            payload: vec![7, 8],
            due_ms: 5,
            attempts: 2,
            last_error: None,
        };
        assert_eq!(job.to_value(), *b"\x01\x84\x64mail\x42\x07\x08\x05\x02");
        let mut cursor = QueueCursor {
            bucket: 9,
            done: None,
        };
        assert_eq!(cursor.to_value(), [1, 0x81, 9]);
        assert_eq!(QueueCursor::from_value(&[1, 0x81, 9]).unwrap(), cursor);
        cursor.done = Some(11);
        assert_eq!(cursor.to_value(), [1, 0x82, 9, 11]);
        let letter = DeadLetterRow {
            kind: "mail".to_owned(),
            payload: vec![],
            attempts: 3,
            reason: "no".to_owned(),
            died_at_ms: 4,
            queue: 1,
        };
        assert_eq!(
            letter.to_value(),
            *b"\x01\x86\x64mail\x40\x03\x62no\x04\x01"
        );
    }
}

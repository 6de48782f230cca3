//! How large a command's batch may become. What would exceed it goes by a job.

use petrel_model::id::StatusId;
use petrel_store::limits::ROW_OVERHEAD_BYTES;
use petrel_store::{Batch, Key, Record, Table};

use crate::statuses::table::{StatusRow, StatusSort, Statuses};

/// Rows of a command's batch, events among them.
pub const COMMAND_ROWS_MAX: usize = 100;
/// Bytes of a command's batch, as the store counts them.
pub const COMMAND_BYTES_MAX: usize = 32 * 1024;

/// What a chapter noted later takes in a mention, in bytes.
const CHAPTER_BYTES: usize = 9;

/// What a partition takes on top of its key where others are told to void it, in bytes.
const VOID_BYTES: usize = 8;

/// What something takes in a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Size {
    pub rows: usize,
    pub bytes: usize,
}

impl Size {
    /// A notification and the event that tells of it, or a notification that is taken back.
    pub const NOTIFICATION: Size = Size {
        rows: 2,
        bytes: 2 * (ROW_OVERHEAD_BYTES + 64),
    };
    /// The row that says that something happened to an account.
    pub const LATEST: Size = Size {
        rows: 1,
        bytes: ROW_OVERHEAD_BYTES + 32,
    };
    /// A job that bears little more than an id.
    pub const JOB: Size = Size {
        rows: 1,
        bytes: ROW_OVERHEAD_BYTES + 128,
    };

    pub fn of_row<T: Table>(partition: &T::Partition, sort: &T::Sort, value: &T::Value) -> Size {
        let (partition, sort) = (partition.to_bytes(), sort.to_bytes());
        // On several nodes the event names the partition once more.
        let void_bytes = if T::CACHED {
            VOID_BYTES + partition.len()
        } else {
            0
        };
        let key_bytes = partition.len() + sort.len();
        Size {
            rows: 1,
            bytes: key_bytes + value.to_value().len() + ROW_OVERHEAD_BYTES + void_bytes,
        }
    }

    /// A version of a status, of whose mentions so many may yet note a chapter.
    pub fn of_version(id: StatusId, sort: StatusSort, row: &StatusRow, mentions: usize) -> Size {
        let size = Size::of_row::<Statuses>(&id, &sort, row);
        Size {
            bytes: size.bytes + mentions * CHAPTER_BYTES,
            ..size
        }
    }

    pub fn and(self, other: Size) -> Size {
        Size {
            rows: self.rows + other.rows,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// Whether the batch has room for so much.
pub fn has_room(batch: &Batch<'_>, more: Size) -> bool {
    batch.len() + more.rows <= COMMAND_ROWS_MAX
        && batch.size_bytes() + more.bytes <= COMMAND_BYTES_MAX
}

use std::sync::Arc;

use petrel_model::clock::Clock;
use petrel_store::MadeIn;

/// Memtables of this many bytes: smaller ones make the engine rewrite its files too often.
pub(crate) const MEMTABLE_BYTES: u64 = 64 * 1024 * 1024;
/// Cache of blocks read from files, in bytes, unless the options say otherwise.
pub const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// Threads that flush and compact.
pub(crate) const WORKER_THREADS: usize = 2;
/// The reserve, unless the options say otherwise: the lesser of this many bytes ...
pub(crate) const RESERVE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// ... and this part (one in so many) of the medium.
pub(crate) const RESERVE_PART: u64 = 20;
/// Compaction writes its outcome before it deletes what it read: at most about this many bytes.
pub(crate) const COMPACTION_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Bytes of batches that may wait for the writer; more wait at the door.
pub(crate) const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of batches that share one sync.
pub(crate) const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Those who were just answered tend to come again at once. The writer waits for them, so that
/// one sync serves all and not half of them: at most this part (one in so many) of the time that
/// the last group took ...
pub(crate) const LULL_PART: u64 = 4;
/// ... and this long, in microseconds.
pub(crate) const LULL_US_MAX: u64 = 500;
/// Rows that one atomic write of a dropped partition or of a restore holds.
pub(crate) const CHUNK_ROWS_MAX: usize = 10_000;
/// Expired rows that one sweep removes.
pub(crate) const SWEEP_ROWS_MAX: usize = 4_096;
/// How long the writer waits for work before it looks for expired rows, in microseconds.
pub(crate) const TICK_US: u64 = 1_000_000;
/// The same when the last sweep left some behind, in microseconds.
pub(crate) const TICK_BEHIND_US: u64 = 100_000;
/// How many committed batches are remembered, so that a retry is known for what it is.
pub(crate) const DONE_BATCHES_MAX: usize = 16_384;
/// Memtables that wait for their flush, beyond which the writer waits too.
pub(crate) const SEALED_MEMTABLES_MAX: usize = 3;
/// Runs of fresh files, beyond which the writer waits for compaction.
pub(crate) const FRESH_RUNS_MAX: usize = 18;
/// How often the database is opened anew after its background work failed, before the process
/// ends, unless it went well for ...
pub(crate) const REOPEN_TRIES_MAX: u32 = 3;
/// ... this long in between, in microseconds.
pub(crate) const REOPEN_FORGOTTEN_US: u64 = 600_000_000;

/// How to open a store.
#[derive(Clone)]
pub struct Options {
    /// Judges expiry. Stamps come with the batches.
    pub clock: Arc<dyn Clock>,
    /// The mode in which the folder must have been made, and in which a new one is made. Without
    /// it any folder is opened, and a new one is `Standard`.
    pub made_in: Option<MadeIn>,
    /// Most bytes of file blocks kept in memory.
    pub cache_bytes: u64,
    /// Room that writes leave free, in bytes, on top of what the store's own background work
    /// needs; by default a twentieth of the medium, at most 256 MiB.
    pub reserve_bytes: Option<u64>,
}

impl Options {
    pub fn new(clock: Arc<dyn Clock>) -> Options {
        Options {
            clock,
            made_in: None,
            cache_bytes: CACHE_BYTES,
            reserve_bytes: None,
        }
    }
}

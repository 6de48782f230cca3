//! The contract's limits. What exceeds one is refused before the engine sees it.

/// Largest value of a row, in bytes.
pub const VALUE_BYTES_MAX: usize = 32 * 1024;
/// Most operations of a batch inside one partition of one table.
pub const PARTITION_OPS_MAX: usize = 1_000;
/// Most bytes of a batch inside one partition of one table.
pub const PARTITION_BYTES_MAX: usize = 1024 * 1024;
/// Most operations of a batch that spans partitions.
pub const BATCH_OPS_MAX: usize = 128;
/// Most bytes of a batch that spans partitions.
pub const BATCH_BYTES_MAX: usize = 40 * 1024;
/// What a row counts on top of its key and value, in bytes.
pub const ROW_OVERHEAD_BYTES: usize = 128;
/// Longest partition key or sort key, in bytes.
pub const KEY_BYTES_MAX: usize = 1024;
/// Most rows that one scan returns.
pub const SCAN_ROWS_MAX: usize = 10_000;
/// Most rows of a partition that is read whole, through the cache. An account's relations are the
/// largest: beside what their caps allow, each account that blocks it leaves three rows that say
/// `off` there for a day.
pub const PARTITION_ROWS_MAX: usize = 200_000;
/// What the keys of an event row take: node, token, block and sequence.
pub const EVENT_KEY_BYTES: usize = 2 + 8 + 8 + 8;

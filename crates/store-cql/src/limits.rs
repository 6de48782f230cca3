//! All the numbers of this engine, with their units.

use std::time::Duration;

/// Another node is asked too when an answer takes this long ...
pub(crate) const SPECULATE_AFTER: Duration = Duration::from_millis(200);
/// ... and again, so many times in all.
pub(crate) const SPECULATIONS_MAX: usize = 2;
/// A logged batch that has not answered after this long is sent without a log as well.
pub(crate) const UNLOG_AFTER: Duration = Duration::from_millis(300);
/// An engine node that reads for a quorum asks one more replica when an answer takes this long, in
/// milliseconds. What engines do unless told, waiting for as long as the slowest hundredth takes,
/// makes a dead node felt by every read that counted on it.
pub(crate) const SPECULATIVE_RETRY_MS: u32 = 100;
/// How often a connection is tried for life, and how long it may take to show it.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// Longest that connecting to one node takes.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest that the first contact with the cluster takes.
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// One try of a plain read or write, its speculations included.
pub(crate) const TRY_TIMEOUT: Duration = Duration::from_millis(2_500);
/// A plain read or write with all its tries.
pub(crate) const PLAIN_TIMEOUT: Duration = Duration::from_secs(8);
/// A page of a whole table with all its tries: it may wade through much that is deleted.
pub(crate) const TABLE_PAGE_TIMEOUT: Duration = Duration::from_secs(30);
/// One try of such a page.
pub(crate) const TABLE_TRY_TIMEOUT: Duration = Duration::from_secs(12);
/// The pause before the second try; it doubles ...
pub(crate) const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// ... up to this.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(1);
/// A conditional write with all its tries and the reads that settle it.
pub(crate) const CAS_TIMEOUT: Duration = Duration::from_secs(8);
/// A conditional write that has not answered after this long is settled by a serial read. Signing up
/// takes three of them in a row, and must be done in three seconds while an engine node is frozen.
pub(crate) const CAS_ANSWER: Duration = Duration::from_millis(300);
/// How long its tries are waited for when reading tells no more.
pub(crate) const CAS_LAST_WAIT: Duration = Duration::from_secs(2);
/// Conditional writes of a node in one partition wait for one another: so many places there are
/// to wait, and two partitions that share one wait for one another too.
pub(crate) const TURNS: usize = 1_024;
/// How often one conditional write is sent.
pub(crate) const CAS_SENDS_MAX: usize = 8;
/// One serial read while a conditional write is in doubt, in all.
pub(crate) const SETTLE_TIMEOUT: Duration = Duration::from_millis(2_500);
/// The longest pause before a conditional write that met another is sent again.
pub(crate) const CAS_PAUSE_MAX_MS: u64 = 120;
/// Keys of one partition that one statement asks for.
pub(crate) const IN_KEYS_MAX: usize = 100;
/// Partitions that one call asks for at a time.
pub(crate) const PARTITIONS_AT_ONCE: usize = 64;
/// Rows of one page of a scan.
pub(crate) const PAGE_ROWS_MAX: usize = 1_000;
/// Rows of a restore that one statement holds, all of one partition.
pub(crate) const LOAD_ROWS_MAX: usize = 50;
/// The same in bytes.
pub(crate) const LOAD_BYTES_MAX: usize = 32 * 1024;
/// Statements of a restore under way at a time.
pub(crate) const LOADS_AT_ONCE: usize = 64;
/// Statements prepared at a time.
pub(crate) const PREPARES_AT_ONCE: usize = 16;
/// Petrel's nodes judge expiry by their own clocks, from what is kept in the value; the engine
/// removes an expired row only this long after, in seconds, so that no clock misses it.
pub(crate) const EXPIRY_SLACK_S: u64 = 600;
/// The longest time to live that engines take, in seconds: 20 years.
pub(crate) const TTL_MAX_S: u64 = 630_720_000;
/// Longest that making or migrating the schema may take, one's own or another node's.
pub(crate) const SCHEMA_TIMEOUT: Duration = Duration::from_secs(180);
/// How long whoever migrates may be silent before another takes over, in seconds.
pub(crate) const MIGRATION_LEASE_S: i32 = 60;
/// How often others look whether the migration is done.
pub(crate) const MIGRATION_LOOK: Duration = Duration::from_millis(250);
/// Longest that the nodes of the cluster may take to agree on a schema.
pub(crate) const AGREEMENT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one engine node may take to tell its time or its settings.
pub(crate) const NODE_TIMEOUT: Duration = Duration::from_secs(1);

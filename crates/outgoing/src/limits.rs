//! What one request to a stranger's server may cost us.

use std::time::Duration;

/// From the first question to the name server to the last byte of the last hop, waiting for a
/// place included.
pub const TOTAL_TIME_MAX: Duration = Duration::from_secs(15);
/// To open one connection, TLS included.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How often an answer may point elsewhere.
pub const REDIRECTS_MAX: usize = 5;
/// The head of an answer, in bytes.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Lines in the head of an answer.
pub const HEAD_LINES_MAX: usize = 100;
/// An address that is fetched, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// A body is at most this many times as long as what came over the wire…
pub const EXPANSION_MAX: usize = 100;
/// …once it is longer than this, in bytes.
pub const EXPANSION_FREE_BYTES: usize = 64 * 1024;
/// Of a host's addresses, this many permitted ones are tried.
pub const ADDRESSES_MAX: usize = 4;
/// Requests that are under way at once.
pub const REQUESTS_MAX: usize = 32;
/// Requests to one host that are under way at once.
pub const REQUESTS_PER_HOST_MAX: usize = 4;
/// Hosts whose places are remembered before those that nobody asks are forgotten.
pub(crate) const HOSTS_KEPT: usize = 256;
/// Where servers are found. Whoever listens elsewhere is not a page of the web.
pub const PORTS: [u16; 2] = [80, 443];

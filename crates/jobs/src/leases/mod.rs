//! Who may do what only one node should do: leases, by the rules of the design's section 8.
//!
//! A lease is one conditional row, never deleted. Its holder works only while its own boot-time
//! clock shows a third of the duration left since it *sent* its last successful renewal. Others
//! take it, with the next token, after they have seen one revision of the row unchanged for one
//! and a half durations by their own boot-time clock, or at once if it was released. No two wall
//! clocks are ever compared. The store cannot refuse a late plain write of an old holder, so what
//! is done under a lease must be harmless when two do it at once.

mod lease;
mod node;
mod observer;
mod post;
mod shares;
mod table;

pub use lease::{Lease, Renewed, Term};
pub use node::{NODES_BELOW, NodeLease, NodeLeaseError, REST_MS};
pub use observer::Observer;
pub use table::{LeaseRow, Leases};

pub(crate) use post::Post;
pub(crate) use shares::{Others, Shares};

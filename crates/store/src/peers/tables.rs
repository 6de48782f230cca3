//! What nodes tell each other in the engine, besides events.

use minicbor::{Decode, Encode};
use petrel_model::id::AccountId;

use crate::table::{Plain, Table};

/// One empty row for each account, written by every command of the account and by each that takes
/// rights from it or gives it some: its revision is how much a request of the account must know.
pub struct Latest;

impl Table for Latest {
    const ID: u16 = 2;
    const NAME: &'static str = "latest";
    type Partition = AccountId;
    type Sort = ();
    type Value = LatestRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row";
    const CACHED: bool = false;
    const RESTORED: bool = false;
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct LatestRow {}

/// The nodes there are, by their numbers. Each writes its own row with every renewal of its lease,
/// and all read all of them every second.
pub struct Nodes;

impl Table for Nodes {
    const ID: u16 = 3;
    const NAME: &'static str = "nodes";
    type Partition = ();
    type Sort = u16;
    type Value = NodeRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: a row for each node number, 1,008";
    const CACHED: bool = false;
    const RESTORED: bool = false;
}

/// A node as it announces itself. `token`, `beat`, `drawn`, `settled_below` and `wall_us` are
/// filled in by [`Peers`](crate::Peers) when it writes the row.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NodeRow {
    /// The lease token of this start.
    #[n(0)]
    pub token: u64,
    /// Rises with each renewal.
    #[n(1)]
    pub beat: u64,
    /// How many places of its sequence of events it had drawn, as of the row's revision.
    #[n(2)]
    pub drawn: u64,
    /// The lowest place whose outcome it did not know.
    #[n(3)]
    pub settled_below: u64,
    /// Its wall clock, Unix microseconds.
    #[n(4)]
    pub wall_us: u64,
    /// Where it serves clients, for operators.
    #[n(5)]
    pub address: String,
    /// Of the binary.
    #[n(6)]
    pub version: String,
    #[n(7)]
    pub state: NodeState,
}

impl NodeRow {
    /// What a node says of itself; the rest is filled in when the row is written.
    pub fn new(
        address: impl Into<String>,
        version: impl Into<String>,
        state: NodeState,
    ) -> NodeRow {
        NodeRow {
            token: 0,
            beat: 0,
            drawn: 0,
            settled_below: 0,
            wall_us: 0,
            address: address.into(),
            version: version.into(),
            state,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum NodeState {
    /// Known to others, but not yet ready to serve.
    #[n(0)]
    Joining,
    #[n(1)]
    Serving,
    /// It has ended in good order and writes nothing more under this token.
    #[n(2)]
    Ended,
}

//! The store contract that the whole domain is written against, and the one concrete [`Store`]
//! over whichever engine keeps it. The contract is in the design; in short: rows are
//! (table, partition key, sort key) → value with a revision and an optional expiry; a batch is
//! all or nothing, bears one stamp, and per row the latest stamp wins.

mod batch;
mod cache;
mod catalogue;
mod commit;
mod conditional;
pub mod conformance;
pub mod dump;
pub mod engine;
mod error;
pub mod events;
mod fresh;
mod golden;
mod key;
mod layer;
pub mod limits;
mod load;
mod made;
mod mend;
mod partition;
mod peers;
mod record;
mod scan;
pub mod sim;
mod store;
mod table;

pub use batch::Batch;
pub use cache::CACHE_BYTES;
pub use catalogue::{Catalogue, CatalogueError, Dropped};
pub use conditional::{Conditional, Outcome};
pub use engine::{Direction, Engine};
pub use error::StoreError;
pub use golden::golden;
pub use key::{Key, KeyError, KeyReader, KeyWriter};
pub use layer::Layer;
pub use made::{MadeIn, Open};
pub use mend::{Mend, MendOutcome};
pub use partition::Partition;
pub use peers::{
    Latest, LatestRow, Membership, Moment, NodeRow, NodeState, Nodes, Outlet, Peers, PeersStatus,
    Position, ReplayError, SourceStatus, Standing,
};
pub use petrel_model::clock::Stamp;
pub use record::{Record, RecordError};
pub use scan::Scan;
pub use store::{Listener, Store, StoreOptions};
pub use table::{Cas, Mode, Plain, Row, Table, TableId, TableSpec, TakesRights, Verify};

//! What nodes over one engine know of each other: who there is, what they have written, and how
//! far this node has heard of it. On one machine there is none of this.
//! See docs/decisions/008.

mod caught_up;
mod chain;
mod collect;
mod flight;
mod hint;
mod inner;
mod own;
mod read;
mod replay;
mod round;
mod source;
mod standing;
mod status;
mod tables;

use std::sync::Arc;

use bytes::Bytes;
use minicbor::{Decode, Encode};

use crate::StoreError;
use crate::events::Happened;

pub use caught_up::Moment;
pub(crate) use collect::Collector;
pub(crate) use flight::Landing;
pub(crate) use inner::Core;
pub(crate) use own::BRIDGES_MAX;

pub use standing::Standing;
pub use status::{PeersStatus, SourceStatus};
pub use tables::{Latest, LatestRow, NodeRow, NodeState, Nodes};

/// What makes a store one of several over its engine.
#[derive(Clone)]
pub struct Membership {
    pub standing: Arc<Standing>,
    pub outlet: Arc<dyn Outlet>,
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Membership").finish_non_exhaustive()
    }
}

/// Where hints go, to all other nodes. Must not block; a hint may be lost.
pub trait Outlet: Send + Sync + 'static {
    fn hint(&self, hint: Bytes);
}

/// Where a node stands in another's (or its own) sequence: all before `next` it has been told of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Position {
    #[n(0)]
    pub node: u16,
    #[n(1)]
    pub token: u64,
    #[n(2)]
    pub next: u64,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum ReplayError {
    /// Events since then have expired or cannot be found any more: the view starts from facts.
    #[error("the positions are too old: {0}")]
    TooOld(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The other nodes, as this one knows them.
pub struct Peers {
    core: Arc<Core>,
}

impl Peers {
    pub(crate) fn new(core: Arc<Core>) -> Peers {
        Peers { core }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Makes this node known and reads who else there is. It takes writes three seconds later, if
    /// its standing allows.
    ///
    /// # Errors
    /// Those of the store; it may be called again.
    pub async fn join(&self, announce: NodeRow) -> Result<(), StoreError> {
        self.core.announce(announce).await?;
        self.core.read_nodes().await
    }

    /// Writes this node's row: with every renewal of its lease, about once a second.
    ///
    /// # Errors
    /// Those of the store. A node that has not announced itself for ten seconds takes no writes,
    /// and for three more when it has done so again.
    pub async fn announce(&self, row: NodeRow) -> Result<(), StoreError> {
        self.core.announce(row).await
    }

    /// One round of housekeeping, to be called every quarter of a second.
    ///
    /// # Errors
    /// The first of the store's; all parts are tried.
    pub async fn round(&self) -> Result<(), StoreError> {
        self.core.round().await
    }

    pub fn standing(&self) -> &Arc<Standing> {
        &self.core.standing
    }

    pub fn status(&self) -> PeersStatus {
        self.core.status()
    }

    /// The rows of all other nodes as they were last read, with their numbers, and whether they
    /// live as far as this node knows.
    pub fn nodes(&self) -> Vec<(u16, NodeRow, bool)> {
        self.core.nodes()
    }

    /// Says to the others that this node writes nothing more: the last thing that it does. From
    /// now on nothing is acknowledged.
    ///
    /// # Errors
    /// Those of the store: then the others wait until the node's silence tells them.
    pub async fn end(&self) -> Result<(), StoreError> {
        self.core.end().await
    }

    /// Where this node stands in each sequence, its own too. What a view keeps with its files to
    /// go on from.
    pub fn positions(&self) -> Vec<Position> {
        self.core.positions()
    }

    /// Reads again all events from these positions on, those of starts that are not among them
    /// too, and tells `tell` of each (not the listeners). Events that come while it reads may be
    /// told by both.
    ///
    /// # Errors
    /// [`ReplayError::TooOld`] if a sequence cannot be followed any more. Positions older than
    /// [`EVENT_KEPT_S`](crate::events::EVENT_KEPT_S) must not be asked for: their events expire.
    pub async fn replay(
        &self,
        from: &[Position],
        tell: &mut (dyn FnMut(&Happened) + Send),
    ) -> Result<(), ReplayError> {
        self.core.replay(from, tell).await
    }
}

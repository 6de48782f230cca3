//! What nodes over one engine know of each other: who there is, what they have written, and how
//! far this node has heard of it. On one machine there is none of this.
//! See docs/decisions/008.

mod standing;
mod tables;

use std::sync::Arc;

use bytes::Bytes;
use minicbor::{Decode, Encode};
use petrel_model::clock::Stamp;

use crate::StoreError;
use crate::events::Happened;

pub use standing::Standing;
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

/// For operators.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeersStatus {
    /// Why this node takes no writes, if so.
    pub unwritable: Option<String>,
    pub watermark: Stamp,
    /// How far the watermark is behind the wall clock, in milliseconds.
    pub watermark_age_ms: u64,
    /// How long ago the table of nodes was read, in milliseconds; none if never.
    pub nodes_read_ms: Option<u64>,
    /// Own batches whose outcome is not known and that are sent again.
    pub in_doubt: usize,
    pub hints_heard: u64,
    /// Garbage, and hints from nodes that are not known.
    pub hints_ignored: u64,
    pub catch_ups: u64,
    /// All other nodes of which something may still be heard.
    pub sources: Vec<SourceStatus>,
}

/// One start of another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceStatus {
    pub node: u16,
    pub token: u64,
    pub address: String,
    pub version: String,
    pub state: NodeState,
    /// Whether it holds the watermark back; if not, it is gone.
    pub is_live: bool,
    /// All places below are heard of and settled.
    pub next: u64,
    /// Places that are missing.
    pub gaps: usize,
    /// Events that are seen but may not be whole yet.
    pub unsettled: usize,
    /// How far it is heard of without gaps, as milliseconds behind the wall clock.
    pub lag_ms: u64,
}

/// The other nodes, as this one knows them.
pub struct Peers {
    standing: Arc<Standing>,
}

impl Peers {
    /// Makes this node known and reads who else there is. It takes writes three seconds later, if
    /// its standing allows.
    ///
    /// # Errors
    /// Those of the store; it may be called again.
    pub async fn join(&self, _announce: NodeRow) -> Result<(), StoreError> {
        Ok(())
    }

    /// Writes this node's row: with every renewal of its lease.
    ///
    /// # Errors
    /// Those of the store. A node that has not announced itself for a while takes no writes.
    pub async fn announce(&self, _row: NodeRow) -> Result<(), StoreError> {
        Ok(())
    }

    /// One round of housekeeping, to be called every quarter of a second.
    ///
    /// # Errors
    /// The first of the store's; all parts are tried.
    pub async fn round(&self) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    pub fn status(&self) -> PeersStatus {
        PeersStatus::default()
    }

    /// All other nodes' rows as they were last read, with their numbers.
    pub fn nodes(&self) -> Vec<(u16, NodeRow)> {
        Vec::new()
    }

    /// Says to the others that this node writes nothing more: the last thing that it does.
    ///
    /// # Errors
    /// Those of the store: then the others wait until the node's silence tells them.
    pub async fn end(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Where this node stands in each sequence, its own too. What a view keeps with its files to
    /// go on from.
    pub fn positions(&self) -> Vec<Position> {
        Vec::new()
    }

    /// Reads again all events from these positions on, those of starts that are not among them
    /// too, and tells `tell` of each (not the listeners).
    ///
    /// # Errors
    /// [`ReplayError::TooOld`] if a sequence cannot be followed any more.
    pub async fn replay(
        &self,
        _from: &[Position],
        _tell: &mut (dyn FnMut(&Happened) + Send),
    ) -> Result<(), ReplayError> {
        Ok(())
    }
}

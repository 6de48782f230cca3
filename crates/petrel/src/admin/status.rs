//! How the server on a data folder is doing, and the cluster that it belongs to.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::node::Node;
use crate::version;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusLines {
    pub version: String,
    pub engine: String,
    /// Whether it takes requests of every kind.
    pub ready: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lacking: Option<String>,
    /// Room on the disk, in bytes, where the engine has a disk of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub free_bytes: Option<u64>,
    /// On a cluster only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<ClusterLines>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClusterLines {
    pub node: u16,
    pub token: u64,
    /// How long the lease of the node's number stands, in milliseconds.
    pub lease_left_ms: u64,
    /// How far this node's wall clock is ahead of the others', in milliseconds, as last measured.
    pub clock_ahead_ms: Option<i64>,
    /// How long ago everything was that this node surely knows of, in milliseconds.
    pub watermark_age_ms: u64,
    /// Own batches whose outcome is not known yet.
    pub in_doubt: u64,
    pub hints_heard: u64,
    /// How often everything that others wrote was asked for at once.
    pub catch_ups: u64,
    /// Of the bus: "connected" and the like.
    pub bus: String,
    pub peers: Vec<PeerLine>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeerLine {
    pub node: u16,
    pub token: u64,
    pub address: String,
    pub version: String,
    pub state: String,
    /// How long ago everything was that is known of it, in milliseconds.
    pub lag_ms: u64,
    /// Places of its sequence that are asked for.
    pub gaps: u64,
    /// Events of which only a part may be there yet.
    pub unsettled: u64,
}

pub async fn status(node: &Node) -> Result<Reply> {
    let lacking = node.store.unwritable();
    Ok(Reply::Status(Box::new(StatusLines {
        version: version::VERSION.to_owned(),
        engine: node.store.engine().name().to_owned(),
        ready: lacking.is_none(),
        lacking,
        free_bytes: node.store.room().map(|room| room.free_bytes),
        cluster: node.member.as_ref().map(|member| member.lines()),
    })))
}

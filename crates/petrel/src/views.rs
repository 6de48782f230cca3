//! What is kept in memory beside the store, told of every commit.

use std::sync::Arc;

use anyhow::Result;
use petrel_store::Listener;

use crate::node::Node;

pub struct Views {}

impl Views {
    pub fn new() -> Views {
        Views {}
    }

    pub fn listeners(&self) -> Vec<Arc<dyn Listener>> {
        Vec::new()
    }

    /// From what is in the store; done before the first request is taken.
    pub async fn rebuild(&self, _node: &Node) -> Result<()> {
        Ok(())
    }
}

//! What a node stands on: a store over an engine, alone or as one of several.

use std::sync::Arc;

use anyhow::Result;
use petrel_model::clock::{Clock, HybridClock, Node as NodeNumber};
use petrel_store::MadeIn;
use petrel_store::{Listener, Open, Store};

use crate::cluster::{self, Joining, Member};
use crate::config::Config;
use crate::engine;
use crate::folder::Folder;
use crate::system::SystemEntropy;

pub struct Ground {
    pub store: Store,
    pub made_in: MadeIn,
    pub member: Option<Arc<Member>>,
    pub folder: Option<Folder>,
}

impl Ground {
    pub async fn on_one_machine(
        config: &Config,
        open: Open,
        listeners: Vec<Arc<dyn Listener>>,
        wall: Arc<dyn Clock>,
    ) -> Result<Ground> {
        let opened = engine::open_embedded(config, open, wall.clone())?;
        let last = opened.engine.last_stamp().await?;
        let clock = Arc::new(HybridClock::new(wall, NodeNumber::Single, last));
        Ok(Ground {
            store: Store::new(opened.engine, clock, opened.token, listeners),
            made_in: opened.made_in,
            member: None,
            folder: None,
        })
    }

    /// The data folder is this node's own, for its control socket, files of timelines and outbox.
    pub async fn on_a_cluster(
        config: &Config,
        open: Open,
        listeners: Vec<Arc<dyn Listener>>,
        wall: Arc<dyn Clock>,
    ) -> Result<Ground> {
        let folder = Folder::take(&config.data)?;
        let opened = engine::open_cql(config, open, wall.clone()).await?;
        folder.belongs_to(&opened.keyspace)?;
        let bus = cluster::connect(config, &opened.keyspace, wall.clone()).await?;
        let joining = Joining {
            engine: opened.engine,
            wall,
            entropy: &SystemEntropy,
            bus,
            listeners,
            address: config.listen.as_str().to_owned(),
        };
        let member = joining.join().await?;
        Ok(Ground {
            store: member.store().clone(),
            made_in: opened.made_in,
            member: Some(Arc::new(member)),
            folder: Some(folder),
        })
    }
}

//! A take-back of which only half is written, and what its user does next elsewhere.

use std::time::Duration;

use anyhow::Result;
use petrel_store::sim::Hostility;
use tokio::time::sleep;

use crate::act::{Act, Deed};
use crate::model::{Mark, Person, Post};
use crate::play::Play;

/// How long the node that wrote the half is cut off, in milliseconds.
const CUT_MS: u64 = 1_000;

impl Play {
    /// A mark is set and taken back on the node whose clock is most ahead, and of the second
    /// nobody knows how much is written; its node is cut off. What its user sees and sets then,
    /// on the node whose clock is most behind, counts: it was set after the other was seen.
    ///
    /// # Errors
    /// It does not count, or what another oracle has to say.
    pub async fn half_taken_back(&mut self, actor: Person, post: Post) -> Result<()> {
        let Some((ahead, behind)) = self.furthest_apart() else {
            return Ok(());
        };
        let mark = *self.dice.one_of(&[Mark::Favourite, Mark::Bookmark]);
        let set = |play: &mut Play, at: usize, on: bool| {
            play.number += 1;
            Deed {
                number: play.number,
                actor,
                at,
                act: Act::Set(post, mark, on),
            }
        };
        let (first, back) = (set(self, ahead, true), set(self, ahead, false));
        self.together(vec![first], None).await?;
        self.fault("half a batch");
        self.cluster.engine.set_hostility(Hostility {
            torn: true,
            in_doubt: 1_000,
            unavailable: 0,
            ..self.swarm.hostility.clone()
        });
        self.together(vec![back], None).await?;
        self.hostile_again();
        self.cluster.cut_engine(ahead, true);
        self.read_status_on(behind, actor, post).await?;
        let again = set(self, behind, true);
        self.together(vec![again], None).await?;
        self.read_status_on(behind, actor, post).await?;
        sleep(Duration::from_millis(CUT_MS)).await;
        self.cluster.cut_engine(ahead, false);
        self.read_status_on(behind, actor, post).await
    }

    async fn read_status_on(&mut self, at: usize, viewer: Person, post: Post) -> Result<()> {
        let node = self.cluster.nodes().into_iter().find(|node| node.at == at);
        match node {
            Some(node) => self.read_status(&node, Some(viewer), post).await,
            None => Ok(()),
        }
    }

    /// The machines whose clocks are most ahead and most behind of those that are up.
    fn furthest_apart(&self) -> Option<(usize, usize)> {
        let nodes = self.cluster.nodes();
        let wall_us = |at: usize| nodes[at].social.clock.wall().now_us();
        let ahead = (0..nodes.len()).max_by_key(|at| wall_us(*at))?;
        let behind = (0..nodes.len()).min_by_key(|at| wall_us(*at))?;
        (ahead != behind).then(|| (nodes[ahead].at, nodes[behind].at))
    }
}

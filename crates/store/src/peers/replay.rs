//! Events of the past, read again for a view that starts from what it has kept.

use std::collections::BTreeMap;

use super::inner::Core;
use super::read::{heard_of, tail};
use super::source::Life;
use super::{Position, ReplayError};
use crate::StoreError;
use crate::events::{BLOCK_EVENTS, Happened};

/// Blocks read in one round trip.
const STEP_BLOCKS: u64 = 4;
/// Starts of one node that are looked through at most: more have no events left, or the view has
/// slept for too long.
const TOKENS_MAX: u64 = 64;

impl Core {
    /// Where this node stands in each sequence, its own too.
    pub(super) fn positions(&self) -> Vec<Position> {
        let own = Position {
            node: self.node(),
            token: self.token,
            next: self.own.lock().settled_below(),
        };
        let sources = self.sources.lock();
        let others = sources.map.iter().map(|((node, token), source)| Position {
            node: *node,
            token: *token,
            next: source.next(),
        });
        std::iter::once(own).chain(others).collect()
    }

    pub(super) async fn replay(
        &self,
        from: &[Position],
        tell: &mut (dyn FnMut(&Happened) + Send),
    ) -> Result<(), ReplayError> {
        self.read_nodes().await?;
        for (node, token, next) in self.to_replay(from)? {
            self.replay_one((node, token), next, tell).await?;
        }
        Ok(())
    }

    /// All starts that may have events which the positions do not cover: those of each node from
    /// the position's on, and of nodes without one all that there may have been lately.
    fn to_replay(&self, from: &[Position]) -> Result<Vec<(u16, u64, u64)>, ReplayError> {
        let mut starts: BTreeMap<(u16, u64), u64> = BTreeMap::new();
        let mut last: BTreeMap<u16, u64> = BTreeMap::from([(self.node(), self.token)]);
        {
            let sources = self.sources.lock();
            for (node, token) in sources.map.keys() {
                let known = last.entry(*node).or_default();
                *known = (*known).max(*token);
            }
        }
        for position in from {
            starts.insert((position.node, position.token), position.next);
            let Some(last) = last
                .get(&position.node)
                .filter(|last| **last >= position.token)
            else {
                let why = format!("of node {} nothing is known any more", position.node);
                return Err(ReplayError::TooOld(why));
            };
            if last - position.token > TOKENS_MAX {
                let why = format!("node {} has started too often since", position.node);
                return Err(ReplayError::TooOld(why));
            }
            for token in position.token + 1..=*last {
                starts.entry((position.node, token)).or_insert(0);
            }
        }
        let is_new = |node: &u16| !from.iter().any(|position| position.node == *node);
        for (node, last) in last.iter().filter(|(node, _)| is_new(node)) {
            for token in last.saturating_sub(TOKENS_MAX)..=*last {
                starts.insert((*node, token), 0);
            }
        }
        Ok(starts
            .into_iter()
            .map(|((node, token), next)| (node, token, next))
            .collect())
    }

    async fn replay_one(
        &self,
        key: (u16, u64),
        next: u64,
        tell: &mut (dyn FnMut(&Happened) + Send),
    ) -> Result<(), StoreError> {
        let mut block = next / BLOCK_EVENTS;
        let mut from = next;
        loop {
            let scans: Vec<_> = (block..block + STEP_BLOCKS)
                .map(|block| tail(key, block, from))
                .collect();
            let found = self.engine.scan_many(&scans).await?;
            // The first may end before `from`; behind it no block without a row has one behind it.
            let is_over = found.iter().skip(1).any(Vec::is_empty);
            for row in found.into_iter().flatten() {
                let heard = heard_of(row)?;
                tell(&Happened {
                    node: key.0,
                    token: key.1,
                    sequence: heard.sequence,
                    stamp: heard.stamp,
                    event: heard.row.event,
                    settled: true,
                });
            }
            if is_over {
                return Ok(());
            }
            block += STEP_BLOCKS;
            from = 0;
        }
    }

    /// All rows of other nodes that are known, those of the gone too.
    pub(super) fn nodes(&self) -> Vec<(u16, super::NodeRow, bool)> {
        let sources = self.sources.lock();
        let listed = sources.map.values().filter(|source| source.is_listed);
        listed
            .map(|source| (source.node, source.row.clone(), source.life == Life::Live))
            .collect()
    }
}

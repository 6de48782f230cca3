//! What is done over and over, and what a node says of itself.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join3;
use petrel_model::clock::Stamp;
use petrel_model::event::Event;

use super::flight::Landing;
use super::inner::Core;
use super::own::BRIDGES_ALONE_MAX;
use super::source::{Life, Source};
use super::tables::{NodeRow, NodeState, Nodes};
use crate::StoreError;
use crate::batch::row_key;
use crate::engine::{Op, RawBatch};
use crate::record::Record;

/// A node takes writes so long after it has announced itself, in microseconds: by then all others
/// have read of it.
const REST_US: u64 = 3_000_000;
/// A node that has not announced itself for so long takes no writes, in microseconds; the others
/// drop it later than that.
const ANNOUNCED_AGE_US_MAX: u64 = 10 * 1_000_000;
/// A node that drew no place for so long writes a heartbeat, in microseconds.
const IDLE_US: u64 = 500_000;
/// A node that was not heard of for so long is read of, in microseconds.
const SILENT_US: u64 = 1_000_000;
/// Rows of nodes that are gone are removed when they are so old, in microseconds: later than their
/// events expire, so that a view that has slept finds whom to read.
const NODES_KEPT_US: u64 = 8 * 24 * 3_600 * 1_000_000;

impl Core {
    /// Why this node takes no writes, if so.
    pub fn unwritable(&self) -> Option<String> {
        if let Some(why) = self.standing.refusal() {
            return Some(why);
        }
        if !self.standing.stands() {
            return Some("its lease does not stand".to_owned());
        }
        if self.standing.promised() < Stamp(self.clock.wall().now_us()) {
            return Some("its clock is ahead of what its lease says".to_owned());
        }
        let now_us = self.now_us();
        {
            let announcing = self.announcing.lock();
            let why = match announcing.sent_us {
                _ if announcing.is_ended => "it is ending",
                None => "it has not joined",
                Some(_) if now_us < announcing.writable_from_us => "it is joining",
                Some(sent_us) if now_us.saturating_sub(sent_us) > ANNOUNCED_AGE_US_MAX => {
                    "it cannot announce itself to the others"
                }
                Some(_) => "",
            };
            if !why.is_empty() {
                return Some(why.to_owned());
            }
        }
        self.doubts.lock().refusal()
    }

    /// # Errors
    /// `Unwritable`.
    pub fn may_write(&self) -> Result<(), StoreError> {
        self.unwritable()
            .map_or(Ok(()), |why| Err(StoreError::Unwritable(why)))
    }

    /// The answer to a write that is done: Ok only as long as the others still listen.
    ///
    /// # Errors
    /// `Timeout` with an unknown outcome: others may count this node for dead already.
    pub fn answer(&self, stamp: Stamp) -> Result<Stamp, StoreError> {
        let is_waited_for = {
            let announcing = self.announcing.lock();
            let now_us = self.now_us();
            let age_us = announcing
                .sent_us
                .map(|sent_us| now_us.saturating_sub(sent_us));
            !announcing.is_ended
                && age_us.is_some_and(|age_us| age_us <= ANNOUNCED_AGE_US_MAX)
                && announcing.writable_from_us <= now_us
                && announcing.silent_until < stamp
        };
        if self.standing.stands() && is_waited_for {
            return Ok(stamp);
        }
        Err(StoreError::Timeout {
            outcome_unknown: true,
        })
    }

    /// Writes this node's row, stamped later than all places drawn so far and earlier than all
    /// others.
    pub(super) async fn announce(&self, mut row: NodeRow) -> Result<(), StoreError> {
        let sent_us = self.now_us();
        {
            let mut announcing = self.announcing.lock();
            if announcing.is_ended && row.state != NodeState::Ended {
                return Ok(());
            }
            announcing.beat += 1;
            row.beat = announcing.beat;
        }
        row.token = self.token;
        row.wall_us = self.clock.wall().now_us();
        let stamp = {
            let own = self.own.lock();
            row.drawn = own.drawn();
            row.settled_below = own.settled_below();
            self.clock.next_stamp(Stamp::MIN)
        };
        let op = Op::Put {
            key: row_key::<Nodes>(&(), &self.node()),
            value: Bytes::from(row.to_value()),
            expires_at_s: None,
        };
        let batch = RawBatch {
            stamp,
            retry: false,
            ops: vec![op],
        };
        self.engine.write(batch).await?;
        let now_us = self.now_us();
        let mut announcing = self.announcing.lock();
        // Others may have dropped a node that was silent for so long, and must read of it again.
        let is_known = |before_us: u64| now_us.saturating_sub(before_us) <= ANNOUNCED_AGE_US_MAX;
        if !announcing.sent_us.is_some_and(is_known) {
            announcing.writable_from_us = now_us + REST_US;
            announcing.silent_until = self.clock.last_stamp();
        }
        announcing.sent_us = announcing.sent_us.max(Some(sent_us));
        announcing.row = Some(row);
        Ok(())
    }

    /// Nothing was drawn for a while: an event that says nothing, so that the others know of all
    /// before it that it is settled.
    async fn heartbeat(self: &Arc<Core>) -> Result<(), StoreError> {
        let drew_us = self.own.lock().drew_us;
        if self.now_us().saturating_sub(drew_us) < IDLE_US || self.unwritable().is_some() {
            return Ok(());
        }
        let flight = self.take_off(
            Vec::new(),
            vec![Event::Nothing],
            &[],
            Stamp::MIN,
            BRIDGES_ALONE_MAX,
        )?;
        match flight.send().await {
            Landing::Written(_) => Ok(()),
            Landing::Nothing(error) | Landing::InDoubt(error) => Err(error),
        }
    }

    pub(super) async fn round(self: &Arc<Core>) -> Result<(), StoreError> {
        let parts = join3(
            self.read_round(SILENT_US),
            self.heartbeat(),
            self.send_doubts(),
        );
        let (read, beat, again) = parts.await;
        let removed = self.remove_old_rows().await;
        read.and(beat).and(again).and(removed)
    }

    /// One at a time.
    async fn remove_old_rows(&self) -> Result<(), StoreError> {
        let wall_us = self.clock.wall().now_us();
        let old = {
            let sources = self.sources.lock();
            let is_old = |source: &&Source| {
                source.life == Life::Gone
                    && source.is_listed
                    && source.row.wall_us.saturating_add(NODES_KEPT_US) < wall_us
            };
            let old = sources.map.values().find(is_old);
            old.map(|source| (source.node, source.revision))
        };
        let Some((node, stamp)) = old else {
            return Ok(());
        };
        let key = row_key::<Nodes>(&(), &node);
        // At its own stamp: should the number be given again just now, the new row stays.
        let ops = vec![Op::Delete { key }];
        self.engine
            .write(RawBatch {
                stamp,
                retry: false,
                ops,
            })
            .await?;
        Ok(())
    }

    pub(super) async fn end(self: &Arc<Core>) -> Result<(), StoreError> {
        let row = {
            let mut announcing = self.announcing.lock();
            announcing.is_ended = true;
            announcing.row.clone()
        };
        // What is still in doubt stays so: the others go on asking for it.
        let _ = self.send_doubts().await;
        let Some(row) = row else {
            return Ok(());
        };
        self.announce(NodeRow {
            state: NodeState::Ended,
            ..row
        })
        .await
    }
}

//! How writes go to the engine: stamped, their events numbered, the cache voided, listeners told.

use std::sync::Arc;

use bytes::Bytes;
use petrel_model::clock::Stamp;
use petrel_model::event::Event;

use crate::batch::{check_limits, row_key};
use crate::cache::Place;
use crate::engine::{Op, RawBatch, RawConditional, RawMend, RawOutcome};
use crate::events::{BLOCK_EVENTS, EVENT_KEPT_S, EventRow, Events, Happened};
use crate::peers::{BRIDGES_MAX, Core, Landing};
use crate::record::Record;
use crate::store::{Listener, Store};
use crate::table::Table;
use crate::{Batch, MendOutcome, Plain, StoreError};

/// How far a batch has come; it is the same batch from its first attempt on.
pub(crate) struct Sent {
    stamp: Stamp,
    ops: usize,
    /// An attempt may have been written.
    in_doubt: bool,
    done: bool,
    /// Its events with their places in the sequence.
    events: Vec<(u64, Event)>,
}

/// The same, where there are other nodes.
pub(crate) struct SentAmongPeers {
    ops: usize,
    stamp: Stamp,
    /// Its first place in the sequence, while it is in doubt.
    first: u64,
    done: bool,
}

impl Store {
    pub(crate) async fn commit(&self, batch: &mut Batch<'_>) -> Result<Stamp, StoreError> {
        let Some(peers) = self.peers() else {
            return self.commit_alone(batch).await;
        };
        let core = peers.core();
        core.may_write()?;
        // What no node keeps and no event tells of concerns nobody else.
        let is_private = batch.events.is_empty() && batch.voids.is_empty() && batch.among.is_none();
        let stamp = match is_private {
            true => self.commit_alone(batch).await?,
            false => commit_among(core, batch).await?,
        };
        core.answer(stamp)
    }

    async fn commit_alone(&self, batch: &mut Batch<'_>) -> Result<Stamp, StoreError> {
        match &batch.sent {
            None => batch.sent = Some(self.prepare(batch)?),
            Some(sent) if sent.ops != batch.ops.len() || !batch.events.is_empty() => {
                return Err(was_added_to());
            }
            Some(_) => {}
        }
        let cache = &self.inner.cache;
        let sent = batch.sent.as_mut().expect("set above");
        if sent.done || batch.ops.is_empty() {
            return Ok(sent.stamp);
        }
        let raw = RawBatch {
            stamp: sent.stamp,
            retry: sent.in_doubt,
            ops: batch.ops.clone(),
        };
        if batch.voiding.is_none() {
            batch.voiding = Some(cache.begin(batch.voids.clone()));
        }
        let was_in_doubt = std::mem::replace(&mut sent.in_doubt, true);
        let answer = self.inner.engine.write(raw).await;
        sent.in_doubt = was_in_doubt || is_unknown(&answer);
        if answer.is_ok() || !sent.in_doubt {
            batch
                .voiding
                .take()
                .into_iter()
                .for_each(|voiding| voiding.settle());
        }
        sent.stamp = answer?;
        sent.done = true;
        self.inner.clock.observe(sent.stamp);
        self.tell(sent);
        Ok(sent.stamp)
    }

    /// Checks the batch; then stamps it and draws the places of its events, both at once, so that
    /// the sequence is in the order of stamps. What is refused draws nothing.
    fn prepare(&self, batch: &mut Batch<'_>) -> Result<Sent, StoreError> {
        let values: Vec<Bytes> = batch
            .events
            .iter()
            .map(|event| EventRow::alone(event.clone()).to_value().into())
            .collect();
        check_limits(&batch.ops, &values)?;
        let (stamp, first) = {
            let mut next = self.inner.sequence.lock();
            let first = *next;
            *next += values.len() as u64;
            (self.inner.clock.next_stamp(batch.read), first)
        };
        let expires_at_s =
            self.inner.clock.now_s() + EVENT_KEPT_S + self.inner.engine.late_bound_s();
        let node = self.inner.clock.node().number();
        let events: Vec<_> = (first..).zip(std::mem::take(&mut batch.events)).collect();
        for ((sequence, _), value) in events.iter().zip(values) {
            let partition = (node, self.inner.token, sequence / BLOCK_EVENTS);
            batch.ops.push(Op::Put {
                key: row_key::<Events>(&partition, sequence),
                value,
                expires_at_s: Some(expires_at_s),
            });
        }
        Ok(Sent {
            stamp,
            ops: batch.ops.len(),
            in_doubt: false,
            done: false,
            events,
        })
    }

    fn tell(&self, sent: &Sent) {
        if self.inner.listeners.is_empty() {
            return;
        }
        for (sequence, event) in &sent.events {
            let happened = Happened {
                node: self.inner.clock.node().number(),
                token: self.inner.token,
                sequence: *sequence,
                stamp: sent.stamp,
                event: event.clone(),
                settled: true,
            };
            let told = |listener: &Arc<dyn Listener>| listener.happened(&happened);
            self.inner.listeners.iter().for_each(told);
        }
    }

    /// Tells everybody of an event of this process that they were not told of, because whoever
    /// committed it was gone before the answer. Nothing on several nodes, where a batch that
    /// nobody waits for is followed by [`Peers::round`](crate::Peers::round).
    pub fn tell_late(&self, happened: &Happened) {
        if self.peers().is_some() {
            return;
        }
        let told = |listener: &Arc<dyn Listener>| listener.happened(happened);
        self.inner.listeners.iter().for_each(told);
    }

    pub(crate) async fn write_if_raw(
        &self,
        mut write: RawConditional,
    ) -> Result<RawOutcome, StoreError> {
        check_limits(&write.ops, &[])?;
        write.stamp = self.inner.clock.next_stamp(Stamp::MIN);
        // Nothing to void: rows of conditional tables are never cached.
        let outcome = self.inner.engine.write_if(write).await?;
        if let RawOutcome::Applied(stamp) = &outcome {
            // One raised above a row of a node whose clock is far off is of this row alone.
            self.inner.clock.follow(*stamp);
        }
        Ok(outcome)
    }

    pub(crate) async fn mend_raw(
        &self,
        mend: RawMend,
        voids: Vec<Place>,
    ) -> Result<MendOutcome, StoreError> {
        if let Some(peers) = self.peers() {
            peers.core().may_write()?;
        }
        let puts = mend
            .puts
            .iter()
            .map(|(key, value, expires_at_s, _)| Op::Put {
                key: key.clone(),
                value: value.clone(),
                expires_at_s: *expires_at_s,
            });
        let deletes = mend
            .deletes
            .iter()
            .map(|(key, _)| Op::Delete { key: key.clone() });
        let ops: Vec<Op> = puts.chain(deletes).collect();
        check_limits(&ops, &[])?;
        let voiding = self.inner.cache.begin(voids.clone());
        let answer = self.inner.engine.mend(mend).await;
        if !is_unknown(&answer) {
            voiding.settle();
        }
        if matches!(answer, Ok(true)) || is_unknown(&answer) {
            self.tell_voids(voids).await?;
        }
        Ok(if answer? {
            MendOutcome::Applied
        } else {
            MendOutcome::PremiseChanged
        })
    }

    /// Drops a whole partition of a plain table. Rows with a later stamp stay. Not for
    /// [`Events`]: nobody is told.
    pub async fn delete_partition<T: Table<Mode = Plain>>(
        &self,
        partition: &T::Partition,
    ) -> Result<(), StoreError> {
        if let Some(peers) = self.peers() {
            peers.core().may_write()?;
        }
        let stamp = self.inner.clock.next_stamp(Stamp::MIN);
        let place = Place::of::<T>(partition);
        let partition = place.partition.clone();
        let voids = if T::CACHED { vec![place] } else { Vec::new() };
        let voiding = self.inner.cache.begin(voids.clone());
        let engine = &self.inner.engine;
        let answer = engine.delete_partition(T::ID, partition, stamp).await;
        if !is_unknown(&answer) {
            voiding.settle();
        }
        if answer.is_ok() || is_unknown(&answer) {
            self.tell_voids(voids).await?;
        }
        answer
    }

    /// Tells the other nodes of a write that has no event of its own.
    async fn tell_voids(&self, voids: Vec<Place>) -> Result<(), StoreError> {
        if self.peers().is_none() || voids.is_empty() {
            return Ok(());
        }
        let mut batch = self.batch();
        batch.voids = voids;
        // Until they are told the write is not done.
        let in_doubt = |_| StoreError::Timeout {
            outcome_unknown: true,
        };
        batch.commit().await.map(|_| ()).map_err(in_doubt)
    }
}

/// A batch that others must hear of: in doubt, it is sent again until its outcome is known.
async fn commit_among(core: &Arc<Core>, batch: &mut Batch<'_>) -> Result<Stamp, StoreError> {
    if let Some(sent) = &mut batch.among {
        if sent.ops != batch.ops.len() || !batch.events.is_empty() {
            return Err(was_added_to());
        }
        if !sent.done {
            core.send_again(sent.first).await?;
            sent.done = true;
        }
        return Ok(sent.stamp);
    }
    let mut events = batch.events.clone();
    if events.is_empty() {
        events.push(Event::Nothing);
    }
    let ops = batch.ops.clone();
    let flight = core.take_off(ops, events, &batch.voids, batch.read, BRIDGES_MAX)?;
    let before = std::mem::take(&mut batch.events);
    let sent = batch.among.insert(SentAmongPeers {
        ops: batch.ops.len(),
        stamp: flight.stamp(),
        first: flight.first(),
        done: false,
    });
    match flight.send().await {
        Landing::Written(stamp) => {
            sent.done = true;
            Ok(stamp)
        }
        Landing::InDoubt(error) => Err(error),
        Landing::Nothing(error) => {
            // The next attempt is the first again: others may hold its places for empty by then.
            batch.among = None;
            batch.events = before;
            Err(error)
        }
    }
}

fn was_added_to() -> StoreError {
    StoreError::Refused("the batch was added to after its first attempt".to_owned())
}

fn is_unknown<T>(answer: &Result<T, StoreError>) -> bool {
    answer.as_ref().is_err_and(|error| error.is_in_doubt())
}

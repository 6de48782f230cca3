//! This node's own batches on their way, and those whose outcome is not known.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use petrel_model::clock::Stamp;
use petrel_model::event::Event;

use super::collect::named_by;
use super::hint::Hint;
use super::inner::Core;
use super::own::Drawn;
use crate::StoreError;
use crate::batch::{check_limits, row_key};
use crate::cache::{Place, Voiding};
use crate::engine::{Op, RawBatch};
use crate::events::{BLOCK_EVENTS, EVENT_KEPT_S, EventRow, Events, Happened};
use crate::record::Record;

/// Most batches in doubt, and most bytes of them; beyond, the node takes no writes.
const DOUBTS_MAX: usize = 500;
const DOUBT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Batches in doubt that are sent again at one time.
const AGAIN_MAX: usize = 32;
/// A batch in doubt is sent again so long after it was sent, in microseconds; then after twice as
/// long, and so on.
const AGAIN_US: u64 = 500_000;
const AGAIN_US_MAX: u64 = 30 * 1_000_000;
/// How long at most, in microseconds; the engine forgets a batch in doubt by its late bound, which
/// is longer.
const AGAIN_FOR_US: u64 = 3_600 * 1_000_000;

/// A batch that has its stamp and its places.
struct Cargo {
    first: u64,
    raw: RawBatch,
    rows: Vec<EventRow>,
    voiding: Voiding,
}

/// A batch under way. If it is dropped before there was an answer, it is in doubt.
pub(crate) struct Flight {
    core: Arc<Core>,
    cargo: Option<Cargo>,
}

pub(crate) enum Landing {
    Written(Stamp),
    /// Nothing was written and nothing will be.
    Nothing(StoreError),
    InDoubt(StoreError),
}

struct Doubt {
    cargo: Cargo,
    since_us: u64,
    again_us: u64,
    wait_us: u64,
}

/// By their first places.
#[derive(Default)]
pub(super) struct Doubts {
    map: BTreeMap<u64, Doubt>,
    bytes: usize,
    has_given_up: bool,
}

impl Doubts {
    pub fn len(&self) -> usize {
        self.map.len()
    }

    pub fn refusal(&self) -> Option<String> {
        if self.has_given_up {
            let why = "the outcome of a write has been unknown for an hour; restart the node";
            return Some(why.to_owned());
        }
        let is_full = self.map.len() >= DOUBTS_MAX || self.bytes >= DOUBT_BYTES_MAX;
        is_full.then(|| format!("the outcome of {} writes is not known", self.map.len()))
    }

    fn take(&mut self, first: u64) -> Option<Cargo> {
        let doubt = self.map.remove(&first)?;
        self.bytes -= bytes_of(&doubt.cargo.raw);
        Some(doubt.cargo)
    }
}

impl Core {
    /// Checks, stamps and numbers a batch. What is refused draws nothing.
    pub fn take_off(
        self: &Arc<Core>,
        mut ops: Vec<Op>,
        events: Vec<Event>,
        voids: &[Place],
        above: Stamp,
        bridges_max: usize,
    ) -> Result<Flight, StoreError> {
        let mut rows: Vec<EventRow> = events.into_iter().map(EventRow::alone).collect();
        if let Some(first) = rows.first_mut() {
            first.voids = voids.iter().map(Place::to_void).collect();
        }
        let at_most = |row: &EventRow| {
            let settled_below = u64::MAX;
            let row = EventRow {
                settled_below,
                raised: true,
                ..row.clone()
            };
            Bytes::from(row.to_value())
        };
        check_limits(&ops, &rows.iter().map(at_most).collect::<Vec<_>>())?;
        let count = rows.len() as u64;
        let drawn = self
            .own
            .lock()
            .draw(count, &self.clock, above, bridges_max)?;
        for row in &mut rows {
            row.settled_below = drawn.settled_below;
            row.raised = drawn.raised;
        }
        self.add_rows(&mut ops, &rows, &drawn);
        let raw = RawBatch {
            stamp: drawn.stamp,
            retry: false,
            ops,
        };
        let voiding = self.cache.begin(voids.to_vec());
        let cargo = Cargo {
            first: drawn.first,
            raw,
            rows,
            voiding,
        };
        Ok(Flight {
            core: self.clone(),
            cargo: Some(cargo),
        })
    }

    fn add_rows(&self, ops: &mut Vec<Op>, rows: &[EventRow], drawn: &Drawn) {
        let expires_at_s = self.clock.now_s() + EVENT_KEPT_S + self.engine.late_bound_s();
        let put = |sequence: u64, row: &EventRow| Op::Put {
            key: row_key::<Events>(
                &(self.node(), self.token, sequence / BLOCK_EVENTS),
                &sequence,
            ),
            value: row.to_value().into(),
            expires_at_s: Some(expires_at_s),
        };
        ops.extend(
            (drawn.first..)
                .zip(rows)
                .map(|(sequence, row)| put(sequence, row)),
        );
        // Later than its place, so it must not count for the watermark.
        let bridge = EventRow {
            raised: true,
            ..EventRow::alone(Event::Nothing)
        };
        ops.extend(drawn.bridges.iter().map(|place| put(*place, &bridge)));
    }

    /// Sends a batch again that is in doubt and not yet known to be written.
    pub async fn send_again(self: &Arc<Core>, first: u64) -> Result<(), StoreError> {
        let raw = self
            .doubts
            .lock()
            .map
            .get(&first)
            .map(|doubt| doubt.cargo.raw.clone());
        if let Some(raw) = raw {
            self.engine.write(RawBatch { retry: true, ..raw }).await?;
            self.land_doubt(first);
        }
        Ok(())
    }

    /// Under the lock, so that whoever does not find it there any more finds it told.
    fn land_doubt(&self, first: u64) {
        let mut doubts = self.doubts.lock();
        if let Some(cargo) = doubts.take(first) {
            self.land(cargo);
        }
    }

    /// A batch is written: those here are told before its writer, those elsewhere by a hint.
    fn land(&self, cargo: Cargo) {
        let Cargo {
            first,
            raw,
            mut rows,
            voiding,
        } = cargo;
        let stamp = raw.stamp;
        voiding.settle();
        self.name(|| named_by(&rows));
        self.clock.observe(stamp);
        for (sequence, row) in (first..).zip(&rows) {
            let happened = Happened {
                node: self.node(),
                token: self.token,
                sequence,
                stamp,
                event: row.event.clone(),
                settled: true,
            };
            self.listeners
                .iter()
                .for_each(|listener| listener.happened(&happened));
        }
        // After the listeners: whoever asks how far this node is has been told so far.
        let settled_below = {
            let mut own = self.own.lock();
            own.written(first, rows.len() as u64);
            own.settled_below()
        };
        rows.iter_mut()
            .for_each(|row| row.settled_below = settled_below);
        let (node, token) = (self.node(), self.token);
        let hint = Hint {
            node,
            token,
            first,
            stamp,
            rows,
        };
        self.outlet.hint(hint.to_bytes());
    }

    /// Sends again what is in doubt and due.
    ///
    /// # Errors
    /// The first of the engine's.
    pub(super) async fn send_doubts(self: &Arc<Core>) -> Result<(), StoreError> {
        let now_us = self.now_us();
        let due: Vec<u64> = {
            let mut doubts = self.doubts.lock();
            let is_over = |doubt: &Doubt| now_us.saturating_sub(doubt.since_us) > AGAIN_FOR_US;
            doubts.has_given_up = doubts.map.values().any(is_over);
            let due = doubts
                .map
                .iter_mut()
                .filter(|(_, doubt)| !is_over(doubt) && doubt.again_us <= now_us);
            let again = due.take(AGAIN_MAX).map(|(first, doubt)| {
                doubt.wait_us = (doubt.wait_us * 2).min(AGAIN_US_MAX);
                doubt.again_us = now_us + doubt.wait_us;
                *first
            });
            again.collect()
        };
        let answers = join_all(due.into_iter().map(|first| self.send_again(first))).await;
        answers.into_iter().collect()
    }
}

impl Flight {
    /// Of a batch in doubt, for [`Core::send_again`].
    pub fn first(&self) -> u64 {
        self.cargo.as_ref().map_or(0, |cargo| cargo.first)
    }

    pub fn stamp(&self) -> Stamp {
        self.cargo
            .as_ref()
            .map_or(Stamp::MIN, |cargo| cargo.raw.stamp)
    }

    pub async fn send(mut self) -> Landing {
        let Some(raw) = self.cargo.as_ref().map(|cargo| cargo.raw.clone()) else {
            return Landing::Written(Stamp::MIN);
        };
        let answer = self.core.engine.write(raw).await;
        let is_known = answer
            .as_ref()
            .map_or_else(says_nothing_was_written, |_| true);
        let cargo = self.cargo.take_if(|_| is_known);
        match (answer, cargo) {
            (Ok(stamp), Some(cargo)) => {
                self.core.land(cargo);
                Landing::Written(stamp)
            }
            (Err(error), Some(cargo)) => {
                let mut own = self.core.own.lock();
                own.nothing(cargo.first, cargo.rows.len() as u64);
                cargo.voiding.settle();
                Landing::Nothing(error)
            }
            (Err(error), None) => Landing::InDoubt(error),
            (Ok(stamp), None) => Landing::Written(stamp),
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let Some(cargo) = self.cargo.take() else {
            return;
        };
        let now_us = self.core.now_us();
        let mut doubts = self.core.doubts.lock();
        doubts.bytes += bytes_of(&cargo.raw);
        let doubt = Doubt {
            since_us: now_us,
            again_us: now_us + AGAIN_US,
            wait_us: AGAIN_US,
            cargo,
        };
        doubts.map.insert(doubt.cargo.first, doubt);
    }
}

/// Only where the engine is sure. What it does not say counts as in doubt.
fn says_nothing_was_written(error: &StoreError) -> bool {
    match error {
        StoreError::Timeout { outcome_unknown } => !outcome_unknown,
        StoreError::Unavailable(_)
        | StoreError::Unwritable(_)
        | StoreError::Full(_)
        | StoreError::TooLarge { .. }
        | StoreError::Refused(_) => true,
        StoreError::Corrupt { .. } => false,
    }
}

fn bytes_of(raw: &RawBatch) -> usize {
    let bytes = |op: &Op| match op {
        Op::Put { key, value, .. } => key.partition.len() + key.sort.len() + value.len(),
        Op::Delete { key } => key.partition.len() + key.sort.len(),
    };
    raw.ops.iter().map(bytes).sum()
}

//! Which number a node bears.
//!
//! Nodes whose numbers agree in their low 6 bits would draw the same stamps, so the lease is for
//! the *class* of a number, those low bits: 64 rows, at most 64 nodes. The row says which number
//! of its class is in use and up to which stamp each of the others was used last, so a number
//! rests although its class is taken again, and a holder starts above all that its class has
//! ever stamped.

use std::sync::Arc;
use std::time::Duration;

use petrel_model::clock::{HybridClock, Node};
use petrel_model::entropy::Entropy;
use petrel_store::{Row, Stamp, Store, StoreError};
use tokio::time::sleep;

use super::lease::{Lease, Renewed, Term};
use super::observer::{Observer, Seen};
use super::table::{LeaseRow, Leases};

/// Numbers from here on are for imports.
pub const NODES_BELOW: u16 = 1_008;
/// A number is not used so long after its last holder, in milliseconds.
pub const REST_MS: u64 = 10 * 60 * 1_000;
/// How long the lease of a node number lasts unless it is renewed.
pub const NODE_LEASE: Duration = Duration::from_secs(10);
/// Stamps stay below the wall clock at the last renewal plus this, in microseconds: the clock
/// runs on for two thirds of a lease, and is lifted by others by a second.
const PROMISE_US: u64 = 10_000_000;
const CLASSES: u16 = 64;
/// Rows read at once when looking for a number.
const LOOKED_AT: usize = 4;
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// How long is looked for a number: longer than a dead holder's lease takes to be seen dead.
const LOOKS_MAX: u32 = 45;

/// A number that no other live node bears, nor one whose stamps would tie with this one's.
pub struct NodeLease {
    /// Of its own: renewals go on when the node's store takes no writes.
    store: Store,
    lease: Lease,
    number: u16,
    above: Stamp,
}

#[derive(Debug, thiserror::Error)]
pub enum NodeLeaseError {
    #[error("no node number is free: {0}")]
    NoneFree(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NodeLease {
    /// Looks for a free number and takes it. `store` is a provisional one over the same engine
    /// (without cache, without membership): the real one needs the number. The wall clock should
    /// have been compared with the engine's before, because rests are judged by it. `holder` is
    /// for people: an address.
    ///
    /// # Errors
    /// `NoneFree` after most of a minute: all classes are held, resting or not to be read.
    pub async fn take(
        store: &Store,
        entropy: &dyn Entropy,
        holder: &str,
    ) -> Result<NodeLease, NodeLeaseError> {
        let observer = Observer::default();
        let mut classes: Vec<u16> = (0..CLASSES).collect();
        shuffle(&mut classes, entropy);
        let mut why = "all are held or resting".to_owned();
        for _ in 0..LOOKS_MAX {
            for some in classes.chunks(LOOKED_AT) {
                match take_one(store, entropy, &observer, some, holder).await {
                    Ok(Some(taken)) => return Ok(taken),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%error, "a lease of a node number could not be taken; trying again");
                        why = error.to_string();
                    }
                }
            }
            sleep(LOOK_PERIOD).await;
        }
        Err(NodeLeaseError::NoneFree(why))
    }

    pub fn number(&self) -> u16 {
        self.number
    }

    /// For the hybrid clock of the real store.
    pub fn node(&self) -> Node {
        Node::Member(self.number)
    }

    /// That of the lease: a number and a token together were never given before.
    pub fn token(&self) -> u64 {
        self.lease.token()
    }

    /// The hybrid clock starts above this.
    pub fn above(&self) -> Stamp {
        self.above
    }

    pub fn stands(&self) -> bool {
        self.lease.stands()
    }

    /// The latest stamp that the row allows this node.
    pub fn promised(&self) -> Stamp {
        self.lease.row().high_water
    }

    pub fn term(&self) -> &Arc<Term> {
        self.lease.term()
    }

    /// Renews it, every second or so, and promises stamps for the time until it would end; the
    /// node's standing is then extended to the end of [`NodeLease::term`], and promised up to
    /// [`NodeLease::promised`]. The promise is not raised
    /// while the node takes no writes (`writable` is false): its wall clock may be far off, and
    /// who comes after it in this class would have to start above that.
    ///
    /// # Errors
    /// Those of the store: to be tried again at once, even after the lease has ended.
    pub async fn renew(
        &mut self,
        clock: &HybridClock,
        writable: bool,
    ) -> Result<Renewed, StoreError> {
        let mut row = self.lease.row().clone();
        if writable {
            let now = Stamp(clock.wall().now_us());
            let from = clock.last_stamp().max(now);
            row.high_water = row.high_water.max(Stamp(from.0.saturating_add(PROMISE_US)));
        }
        self.lease.write(&self.store, row).await
    }

    /// Gives the class back; the number rests. Nothing is written under the number any more when
    /// this is called, so the mark is the last stamp of `clock`.
    ///
    /// # Errors
    /// Those of the store; the lease ends by itself then.
    pub async fn release(mut self, clock: &HybridClock) -> Result<(), StoreError> {
        let mut row = self.lease.row().clone();
        row.high_water = clock.last_stamp().max(self.above);
        self.lease.release_as(&self.store, row).await
    }
}

async fn take_one(
    store: &Store,
    entropy: &dyn Entropy,
    observer: &Observer,
    classes: &[u16],
    holder: &str,
) -> Result<Option<NodeLease>, StoreError> {
    let names: Vec<String> = classes.iter().map(|class| name_of(*class)).collect();
    let seen = observer.look(store, &names).await?;
    for ((class, name), seen) in classes.iter().zip(&names).zip(seen) {
        let Seen::Free(before) = seen else {
            continue;
        };
        let now_us = store.clock().wall().now_us();
        let Some(row) = successor(*class, before.as_ref(), now_us, holder, entropy) else {
            continue;
        };
        let (number, above) = (row.number.unwrap_or(*class), row.high_water);
        let revision = before.map(|before| before.revision);
        if let Some(lease) = Lease::claim_as(store, name, revision, row).await? {
            let store = store.clone();
            return Ok(Some(NodeLease {
                store,
                lease,
                number,
                above,
            }));
        }
    }
    Ok(None)
}

/// The row of who takes the class over; none if all its numbers rest, or if its stamps are ahead
/// of this node's wall clock, which would be dragged along.
fn successor(
    class: u16,
    before: Option<&Row<Leases>>,
    now_us: u64,
    holder: &str,
    entropy: &dyn Entropy,
) -> Option<LeaseRow> {
    let before = before.map(|row| &row.value);
    let high_water = before.map_or(Stamp::MIN, |row| row.high_water);
    if high_water.0 > now_us {
        return None;
    }
    let mut marks = before
        .and_then(|row| row.numbers.clone())
        .unwrap_or_default();
    marks.resize(numbers_of(class).count(), Stamp::MIN);
    if let Some(last) = before.and_then(|row| row.number)
        && let Some(mark) = marks.get_mut(usize::from(last / CLASSES))
    {
        *mark = high_water;
    }
    let rested = |mark: &Stamp| *mark == Stamp::MIN || mark.0 + REST_MS * 1_000 <= now_us;
    let (_, number) = marks
        .iter()
        .zip(numbers_of(class))
        .filter(|(mark, _)| rested(mark))
        .min()?;
    Some(LeaseRow {
        nonce: entropy.next_u64(),
        token: before.map_or(1, |row| row.token + 1),
        duration_ms: NODE_LEASE.as_millis() as u64,
        high_water,
        holder: holder.to_owned(),
        released: false,
        number: Some(number),
        numbers: Some(marks),
    })
}

fn numbers_of(class: u16) -> impl Iterator<Item = u16> {
    (class..NODES_BELOW).step_by(usize::from(CLASSES))
}

fn name_of(class: u16) -> String {
    format!("node/{class}")
}

fn shuffle(classes: &mut [u16], entropy: &dyn Entropy) {
    for last in (1..classes.len()).rev() {
        let other = entropy.next_u64() % (last as u64 + 1);
        classes.swap(last, other as usize);
    }
}

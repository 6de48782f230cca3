use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use petrel_model::clock::Clock;
use petrel_model::entropy::Entropy;
use petrel_store::{Outcome, Row, Stamp, Store, StoreError};

use super::observer::{Observer, Seen};
use super::table::{LeaseRow, Leases};

/// A lease that this process has taken.
pub struct Lease {
    name: String,
    /// The row as it was last known to be this lease's own.
    row: LeaseRow,
    revision: Stamp,
    /// When the first of the writes was sent whose outcome is not known, by the boot-time clock
    /// in microseconds.
    doubt_since_us: Option<u64>,
    lost: bool,
    term: Arc<Term>,
}

/// How long the holder of a lease may work; shared with those who do the work.
pub struct Term {
    clock: Option<Arc<dyn Clock>>,
    /// By the boot-time clock, in microseconds.
    until_us: AtomicU64,
    token: u64,
}

/// What became of a renewal. A lost lease is an outcome, not an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renewed {
    Stands,
    /// Somebody else has it.
    Lost,
}

impl Lease {
    /// Takes the lease if it is free by what `observer` has seen. None if it is not, or if
    /// another was quicker. `holder` is this node's number.
    ///
    /// # Errors
    /// Those of the store. After one it is not held: should the write land late, the row is
    /// nobody's, and others (or this node) take it after having watched it.
    pub async fn take(
        store: &Store,
        entropy: &dyn Entropy,
        observer: &Observer,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let names = [name.to_owned()];
        let seen = observer.look(store, &names).await?.pop();
        let Some(Seen::Free(before)) = seen else {
            return Ok(None);
        };
        Lease::claim(store, entropy, name, holder, duration, before).await
    }

    /// Takes over from the row that was seen.
    pub(super) async fn claim(
        store: &Store,
        entropy: &dyn Entropy,
        name: &str,
        holder: &str,
        duration: Duration,
        before: Option<Row<Leases>>,
    ) -> Result<Option<Lease>, StoreError> {
        let row = LeaseRow {
            nonce: entropy.next_u64(),
            token: before.as_ref().map_or(1, |before| before.value.token + 1),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            high_water: before
                .as_ref()
                .map_or(Stamp::MIN, |before| before.value.high_water),
            holder: holder.to_owned(),
            released: false,
            numbers: None,
            number: None,
        };
        let revision = before.map(|before| before.revision);
        Lease::claim_as(store, name, revision, row).await
    }

    /// Takes the lease with this row, if its revision is still that which was seen.
    pub(super) async fn claim_as(
        store: &Store,
        name: &str,
        before: Option<Stamp>,
        row: LeaseRow,
    ) -> Result<Option<Lease>, StoreError> {
        let sent_us = store.clock().wall().monotonic_us();
        let partition = name.to_owned();
        let write = store.write_if::<Leases>(&partition).put(&(), &row);
        let write = match before {
            None => write.absent(&()),
            Some(revision) => write.revision(&(), revision),
        };
        let revision = match write.commit().await {
            Ok(Outcome::Applied(revision)) => Some(revision),
            Ok(Outcome::Conflict(rows)) => own_revision(only(rows), row.nonce),
            Err(error) if error.is_in_doubt() => {
                let found = store.get::<Leases>(&partition, &()).await?;
                own_revision(found, row.nonce)
            }
            Err(error) => return Err(error),
        };
        let Some(revision) = revision else {
            return Ok(None);
        };
        // What this node writes is later than what the holder before it wrote, unless that one's
        // clock was far off: such a node took no writes.
        store.clock().follow(row.high_water);
        let term = Arc::new(Term {
            clock: Some(store.clock().wall().clone()),
            until_us: AtomicU64::new(0),
            token: row.token,
        });
        term.extend_from(sent_us, row.duration_ms);
        Ok(Some(Lease {
            name: partition,
            row,
            revision,
            doubt_since_us: None,
            lost: false,
            term,
        }))
    }

    /// Renews it; the high-water mark becomes the last stamp of the store's clock. May be given
    /// up while it waits: that counts as an unknown outcome.
    ///
    /// # Errors
    /// Those of the store; the lease was not renewed as far as is known, and stands on as long
    /// as it did. Worth trying again even after it ended, until somebody else has it.
    pub async fn renew(&mut self, store: &Store) -> Result<Renewed, StoreError> {
        let mut row = self.row.clone();
        row.high_water = row.high_water.max(store.clock().last_stamp());
        self.write(store, row).await
    }

    /// Whether its holder may work.
    pub fn stands(&self) -> bool {
        self.term.stands()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Given to one holder in the life of the lease.
    pub fn token(&self) -> u64 {
        self.row.token
    }

    /// For those who work under it.
    pub fn term(&self) -> &Arc<Term> {
        &self.term
    }

    pub(super) fn row(&self) -> &LeaseRow {
        &self.row
    }

    /// Gives it back, so that another can take it at once. Nothing may be done under it any more
    /// when this is called.
    ///
    /// # Errors
    /// Those of the store; the lease ends by itself then.
    pub async fn release(mut self, store: &Store) -> Result<(), StoreError> {
        let mut row = self.row.clone();
        row.high_water = row.high_water.max(store.clock().last_stamp());
        self.release_as(store, row).await
    }

    /// As [`Lease::release`], with this row.
    pub(super) async fn release_as(
        &mut self,
        store: &Store,
        mut row: LeaseRow,
    ) -> Result<(), StoreError> {
        self.lost = true;
        self.term.end();
        row.released = true;
        let write = store.write_if::<Leases>(&self.name);
        let write = write.revision(&(), self.revision).put(&(), &row);
        write.commit().await.map(|_| ())
    }

    /// Writes the row anew, which renews the lease from the moment of sending on.
    pub(super) async fn write(
        &mut self,
        store: &Store,
        row: LeaseRow,
    ) -> Result<Renewed, StoreError> {
        if self.lost {
            return Ok(Renewed::Lost);
        }
        let sent_us = store.clock().wall().monotonic_us();
        let doubt_before = self.doubt_since_us;
        // Set before the write is under way: whoever waits for it may be dropped.
        let doubt_us = *self.doubt_since_us.get_or_insert(sent_us);
        let write = store.write_if::<Leases>(&self.name);
        let write = write.revision(&(), self.revision).put(&(), &row);
        match write.commit().await {
            Ok(Outcome::Applied(revision)) => {
                self.hold(row, revision, sent_us);
                Ok(Renewed::Stands)
            }
            Ok(Outcome::Conflict(rows)) => Ok(self.judge(only(rows), doubt_us)),
            Err(error) if error.is_in_doubt() => {
                let found = store.get::<Leases>(&self.name, &()).await?;
                let is_old = |row: &Row<Leases>| row.revision == self.revision;
                if found.as_ref().is_some_and(is_old) {
                    // It may still land; a later look says so.
                    return Err(error);
                }
                Ok(self.judge(found, doubt_us))
            }
            Err(error) => {
                self.doubt_since_us = doubt_before;
                Err(error)
            }
        }
    }

    /// The row is not what it was: one of the writes in doubt has landed, or somebody else has
    /// taken the lease. Which of several landed is not known, so the first counts.
    fn judge(&mut self, found: Option<Row<Leases>>, sent_us: u64) -> Renewed {
        match found {
            Some(found) if found.value.nonce == self.row.nonce => {
                self.hold(found.value, found.revision, sent_us);
                Renewed::Stands
            }
            _ => {
                self.lost = true;
                self.term.end();
                Renewed::Lost
            }
        }
    }

    fn hold(&mut self, row: LeaseRow, revision: Stamp, sent_us: u64) {
        self.term.extend_from(sent_us, row.duration_ms);
        self.row = row;
        self.revision = revision;
        self.doubt_since_us = None;
    }
}

impl Term {
    /// Of work that needs no lease.
    pub(crate) fn always() -> Term {
        Term {
            clock: None,
            until_us: AtomicU64::new(u64::MAX),
            token: 0,
        }
    }

    pub(super) fn is_always(&self) -> bool {
        self.clock.is_none()
    }

    /// Whether work may be begun, and the outcome of work written.
    pub fn stands(&self) -> bool {
        let Some(clock) = &self.clock else {
            return true;
        };
        clock.monotonic_us() < self.until_us.load(Ordering::SeqCst)
    }

    /// That of the lease.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Until when it stands, by the boot-time clock in microseconds.
    pub fn until_us(&self) -> u64 {
        self.until_us.load(Ordering::SeqCst)
    }

    pub(super) fn end(&self) {
        self.until_us.store(0, Ordering::SeqCst);
    }

    /// A third of the duration is left for clocks that run differently and answers that are late.
    fn extend_from(&self, sent_us: u64, duration_ms: u64) {
        let works_us = duration_ms.saturating_mul(1_000) / 3 * 2;
        self.until_us
            .fetch_max(sent_us.saturating_add(works_us), Ordering::SeqCst);
    }
}

fn only(rows: Vec<((), Option<Row<Leases>>)>) -> Option<Row<Leases>> {
    rows.into_iter().next().and_then(|(_, row)| row)
}

/// The revision of the row if the writer of the nonce wrote it.
fn own_revision(row: Option<Row<Leases>>, nonce: u64) -> Option<Stamp> {
    let own = row.filter(|row| row.value.nonce == nonce);
    own.map(|row| row.revision)
}

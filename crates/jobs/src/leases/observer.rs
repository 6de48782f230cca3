use std::collections::HashMap;

use parking_lot::Mutex;
use petrel_store::{Row, Stamp, Store, StoreError};

use super::table::{LeaseRow, Leases};

/// Remembers since when it has seen which revision of which lease, by this node's boot-time
/// clock. One for as long as the process lives: who forgets has to wait anew.
#[derive(Default)]
pub struct Observer {
    /// Revision, and microseconds of the boot-time clock.
    seen: Mutex<HashMap<String, (Stamp, u64)>>,
}

/// What an observer says of a lease.
pub(super) enum Seen {
    /// There is no row yet, or one that may be taken over.
    Free(Option<Row<Leases>>),
    Held(Row<Leases>),
}

impl Observer {
    /// Reads the leases of these names and says of each whether it may be taken.
    pub(super) async fn look(
        &self,
        store: &Store,
        names: &[String],
    ) -> Result<Vec<Seen>, StoreError> {
        let keys: Vec<(String, ())> = names.iter().map(|name| (name.clone(), ())).collect();
        let rows = store.get_many::<Leases>(&keys).await?;
        // After the answer: the revision is at least as old as this moment.
        let now_us = store.clock().wall().monotonic_us();
        let judge = |(name, row): (&String, Option<Row<Leases>>)| match row {
            Some(row) if !self.may_take(name, &row, now_us) => Seen::Held(row),
            row => Seen::Free(row),
        };
        Ok(names.iter().zip(rows).map(judge).collect())
    }

    fn may_take(&self, name: &str, row: &Row<Leases>, now_us: u64) -> bool {
        if row.value.released {
            return true;
        }
        let mut seen = self.seen.lock();
        let (revision, since_us) = seen
            .entry(name.to_owned())
            .or_insert((row.revision, now_us));
        if *revision != row.revision {
            (*revision, *since_us) = (row.revision, now_us);
        }
        now_us.saturating_sub(*since_us) >= rests_us(&row.value)
    }
}

/// One and a half durations, in microseconds: so long a row has to be seen unchanged.
fn rests_us(row: &LeaseRow) -> u64 {
    row.duration_ms.saturating_mul(1_500)
}

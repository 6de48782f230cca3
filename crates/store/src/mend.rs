use crate::batch::row_key;
use crate::cache::Place;
use crate::engine::{RawMend, RowKey};
use crate::record::Record;
use crate::store::Store;
use crate::table::{Plain, Table};
use crate::{Stamp, StoreError};

/// A repair under construction: the only way to mend. Premises are all rows that the repair was
/// decided on, absences included.
pub struct Mend<'a> {
    store: &'a Store,
    raw: RawMend,
    /// The partitions mended that caches keep.
    voids: Vec<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MendOutcome {
    Applied,
    /// A premise differs now; nothing happened.
    PremiseChanged,
}

impl<'a> Mend<'a> {
    pub(crate) fn new(store: &'a Store) -> Mend<'a> {
        Mend {
            store,
            raw: RawMend::default(),
            voids: Vec::new(),
        }
    }

    /// The row was there with this revision, or was absent.
    pub fn premise<T: Table>(
        mut self,
        partition: &T::Partition,
        sort: &T::Sort,
        revision: Option<Stamp>,
    ) -> Self {
        self.raw
            .premises
            .push((row_key::<T>(partition, sort), revision));
        self
    }

    /// Puts a row with the revision of the fact that it belongs to.
    pub fn put<T: Table<Mode = Plain>>(
        self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
        fact: Stamp,
    ) -> Self {
        self.put_until::<T>(partition, sort, value, fact, None)
    }

    /// As `put`; the row is gone after `expires_at_s` (Unix seconds), as its fact is.
    pub fn put_until<T: Table<Mode = Plain>>(
        mut self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
        fact: Stamp,
        expires_at_s: Option<u64>,
    ) -> Self {
        let key = self.key::<T>(partition, sort);
        self.raw
            .puts
            .push((key, value.to_value().into(), expires_at_s, fact));
        self
    }

    /// Deletes an orphan at its own revision.
    pub fn delete<T: Table<Mode = Plain>>(
        mut self,
        partition: &T::Partition,
        sort: &T::Sort,
        own: Stamp,
    ) -> Self {
        let key = self.key::<T>(partition, sort);
        self.raw.deletes.push((key, own));
        self
    }

    fn key<T: Table>(&mut self, partition: &T::Partition, sort: &T::Sort) -> RowKey {
        let key = row_key::<T>(partition, sort);
        let place = Place::of_key(&key);
        if T::CACHED && !self.voids.contains(&place) {
            self.voids.push(place);
        }
        key
    }

    /// The limits of a batch hold for a repair too. In doubt, read again and decide anew.
    pub async fn commit(self) -> Result<MendOutcome, StoreError> {
        self.store.mend_raw(self.raw, self.voids).await
    }
}

//! Reading whole small partitions, through the cache.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::{FutureExt, Shared, WeakShared};

use crate::StoreError;
use crate::cache::{Place, Ticket};
use crate::engine::{Direction, RawRow, RawScan, RowKey};
use crate::key::{Key, KeyWriter};
use crate::limits::PARTITION_ROWS_MAX;
use crate::partition::Partition;
use crate::store::{Store, decode};
use crate::table::{Mode, Row, Table, TableMode};

pub(crate) type Loading = std::pin::Pin<Box<dyn Future<Output = Loaded> + Send>>;
/// `Arc<Partition<T>>`
type Loaded = Result<Arc<dyn Any + Send + Sync>, StoreError>;
/// A load under way that others may join.
pub(crate) type Load = WeakShared<Loading>;

impl Store {
    /// All rows of one small partition, through the cache. One of more than
    /// [`PARTITION_ROWS_MAX`] rows is refused as `TooLarge`. Identical loads at one time are one.
    pub async fn partition<T: Table>(
        &self,
        partition: &T::Partition,
    ) -> Result<Arc<Partition<T>>, StoreError> {
        let place = Place::of::<T>(partition);
        if let Some(rows) = self.cached::<T>(&place) {
            return Ok(rows);
        }
        let Some(ticket) = self.ticket::<T>(&place) else {
            return self.load::<T>(place, None).await;
        };
        let load = self.join_or_begin::<T>(place.clone(), ticket);
        match load.await?.downcast() {
            Ok(rows) => Ok(rows),
            // Two tables with one id, which no catalogue lets pass: each reads for itself.
            Err(_) => self.load::<T>(place, None).await,
        }
    }

    /// Several small partitions, through the cache, one answer each, in order.
    pub async fn partitions<T: Table>(
        &self,
        partitions: &[T::Partition],
    ) -> Result<Vec<Arc<Partition<T>>>, StoreError> {
        let mut answers = Vec::with_capacity(partitions.len());
        let mut scans = Vec::new();
        let mut loads = Vec::new();
        for (at, partition) in partitions.iter().enumerate() {
            let place = Place::of::<T>(partition);
            let cached = self.cached::<T>(&place);
            if cached.is_none() {
                scans.push(whole::<T>(&place));
                loads.push((at, self.ticket::<T>(&place), place));
            }
            answers.push(cached.unwrap_or_default());
        }
        if scans.is_empty() {
            return Ok(answers);
        }
        let found = self.inner.engine.scan_many(&scans).await?;
        for ((at, ticket, place), rows) in loads.into_iter().zip(found) {
            answers[at] = self.take_in::<T>(place, ticket, rows)?;
        }
        Ok(answers)
    }

    pub(crate) fn cached<T: Table>(&self, place: &Place) -> Option<Arc<Partition<T>>> {
        match T::Mode::MODE {
            Mode::Plain if T::CACHED => self.inner.cache.get::<T>(place),
            Mode::Plain | Mode::Cas => None,
        }
    }

    fn ticket<T: Table>(&self, place: &Place) -> Option<Ticket> {
        match T::Mode::MODE {
            Mode::Plain if T::CACHED => self.inner.cache.ticket(place),
            Mode::Plain | Mode::Cas => None,
        }
    }

    /// A load may be joined as long as no write has begun since it did.
    fn join_or_begin<T: Table>(&self, place: Place, ticket: Ticket) -> Shared<Loading> {
        let store = self.clone();
        self.inner
            .cache
            .join_or_begin(&place.clone(), ticket, move || {
                let load = async move {
                    let rows = store.load::<T>(place, Some(ticket)).await?;
                    Ok(rows as Arc<dyn Any + Send + Sync>)
                };
                let load: Loading = Box::pin(load);
                load.shared()
            })
    }

    async fn load<T: Table>(
        &self,
        place: Place,
        ticket: Option<Ticket>,
    ) -> Result<Arc<Partition<T>>, StoreError> {
        let found = self.inner.engine.scan(&whole::<T>(&place)).await?;
        self.take_in::<T>(place, ticket, found)
    }

    /// Decodes a partition that was loaded, and keeps it if nothing has overtaken the load.
    fn take_in<T: Table>(
        &self,
        place: Place,
        ticket: Option<Ticket>,
        found: Vec<RawRow>,
    ) -> Result<Arc<Partition<T>>, StoreError> {
        if found.len() > PARTITION_ROWS_MAX {
            return Err(StoreError::TooLarge {
                what: "rows of a partition read whole",
                actual: found.len(),
                limit: PARTITION_ROWS_MAX,
            });
        }
        let bytes = found
            .iter()
            .map(|row| row.sort.len() + row.value.len())
            .sum();
        let rows = found
            .into_iter()
            .filter_map(|row| self.unless_expired(Some(row)))
            .map(decode::<T>)
            .collect::<Result<_, _>>()
            .map(Partition::new)
            .map(Arc::new)?;
        self.inner.cache.keep::<T>(place, ticket, &rows, bytes);
        Ok(rows)
    }
}

impl Place {
    pub fn of<T: Table>(partition: &T::Partition) -> Place {
        Place {
            table: T::ID,
            partition: partition.to_bytes().into(),
        }
    }

    pub fn of_key(key: &RowKey) -> Place {
        Place {
            table: key.table,
            partition: key.partition.clone(),
        }
    }
}

fn whole<T: Table>(place: &Place) -> RawScan {
    RawScan {
        table: T::ID,
        mode: T::Mode::MODE,
        partition: place.partition.clone(),
        from: None,
        to: None,
        direction: Direction::Ascending,
        limit: PARTITION_ROWS_MAX + 1,
    }
}

/// The row of a cached partition that bears this sort key.
pub(crate) fn row_of<T: Table>(rows: &[Row<T>], sort: &[u8]) -> Option<Row<T>> {
    let mut probe = KeyWriter::default();
    let at = rows.binary_search_by(|row| {
        probe.clear();
        row.sort.write(&mut probe);
        probe.bytes().cmp(sort)
    });
    at.ok().map(|at| rows[at].clone())
}

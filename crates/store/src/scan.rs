use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;

use bytes::Bytes;

use crate::StoreError;
use crate::engine::{Direction, RawScan};
use crate::key::Key;
use crate::limits::SCAN_ROWS_MAX;
use crate::store::Store;
use crate::table::{Mode, Row, Table, TableMode};

/// A scan of one partition, built as a sentence:
/// `store.scan::<StatusesByAccount>(&partition).before(&cursor).limit(40).await`.
pub struct Scan<'a, T: Table> {
    store: &'a Store,
    pub(crate) raw: RawScan,
    table: PhantomData<T>,
}

impl<'a, T: Table> Scan<'a, T> {
    pub(crate) fn new(store: &'a Store, partition: &T::Partition) -> Scan<'a, T> {
        Scan {
            store,
            raw: RawScan {
                table: T::ID,
                mode: T::Mode::MODE,
                partition: partition.to_bytes().into(),
                from: None,
                to: None,
                direction: Direction::Ascending,
                limit: SCAN_ROWS_MAX,
            },
            table: PhantomData,
        }
    }

    /// Rows at or after `sort`.
    pub fn from(mut self, sort: &T::Sort) -> Self {
        self.raw.from = Some(sort.to_bytes().into());
        self
    }

    /// Rows after `sort`.
    pub fn after(mut self, sort: &T::Sort) -> Self {
        let mut bytes = sort.to_bytes();
        bytes.push(0);
        self.raw.from = Some(bytes.into());
        self
    }

    /// Rows before `sort`.
    pub fn before(mut self, sort: &T::Sort) -> Self {
        self.raw.to = Some(sort.to_bytes().into());
        self
    }

    /// Rows whose sort key begins with these fields (the bytes of a shorter key).
    pub fn prefix<K: Key>(mut self, prefix: &K) -> Self {
        let from = prefix.to_bytes();
        self.raw.to = successor(&from).map(Bytes::from);
        self.raw.from = Some(from.into());
        self
    }

    /// From the greatest sort key down.
    pub fn descending(mut self) -> Self {
        self.raw.direction = Direction::Descending;
        self
    }

    /// At most so many rows; required on request paths.
    pub fn limit(mut self, limit: usize) -> Self {
        self.raw.limit = limit.min(SCAN_ROWS_MAX);
        self
    }

    pub(crate) async fn run(self) -> Result<Vec<Row<T>>, StoreError> {
        let wanted = self.raw.limit;
        let mut raw = self.raw;
        let mut rows = Vec::new();
        loop {
            let page = self.store.engine().scan(&raw).await?;
            let is_last = page.len() < raw.limit;
            let reached = page.last().map(|row| row.sort.clone());
            for row in page {
                // A conditional table's reads agree with the engine's conditions.
                let live = match raw.mode {
                    Mode::Plain => self.store.unless_expired(Some(row)),
                    Mode::Cas => Some(row),
                };
                rows.extend(live.map(crate::store::decode::<T>).transpose()?);
            }
            raw.limit = wanted - rows.len();
            // Rows that only this node holds for expired must not make a page look like the end.
            match reached {
                Some(reached) if !is_last && raw.limit > 0 => raw.go_on_behind(&reached),
                _ => return Ok(rows),
            }
        }
    }
}

impl Store {
    /// Several scans at once, one answer each, in order.
    pub async fn scan_many<T: Table>(
        &self,
        scans: Vec<Scan<'_, T>>,
    ) -> Result<Vec<Vec<Row<T>>>, StoreError> {
        if scans.is_empty() {
            return Ok(Vec::new());
        }
        let raw: Vec<RawScan> = scans.iter().map(|scan| scan.raw.clone()).collect();
        let pages = self.engine().scan_many(&raw).await?;
        let mut answers = Vec::with_capacity(scans.len());
        for (scan, page) in scans.into_iter().zip(pages) {
            let (read, is_full) = (page.len(), page.len() >= scan.raw.limit);
            let rows = page
                .into_iter()
                .filter_map(|row| match scan.raw.mode {
                    Mode::Plain => self.unless_expired(Some(row)),
                    Mode::Cas => Some(row),
                })
                .map(crate::store::decode::<T>)
                .collect::<Result<Vec<_>, _>>()?;
            // As in a scan alone: what has expired must not make a page look like the end.
            let is_short = is_full && rows.len() < read;
            answers.push(if is_short { scan.run().await? } else { rows });
        }
        Ok(answers)
    }
}

impl RawScan {
    fn go_on_behind(&mut self, reached: &Bytes) {
        match self.direction {
            Direction::Ascending => self.from = Some([reached, &[0][..]].concat().into()),
            Direction::Descending => self.to = Some(reached.clone()),
        }
    }
}

impl<'a, T: Table> IntoFuture for Scan<'a, T> {
    type Output = Result<Vec<Row<T>>, StoreError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The least byte string above all that begin with `prefix`; none if there is no such.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != 0xFF)?;
    let mut bytes = prefix[..=last].to_vec();
    bytes[last] += 1;
    Some(bytes)
}

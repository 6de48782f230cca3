use crate::batch::row_key;
use crate::engine::{Condition, Op, RawConditional, RawOutcome};
use crate::key::Key;
use crate::record::Record;
use crate::store::{Store, decode};
use crate::table::{Cas, Row, Table};
use crate::{Stamp, StoreError};

/// A conditional write under construction: one partition of one `Cas` table.
pub struct Conditional<'a, T: Table<Mode = Cas>> {
    store: &'a Store,
    partition: T::Partition,
    conditions: Vec<(T::Sort, Condition)>,
    ops: Vec<Op>,
}

/// What became of it. A lost race is an outcome, not an error.
pub enum Outcome<T: Table> {
    Applied(Stamp),
    /// The rows that the conditions named, as they are now.
    Conflict(Vec<(T::Sort, Option<Row<T>>)>),
}

impl<T: Table> std::fmt::Debug for Outcome<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Applied(stamp) => f.debug_tuple("Applied").field(stamp).finish(),
            Outcome::Conflict(rows) => f.debug_tuple("Conflict").field(rows).finish(),
        }
    }
}

impl<'a, T: Table<Mode = Cas>> Conditional<'a, T> {
    pub(crate) fn new(store: &'a Store, partition: &T::Partition) -> Conditional<'a, T> {
        Conditional {
            store,
            partition: partition.clone(),
            conditions: Vec::new(),
            ops: Vec::new(),
        }
    }

    pub fn absent(self, sort: &T::Sort) -> Self {
        self.when(sort, Condition::Absent)
    }

    pub fn present(self, sort: &T::Sort) -> Self {
        self.when(sort, Condition::Present)
    }

    pub fn revision(self, sort: &T::Sort, revision: Stamp) -> Self {
        self.when(sort, Condition::Revision(revision))
    }

    fn when(mut self, sort: &T::Sort, condition: Condition) -> Self {
        self.conditions.push((sort.clone(), condition));
        self
    }

    pub fn put(mut self, sort: &T::Sort, value: &T::Value) -> Self {
        self.ops.push(self.put_op(sort, value, None));
        self
    }

    /// As `put`; the row is gone after `expires_at_s` (Unix seconds).
    pub fn put_until(mut self, sort: &T::Sort, value: &T::Value, expires_at_s: u64) -> Self {
        self.ops.push(self.put_op(sort, value, Some(expires_at_s)));
        self
    }

    fn put_op(&self, sort: &T::Sort, value: &T::Value, expires_at_s: Option<u64>) -> Op {
        Op::Put {
            key: row_key::<T>(&self.partition, sort),
            value: value.to_value().into(),
            expires_at_s,
        }
    }

    pub fn delete(mut self, sort: &T::Sort) -> Self {
        self.ops.push(Op::Delete {
            key: row_key::<T>(&self.partition, sort),
        });
        self
    }

    /// Linearizable. After `Timeout { outcome_unknown: true }` read the row and compare the
    /// nonce in its value.
    pub async fn commit(self) -> Result<Outcome<T>, StoreError> {
        let raw = RawConditional {
            table: T::ID,
            partition: self.partition.to_bytes().into(),
            stamp: Stamp::MIN,
            conditions: self
                .conditions
                .iter()
                .map(|(sort, condition)| (sort.to_bytes().into(), *condition))
                .collect(),
            ops: self.ops,
        };
        match self.store.write_if_raw(raw).await? {
            RawOutcome::Applied(stamp) => Ok(Outcome::Applied(stamp)),
            RawOutcome::Conflict(rows) => {
                let mut now = Vec::with_capacity(rows.len());
                for (sort, row) in rows {
                    let sort = T::Sort::from_bytes(&sort)
                        .map_err(|error| StoreError::corrupt_key(T::NAME, error))?;
                    now.push((sort, row.map(decode::<T>).transpose()?));
                }
                Ok(Outcome::Conflict(now))
            }
        }
    }
}

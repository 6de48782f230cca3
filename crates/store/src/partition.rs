use std::any::Any;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::table::{Row, Table};

/// All rows of one small partition, decoded, in the order of their sort keys; and what a reader
/// has made of them, kept for as long as they are.
pub struct Partition<T: Table> {
    rows: Vec<Row<T>>,
    derived: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl<T: Table> Partition<T> {
    pub(crate) fn new(rows: Vec<Row<T>>) -> Partition<T> {
        Partition {
            rows,
            derived: OnceLock::new(),
        }
    }

    /// What `make` makes of the rows: made once, and void when they are. Each table has one kind
    /// of thing that is made of its partitions; another kind is made anew at each call.
    pub fn derive<V: Send + Sync + 'static>(&self, make: impl FnOnce(&[Row<T>]) -> V) -> Arc<V> {
        match self.derived.get().map(|kept| kept.clone().downcast::<V>()) {
            Some(Ok(kept)) => kept,
            Some(Err(_)) => Arc::new(make(&self.rows)),
            None => {
                let made = Arc::new(make(&self.rows));
                // Two at once make the same of the same rows; either will do.
                let _ = self.derived.set(made.clone());
                made
            }
        }
    }
}

impl<T: Table> Default for Partition<T> {
    fn default() -> Partition<T> {
        Partition::new(Vec::new())
    }
}

impl<T: Table> Deref for Partition<T> {
    type Target = Vec<Row<T>>;

    fn deref(&self) -> &Vec<Row<T>> {
        &self.rows
    }
}

impl<T: Table> std::fmt::Debug for Partition<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.rows.fmt(f)
    }
}

use crate::Stamp;
use crate::key::Key;
use crate::record::Record;

/// The number of a table, for ever.
pub type TableId = u16;

/// Whether a table takes plain batches or conditional writes. Never both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Plain,
    Cas,
}

/// Marks a table that takes batches.
pub struct Plain;
/// Marks a table that takes conditional writes only; its reads are serial.
pub struct Cas;

pub trait TableMode: Send + Sync + 'static {
    const MODE: Mode;
}

impl TableMode for Plain {
    const MODE: Mode = Mode::Plain;
}

impl TableMode for Cas {
    const MODE: Mode = Mode::Cas;
}

/// A typed table: the key types fix the value type.
pub trait Table: Send + Sync + 'static {
    const ID: TableId;
    /// Plural noun, then the access path: `statuses`, `statuses_by_account`.
    const NAME: &'static str;
    type Partition: Key;
    type Sort: Key;
    type Value: Record;
    type Mode: TableMode;
    /// What bounds a partition: a cap, a time bucket, or chapters. Never empty.
    const BOUND: &'static str;
    /// Whether its partitions are kept by the cache, so that other nodes have to be told of
    /// writes to them. False for what is never read through `partition`.
    const CACHED: bool = true;
    /// Says of a row's sort key whether the row may take away what somebody may see. A dump that is
    /// taken while writes go on reads such rows last.
    const TAKES_RIGHTS: Option<TakesRights> = None;
    /// Whether a restore brings its rows back. False for what tells only of the life of the store
    /// that was dumped: who served it, and what these told each other.
    const RESTORED: bool = true;
}

/// Judges the bytes of a sort key.
pub type TakesRights = fn(&[u8]) -> bool;

/// Takes the bytes of a row's partition key, sort key and value.
pub type Verify = fn(&[u8], &[u8], &[u8]) -> Result<(), String>;

/// What an engine and the catalogue know of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableSpec {
    pub id: TableId,
    pub name: &'static str,
    pub mode: Mode,
    pub bound: &'static str,
    /// Whether event rows name what is written to it, where there are several nodes.
    pub is_named: bool,
    pub takes_rights: Option<TakesRights>,
    pub is_restored: bool,
    /// Says whether key and value decode; used by `petrel check` on every row.
    pub verify: Verify,
}

impl TableSpec {
    pub const fn of<T: Table>() -> TableSpec {
        TableSpec {
            id: T::ID,
            name: T::NAME,
            mode: T::Mode::MODE,
            bound: T::BOUND,
            is_named: T::CACHED && matches!(T::Mode::MODE, Mode::Plain),
            takes_rights: T::TAKES_RIGHTS,
            is_restored: T::RESTORED,
            verify: verify::<T>,
        }
    }
}

fn verify<T: Table>(partition: &[u8], sort: &[u8], value: &[u8]) -> Result<(), String> {
    T::Partition::from_bytes(partition).map_err(|error| format!("partition {error}"))?;
    T::Sort::from_bytes(sort).map_err(|error| format!("sort {error}"))?;
    T::Value::from_value(value).map_err(|error| format!("value: {error}"))?;
    Ok(())
}

/// A decoded row.
pub struct Row<T: Table> {
    pub sort: T::Sort,
    pub value: T::Value,
    /// The stamp of the write that made it.
    pub revision: Stamp,
    /// Unix seconds after which the row is gone.
    pub expires_at_s: Option<u64>,
}

impl<T: Table> Clone for Row<T> {
    fn clone(&self) -> Row<T> {
        Row {
            sort: self.sort.clone(),
            value: self.value.clone(),
            revision: self.revision,
            expires_at_s: self.expires_at_s,
        }
    }
}

impl<T: Table> std::fmt::Debug for Row<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(T::NAME)
            .field("sort", &self.sort)
            .field("value", &self.value)
            .field("revision", &self.revision)
            .finish()
    }
}

//! The suite's tables: their keys and values are any bytes.

use crate::events::Events;
use crate::key::{Key, KeyError, KeyReader, KeyWriter};
use crate::peers::{Latest, Nodes};
use crate::record::{Record, RecordError};
use crate::table::{Cas, Plain, Table, TableId, TableSpec};

/// A key of any bytes; only ever the whole key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RawKey(pub Vec<u8>);

impl Key for RawKey {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&self.0);
    }

    fn read(from: &mut KeyReader<'_>) -> Result<RawKey, KeyError> {
        let length = from.0.len();
        Ok(RawKey(from.take(length)?.to_vec()))
    }
}

impl From<&str> for RawKey {
    fn from(text: &str) -> RawKey {
        RawKey(text.as_bytes().to_vec())
    }
}

/// A value of any bytes, without a version byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawValue(pub Vec<u8>);

impl Record for RawValue {
    fn to_value(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn from_value(bytes: &[u8]) -> Result<RawValue, RecordError> {
        Ok(RawValue(bytes.to_vec()))
    }
}

impl From<&str> for RawValue {
    fn from(text: &str) -> RawValue {
        RawValue(text.as_bytes().to_vec())
    }
}

pub struct Plains;
pub struct Other;
pub struct Serials;

impl Table for Plains {
    const ID: TableId = 0x7F00;
    const NAME: &'static str = "conformance_plains";
    type Partition = RawKey;
    type Sort = RawKey;
    type Value = RawValue;
    type Mode = Plain;
    const BOUND: &'static str = "cap: the suite's own";
}

/// The table next to the first one.
impl Table for Other {
    const ID: TableId = 0x7F01;
    const NAME: &'static str = "conformance_other";
    type Partition = RawKey;
    type Sort = RawKey;
    type Value = RawValue;
    type Mode = Plain;
    const BOUND: &'static str = "cap: the suite's own";
}

impl Table for Serials {
    const ID: TableId = 0x7F02;
    const NAME: &'static str = "conformance_serials";
    type Partition = RawKey;
    type Sort = RawKey;
    type Value = RawValue;
    type Mode = Cas;
    const BOUND: &'static str = "cap: the suite's own";
}

/// For engines that must know their tables when they open.
pub const TABLES: &[TableSpec] = &[
    TableSpec::of::<Events>(),
    TableSpec::of::<Latest>(),
    TableSpec::of::<Nodes>(),
    TableSpec::of::<Plains>(),
    TableSpec::of::<Other>(),
    TableSpec::of::<Serials>(),
];

//! What is bound to a statement.

use scylla::errors::SerializationError;
use scylla::frame::response::result::ColumnType;
use scylla::serialize::value::SerializeValue;
use scylla::serialize::writers::{CellWriter, WrittenCellProof};

/// A bound value, borrowed where it is long.
#[derive(Clone, Debug)]
pub(crate) enum Cell<'a> {
    Bytes(&'a [u8]),
    Owned(Vec<u8>),
    Long(i64),
    Int(i32),
    Null,
    List(Vec<&'a [u8]>),
}

impl SerializeValue for Cell<'_> {
    fn serialize<'b>(
        &self,
        column: &ColumnType,
        writer: CellWriter<'b>,
    ) -> Result<WrittenCellProof<'b>, SerializationError> {
        match self {
            Cell::Bytes(bytes) => bytes.serialize(column, writer),
            Cell::Owned(bytes) => bytes.serialize(column, writer),
            Cell::Long(number) => number.serialize(column, writer),
            Cell::Int(number) => number.serialize(column, writer),
            Cell::Null => Ok(writer.set_null()),
            Cell::List(all) => all.serialize(column, writer),
        }
    }
}

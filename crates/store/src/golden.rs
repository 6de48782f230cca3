use crate::key::Key;
use crate::record::Record;
use crate::table::Table;

/// The bytes of a row as hexadecimal digits: partition key, sort key, value. The owner of a table
/// compares them with what it wrote down once; they can never change, because rows are stored.
/// Panics if they do not read back as the row that they came from.
pub fn golden<T: Table>(partition: &T::Partition, sort: &T::Sort, value: &T::Value) -> [String; 3] {
    let bytes = [partition.to_bytes(), sort.to_bytes(), value.to_value()];
    let [partition_bytes, sort_bytes, value_bytes] = &bytes;
    let read = T::Partition::from_bytes(partition_bytes);
    assert_eq!(read.as_ref(), Ok(partition), "partition of {}", T::NAME);
    let read = T::Sort::from_bytes(sort_bytes);
    assert_eq!(read.as_ref(), Ok(sort), "sort key of {}", T::NAME);
    let read = T::Value::from_value(value_bytes).ok();
    assert_eq!(read.as_ref(), Some(value), "value of {}", T::NAME);
    bytes.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use petrel_model::event::Event;
    use petrel_model::id::{AccountId, Id};

    use super::*;
    use crate::events::{EventRow, Events};

    #[test]
    fn the_bytes_of_event_rows_never_change() {
        let event = Event::AccessEnded {
            account: AccountId(Id(258)),
            token: None,
        };
        let row = golden::<Events>(&(3, 1, 2), &2_000, &EventRow { event });
        let partition = "000300000000000000010000000000000002";
        assert_eq!(
            row,
            [partition, "00000000000007d0", "0181820781190102"].map(str::to_owned)
        );
    }
}

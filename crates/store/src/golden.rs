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
    use crate::{Latest, LatestRow, NodeRow, NodeState, Nodes};

    #[test]
    fn the_bytes_of_event_rows_never_change() {
        let event = Event::AccessEnded {
            account: AccountId(Id(258)),
            token: None,
        };
        let row = golden::<Events>(&(3, 1, 2), &2_000, &EventRow::alone(event));
        let partition = "000300000000000000010000000000000002";
        assert_eq!(
            row,
            [partition, "00000000000007d0", "0181820781190102"].map(str::to_owned)
        );
    }
    #[test]
    fn the_bytes_of_event_rows_of_several_nodes_never_change() {
        let row = EventRow {
            event: Event::Nothing,
            voids: vec![vec![0, 7, 1].into(), vec![0, 8].into()],
            settled_below: 9,
            raised: true,
        };
        let [_, _, value] = golden::<Events>(&(3, 1, 2), &2_000, &row);
        assert_eq!(value, "0184820880824300070142000809f5");
        assert_eq!(EventRow::from_value(&row.to_value()).unwrap(), row);
    }

    #[test]
    fn the_bytes_of_what_nodes_tell_each_other_never_change() {
        let latest = golden::<Latest>(&AccountId(Id(258)), &(), &LatestRow {});
        assert_eq!(latest, ["0000000000000102", "", "0180"].map(str::to_owned));
        let row = NodeRow {
            token: 1,
            beat: 2,
            drawn: 3,
            settled_below: 4,
            wall_us: 5,
            ..NodeRow::new("a", "b", NodeState::Serving)
        };
        let node = golden::<Nodes>(&(), &258, &row);
        assert_eq!(
            node,
            ["", "0102", "018801020304056161616201"].map(str::to_owned)
        );
    }
}

use minicbor::{Decode, Encode};
use petrel_store::{Cas, Stamp, Table};

/// Leases by name: `node/<class>`, `queue/<n>`, `reconciler/<name>`. A row is never deleted and
/// never expires: its token must never be given twice.
pub struct Leases;

impl Table for Leases {
    const ID: u16 = 13;
    const NAME: &'static str = "leases";
    type Partition = String;
    type Sort = ();
    type Value = LeaseRow;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row for each name, and names are few and fixed";
    const CACHED: bool = false;
    const RESTORED: bool = false;
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LeaseRow {
    /// Drawn by whoever took it; stays through renewals. Settles unknown outcomes.
    #[n(0)]
    pub nonce: u64,
    /// One more than that of the holder before.
    #[n(1)]
    pub token: u64,
    #[n(2)]
    pub duration_ms: u64,
    /// The holder uses no later stamp before its next renewal.
    #[n(3)]
    pub high_water: Stamp,
    /// For people, and for sharing out fairly.
    #[n(4)]
    pub holder: String,
    /// Given back: may be taken at once.
    #[n(5)]
    pub released: bool,
    /// Leases of node numbers only: the high-water mark of the last holder of each number.
    #[n(6)]
    pub numbers: Option<Vec<Stamp>>,
    /// Leases of node numbers only: which of the numbers is in use.
    #[n(7)]
    pub number: Option<u16>,
}

#[cfg(test)]
mod tests {
    use petrel_store::Record;

    use super::*;

    #[test]
    fn a_row_reads_as_it_was_written() {
        let mut row = LeaseRow {
            nonce: 7,
            token: 2,
            duration_ms: 30_000,
            high_water: Stamp(9),
            holder: "5".to_owned(),
            released: false,
            numbers: None,
            number: None,
        };
        assert_eq!(
            row.to_value(),
            *b"\x01\x86\x07\x02\x19\x75\x30\x09\x61\x35\xf4"
        );
        row.numbers = Some(vec![Stamp(1), Stamp(0)]);
        row.number = Some(69);
        assert_eq!(
            row.to_value(),
            *b"\x01\x88\x07\x02\x19\x75\x30\x09\x61\x35\xf4\x82\x01\x00\x18\x45"
        );
        assert_eq!(LeaseRow::from_value(&row.to_value()).unwrap(), row);
    }
}

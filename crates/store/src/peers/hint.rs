use bytes::Bytes;
use minicbor::{Decode, Encode};
use petrel_model::clock::Stamp;

use crate::events::EventRow;

/// Longest hint, in bytes: what a batch may hold and its places.
const HINT_BYTES_MAX: usize = 128 * 1024;

/// What a node tells the others of a batch that is written: its events, at places from `first` on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Hint {
    #[n(0)]
    pub node: u16,
    #[n(1)]
    pub token: u64,
    #[n(2)]
    pub first: u64,
    #[n(3)]
    pub stamp: Stamp,
    #[n(4)]
    pub rows: Vec<EventRow>,
}

impl Hint {
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = Vec::new();
        minicbor::encode(self, &mut bytes).expect("encoding into a vector cannot fail");
        bytes.into()
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Hint> {
        if bytes.len() > HINT_BYTES_MAX {
            return None;
        }
        minicbor::decode(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::event::Event;

    use super::*;

    #[test]
    fn the_bytes_of_hints_are_read_by_other_versions() {
        let hint = Hint {
            node: 3,
            token: 1,
            first: 9,
            stamp: Stamp(7),
            rows: vec![EventRow::alone(Event::Nothing)],
        };
        let bytes = hint.to_bytes();
        assert_eq!(&bytes[..], [0x85, 3, 1, 9, 7, 0x81, 0x81, 0x82, 8, 0x80]);
        assert_eq!(Hint::from_bytes(&bytes), Some(hint));
        assert_eq!(Hint::from_bytes(&bytes[..5]), None);
        assert_eq!(Hint::from_bytes(b"garbage"), None);
        assert_eq!(Hint::from_bytes(&vec![0; HINT_BYTES_MAX + 1]), None);
    }
}

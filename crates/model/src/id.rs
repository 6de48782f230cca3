//! 64-bit ids: 48 bits of Unix milliseconds, 10 bits of node number, 6 bits of sequence.
//!
//! On the wire they are decimal strings, and they sort by time of creation.

use std::fmt;
use std::str::FromStr;

use minicbor::{CborLen, Decode, Encode};

pub const NODE_BITS: u32 = 10;
pub const SEQUENCE_BITS: u32 = 6;
/// Node numbers from here on are for imports, whose ids carry a time of their own.
pub const IMPORT_NODE_MIN: u16 = 1008;
/// The largest time an id can carry, in Unix milliseconds.
pub const TIME_MS_MAX: u64 = (1 << 48) - 1;

/// An id of anything: a mark, a relation, a notification, a job.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, CborLen,
)]
#[cbor(transparent)]
pub struct Id(pub u64);

impl Id {
    pub const MIN: Id = Id(0);
    pub const MAX: Id = Id(u64::MAX);

    /// The first id that could be made at `time_ms` (Unix milliseconds).
    pub fn first_at(time_ms: u64) -> Id {
        Id(time_ms.min(TIME_MS_MAX) << (NODE_BITS + SEQUENCE_BITS))
    }

    pub fn from_parts(time_ms: u64, node: u16, sequence: u8) -> Id {
        let node = u64::from(node) & ((1 << NODE_BITS) - 1);
        let sequence = u64::from(sequence) & ((1 << SEQUENCE_BITS) - 1);
        Id(Id::first_at(time_ms).0 | node << SEQUENCE_BITS | sequence)
    }

    /// When the id was made, in Unix milliseconds.
    pub fn time_ms(self) -> u64 {
        self.0 >> (NODE_BITS + SEQUENCE_BITS)
    }

    pub fn node(self) -> u16 {
        ((self.0 >> SEQUENCE_BITS) & ((1 << NODE_BITS) - 1)) as u16
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a decimal id below 2^64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Id, NotAnId> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(NotAnId);
        }
        text.parse().map(Id).map_err(|_| NotAnId)
    }
}

/// Declares an id that cannot be mistaken for another kind of id.
macro_rules! id_of {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, CborLen)]
        #[cbor(transparent)]
        pub struct $name(pub Id);

        impl $name {
            pub const MIN: $name = $name(Id::MIN);
            pub const MAX: $name = $name(Id::MAX);

            pub fn time_ms(self) -> u64 {
                self.0.time_ms()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<$name, NotAnId> {
                text.parse().map($name)
            }
        }

        impl From<Id> for $name {
            fn from(id: Id) -> $name {
                $name(id)
            }
        }

        impl From<$name> for Id {
            fn from(id: $name) -> Id {
                id.0
            }
        }
    };
}

id_of!(AccountId);
id_of!(
    /// A status; a reblog is a status too, and its id is that of its reblog mark.
    StatusId
);
id_of!(NotificationId);
id_of!(AppId);
id_of!(
    /// An uploaded file: an attachment of a status, an avatar, a header.
    MediaId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let id = Id::from_parts(1_700_000_000_123, 1023, 63);
        assert_eq!(id.time_ms(), 1_700_000_000_123);
        assert_eq!(id.node(), 1023);
        assert_eq!(id.0 & 63, 63);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn only_plain_decimals_are_ids() {
        for text in ["", "-1", "+1", " 1", "1.0", "abc", "18446744073709551616"] {
            assert_eq!(text.parse::<Id>(), Err(NotAnId), "{text:?}");
        }
        assert_eq!("18446744073709551615".parse(), Ok(Id::MAX));
    }
}

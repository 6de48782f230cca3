//! Values are records with numbered fields behind a version byte, so that an older binary reads
//! what a newer one wrote and the other way round: fields are only ever added, at the end, and
//! are optional or have a default.

use minicbor::{Decode, Encode};

/// The layout of all records so far.
pub const RECORD_VERSION: u8 = 1;

#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    #[error("empty value")]
    Empty,
    #[error("record version {0} is newer than this binary")]
    Version(u8),
    #[error("{0}")]
    Field(String),
}

pub trait Record: Clone + PartialEq + std::fmt::Debug + Send + Sync + Sized + 'static {
    fn to_value(&self) -> Vec<u8>;
    fn from_value(bytes: &[u8]) -> Result<Self, RecordError>;
}

impl<T> Record for T
where
    T: Encode<()>
        + for<'b> Decode<'b, ()>
        + Clone
        + PartialEq
        + std::fmt::Debug
        + Send
        + Sync
        + 'static,
{
    fn to_value(&self) -> Vec<u8> {
        let mut bytes = vec![RECORD_VERSION];
        minicbor::encode(self, &mut bytes).expect("encoding into a vector cannot fail");
        bytes
    }

    fn from_value(bytes: &[u8]) -> Result<T, RecordError> {
        match bytes.split_first() {
            None => Err(RecordError::Empty),
            Some((&RECORD_VERSION, body)) => {
                minicbor::decode(body).map_err(|error| RecordError::Field(error.to_string()))
            }
            Some((&other, _)) => Err(RecordError::Version(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Debug, Encode, Decode)]
    struct Older {
        #[n(0)]
        name: String,
    }

    #[derive(Clone, PartialEq, Debug, Encode, Decode)]
    struct Newer {
        #[n(0)]
        name: String,
        #[n(1)]
        colour: Option<u8>,
        #[n(2)]
        #[cbor(default)]
        size: u32,
    }

    #[test]
    fn an_older_binary_reads_what_a_newer_one_wrote_and_the_other_way_round() {
        let name = "petrel".to_owned();
        let newer = Newer {
            name: name.clone(),
            colour: Some(7),
            size: 9,
        };
        let older = Older { name: name.clone() };
        assert_eq!(Older::from_value(&newer.to_value()).unwrap(), older);
        let read = Newer::from_value(&older.to_value()).unwrap();
        assert_eq!((read.name, read.colour, read.size), (name, None, 0));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        assert!(matches!(Older::from_value(&[]), Err(RecordError::Empty)));
        let mut value = Older { name: "x".into() }.to_value();
        value[0] = 2;
        assert!(matches!(
            Older::from_value(&value),
            Err(RecordError::Version(2))
        ));
        assert!(matches!(
            Older::from_value(&[1, 0xFF]),
            Err(RecordError::Field(_))
        ));
    }
}

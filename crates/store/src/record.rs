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

use std::io;

use image::ImageError;
use image::error::LimitErrorKind;
use minicbor::{Decode, Encode};

use crate::depot::DepotError;

/// Why the child made nothing.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub enum Refusal {
    /// The file is at fault; the text is fit for whoever uploaded it.
    #[n(0)]
    Refused(#[n(0)] String),
    #[n(1)]
    Full,
    #[n(2)]
    Failed(#[n(0)] String),
}

impl Refusal {
    pub fn refused(why: impl Into<String>) -> Refusal {
        Refusal::Refused(why.into())
    }

    pub fn broken() -> Refusal {
        Refusal::refused("The picture is broken and cannot be read")
    }

    pub fn too_large(width: u32, height: u32) -> Refusal {
        Refusal::Refused(format!("{width}x{height} images are not supported"))
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => return Refusal::broken(),
            _ => {}
        }
        match DepotError::from(error) {
            DepotError::Full => Refusal::Full,
            other => Refusal::Failed(other.to_string()),
        }
    }
}

impl From<ImageError> for Refusal {
    fn from(error: ImageError) -> Refusal {
        match error {
            ImageError::IoError(error) => error.into(),
            ImageError::Limits(error) if error.kind() == LimitErrorKind::InsufficientMemory => {
                Refusal::refused("The picture takes too much memory to be read")
            }
            _ => Refusal::broken(),
        }
    }
}

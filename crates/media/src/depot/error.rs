use std::error::Error;
use std::io::{self, ErrorKind};

/// Why a file could not be kept, read or deleted. Absence is not an error.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// There is no room: the uploader may try again later.
    #[error("there is no room for files")]
    Full,
    /// More bytes came than are allowed.
    #[error("the file has more than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    /// The range lies outside the file.
    #[error("the file has no such bytes")]
    NoSuchRange,
    /// The settings are wrong; nothing was opened.
    #[error("{0}")]
    Settings(String),
    /// Anything else; the text is for the log.
    #[error("{0}")]
    Failed(String),
}

impl From<io::Error> for DepotError {
    fn from(error: io::Error) -> DepotError {
        match is_full(&error) {
            true => DepotError::Full,
            false => DepotError::Failed(error.to_string()),
        }
    }
}

impl From<object_store::Error> for DepotError {
    fn from(error: object_store::Error) -> DepotError {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(is_full) {
                return DepotError::Full;
            }
            cause = error.source();
        }
        let text = error.to_string();
        match text.contains("507 Insufficient Storage") || text.contains("XMinioStorageFull") {
            true => DepotError::Full,
            false => DepotError::Failed(text),
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A device that is always full.
    #[test]
    fn a_full_disk_is_known_however_deep_it_lies() {
        let mut full = std::fs::File::create("/dev/full").unwrap();
        let error = full.write_all(b"x").unwrap_err();
        assert!(matches!(error.into(), DepotError::Full));
        let deep = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(full.write_all(b"x").unwrap_err()),
        };
        assert!(matches!(deep.into(), DepotError::Full));
        let other = io::Error::from(ErrorKind::PermissionDenied);
        assert!(matches!(other.into(), DepotError::Failed(_)));
    }
}

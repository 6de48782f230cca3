use crate::depot::DepotError;

/// Why nothing was made of a file.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file is at fault, and always will be. The text is fit for whoever uploaded it.
    #[error("{0}")]
    Refused(String),
    /// There is no room on the disk: may go well later.
    #[error("there is no room for files")]
    Full,
    /// Others are in work, and it did not come to be its turn: may go well later.
    #[error("too many files are in work")]
    Busy,
    /// A child process was ended by a limit or by itself. Mostly the file is at fault.
    #[error("{0}")]
    Ended(String),
    /// This machine is at fault: may go well later. The text is for the log.
    #[error("{0}")]
    Failed(String),
}

impl MediaError {
    pub fn refused(why: impl Into<String>) -> MediaError {
        MediaError::Refused(why.into())
    }

    /// What is told to whoever uploaded the file.
    pub fn public(&self) -> &str {
        match self {
            MediaError::Refused(why) => why,
            MediaError::Full => "There is no room for files at the moment",
            MediaError::Busy => "Too many files are being processed; please try again",
            MediaError::Ended(_) => "The file takes more to process than it may",
            MediaError::Failed(_) => "The file could not be processed",
        }
    }
}

impl From<std::io::Error> for MediaError {
    fn from(error: std::io::Error) -> MediaError {
        DepotError::from(error).into()
    }
}

impl From<DepotError> for MediaError {
    fn from(error: DepotError) -> MediaError {
        match error {
            DepotError::Full => MediaError::Full,
            other => MediaError::Failed(other.to_string()),
        }
    }
}

use std::io;

/// Why nothing was fetched, by what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is not one that may be asked. Trying again changes nothing.
    #[error("refused: {0}")]
    Refused(String),
    /// It led from address to address too often, or to nowhere.
    #[error("redirects lead nowhere: {0}")]
    Redirects(&'static str),
    /// More came than may come: head, body, or what the body unfolds to.
    #[error("the answer is too large: {0}")]
    TooLarge(&'static str),
    /// What came is no HTTP, or in an encoding that was not asked for.
    #[error("the answer is malformed: {0}")]
    Malformed(String),
    /// No such host, no connection, or it broke off. Later it may be there.
    #[error("not reached: {0}")]
    Unreachable(#[from] io::Error),
    /// Nothing, or too little, within the time. Later it may be quicker.
    #[error("took too long")]
    TimedOut,
}

impl FetchError {
    /// Whether it may go better another time.
    pub fn may_pass(&self) -> bool {
        matches!(self, FetchError::Unreachable(_) | FetchError::TimedOut)
    }

    pub(crate) fn of_http(error: hyper::Error) -> FetchError {
        if error.is_parse_too_large() {
            FetchError::TooLarge("head")
        } else if error.is_parse() {
            FetchError::Malformed(error.to_string())
        } else {
            FetchError::Unreachable(io::Error::other(error))
        }
    }
}

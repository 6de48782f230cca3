//! Why there is no page.

use petrel_social::error::Error;

pub type Result<T, E = PageError> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum PageError {
    /// There is no such thing, or an anonymous caller may not know of it.
    NotFound,
    /// It lives at another address.
    Moved(String),
    /// The store does not answer.
    Unavailable,
}

impl From<Error> for PageError {
    fn from(error: Error) -> PageError {
        match error {
            Error::Store(_) | Error::TooMany => {
                tracing::warn!(%error, "a page could not be made");
                PageError::Unavailable
            }
            _ => PageError::NotFound,
        }
    }
}

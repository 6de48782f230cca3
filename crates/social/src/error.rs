//! Why the domain says no, by what the caller does differently.

use petrel_jobs::JobError;
use petrel_store::StoreError;

pub use crate::oauth::OAuthError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The text of each is fit for the public; what only the log may know stays in the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the caller may not know of it. 404.
    #[error("Record not found")]
    NotFound,
    /// No token, or one that is unknown, expired or revoked. 401.
    #[error("The access token is invalid")]
    Unauthenticated,
    /// An app token where a user's is needed. 422 as Mastodon answers.
    #[error("This method requires an authenticated user")]
    UserRequired,
    /// The token lacks the scope. 403.
    #[error("This action is outside the authorized scopes")]
    Scope,
    /// The caller may not do this. 403.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The input is wrong; says which field and why. 422.
    #[error("Validation failed: {0}")]
    Invalid(String),
    /// As above, field by field, as sign-up answers. 422.
    #[error("Validation failed: {}", summary(.0))]
    InvalidFields(Vec<FieldError>),
    /// What is asked for does not go together, in these words alone. 422.
    #[error("{0}")]
    Refused(&'static str),
    /// The thing exists already or another command won. 409, or 422 where Mastodon says so.
    #[error("{0}")]
    Conflict(String),
    /// Somebody else changed it at the same moment; a second try may do it. 409.
    #[error("Conflict during update, please try again")]
    Stale,
    /// Too much for now; try later. 429.
    #[error("Too many requests")]
    TooMany,
    /// What the OAuth endpoints answer in the shape of RFC 6749.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The store. 503, or 500 for a row that does not decode.
    #[error("The service is not available for the moment; please try again")]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field as the client names it: `username`.
    pub field: &'static str,
    /// Mastodon's code: `ERR_TAKEN`, `ERR_BLANK`, `ERR_INVALID`, `ERR_TOO_SHORT`, …
    pub code: &'static str,
    pub description: String,
}

fn summary(fields: &[FieldError]) -> String {
    let texts: Vec<_> = fields
        .iter()
        .map(|field| {
            let mut name = field.field.to_owned();
            if let Some(first) = name.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            format!("{name} {}", field.description)
        })
        .collect();
    texts.join(", ")
}

impl Error {
    pub fn invalid(why: impl Into<String>) -> Error {
        Error::Invalid(why.into())
    }
}

/// What a job makes of it: the store may do it yet, and nothing else gets better by itself.
impl From<Error> for JobError {
    fn from(error: Error) -> JobError {
        match error {
            Error::Store(error) => error.into(),
            other => JobError::permanent(other),
        }
    }
}

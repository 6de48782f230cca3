//! Errors of the OAuth endpoints (RFC 6749, 5.2), with the words that Doorkeeper uses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use petrel_social::error::{Error, OAuthError};
use serde_json::json;

use super::ApiError;
use crate::params::ParamError;
use crate::reply;

#[derive(Debug, thiserror::Error)]
pub enum OauthError {
    /// What the domain says.
    #[error(transparent)]
    Refused(#[from] OAuthError),
    #[error("{0}")]
    InvalidRequest(String),
    #[error("The authorization server does not support this response type.")]
    UnsupportedResponseType,
    #[error("The resource owner or authorization server denied the request.")]
    AccessDenied,
    /// Anything that is not about OAuth.
    #[error("{}", .0.text())]
    Other(ApiError),
}

impl OauthError {
    pub fn code(&self) -> &'static str {
        match self {
            OauthError::Refused(why) => why.code(),
            OauthError::InvalidRequest(_) => "invalid_request",
            OauthError::UnsupportedResponseType => "unsupported_response_type",
            OauthError::AccessDenied => "access_denied",
            // An account that may do nothing yet, or no more.
            OauthError::Other(error) if error.status == StatusCode::FORBIDDEN => "access_denied",
            OauthError::Other(error) if error.status == StatusCode::SERVICE_UNAVAILABLE => {
                "temporarily_unavailable"
            }
            OauthError::Other(_) => "server_error",
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            OauthError::Refused(why) => {
                StatusCode::from_u16(why.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            OauthError::Other(error) => error.status,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<ParamError> for OauthError {
    fn from(why: ParamError) -> OauthError {
        match why {
            ParamError::Missing(name) => {
                OauthError::InvalidRequest(format!("Missing required parameter: {name}."))
            }
            ParamError::TooLarge | ParamError::QueryTooLong => OauthError::Other(why.into()),
            _ => OauthError::InvalidRequest(why.to_string()),
        }
    }
}

impl From<Error> for OauthError {
    fn from(why: Error) -> OauthError {
        match why {
            Error::OAuth(why) => OauthError::Refused(why),
            _ => OauthError::Other(why.into()),
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        if let OauthError::Other(error) = self {
            return error.into_response();
        }
        let body = json!({ "error": self.code(), "error_description": self.to_string() });
        let mut response = reply::json_with(self.status(), &body);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, OauthError::Refused(OAuthError::InvalidClient)) {
            let challenge = HeaderValue::from_static("Basic realm=\"OAuth\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

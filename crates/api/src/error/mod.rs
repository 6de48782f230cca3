//! Errors as Mastodon's clients know them: `{"error": "…"}`, and of OAuth as RFC 6749 has them.

mod domain;
mod oauth;

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::params::ParamError;
use crate::reply;
pub use oauth::OauthError;

pub type Result<T = Response, E = ApiError> = std::result::Result<T, E>;

/// Seconds after which a client may ask again when the service is not available.
pub const RETRY_AFTER_S: u32 = 5;

#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    body: Box<ErrorBody>,
    retry_after_s: Option<u32>,
}

/// Why a request was refused.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Error")]
pub struct ErrorBody {
    error: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
    /// Field by field what is wrong with a sign-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Map<String, Value>>,
}

impl ApiError {
    pub fn new(status: StatusCode, error: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError {
            status,
            body: Box::new(ErrorBody {
                error: error.into(),
                error_description: None,
                details: None,
            }),
            retry_after_s: None,
        }
    }

    /// What Mastodon says of a record that is not there.
    pub fn not_found() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "Record not found")
    }

    /// What Mastodon says of a path that is not there.
    pub fn no_route() -> ApiError {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "The requested resource was not found",
        )
    }

    pub fn unprocessable(error: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }

    pub fn unavailable(error: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError {
            retry_after_s: Some(RETRY_AFTER_S),
            ..ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error)
        }
    }

    /// Another node may take the write at once.
    pub fn unwritable(why: &str) -> ApiError {
        ApiError::unavailable(format!(
            "This server takes no changes for the moment: {why}; please try again"
        ))
    }

    pub fn internal() -> ApiError {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side; it has been noted",
        )
    }

    /// The text for people, for pages that show it in place.
    pub fn text(&self) -> &str {
        &self.body.error
    }
}

impl From<ParamError> for ApiError {
    fn from(why: ParamError) -> ApiError {
        let status = match &why {
            ParamError::Json(_)
            | ParamError::NotAnObject
            | ParamError::Utf8
            | ParamError::Multipart(_)
            | ParamError::BrokenOff
            | ParamError::TooMany
            | ParamError::TooDeep
            | ParamError::Mixed(_) => StatusCode::BAD_REQUEST,
            ParamError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ParamError::QueryTooLong => StatusCode::URI_TOO_LONG,
            ParamError::Value(..) | ParamError::Missing(_) | ParamError::File(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        ApiError::new(status, why.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = reply::json_with(self.status, &*self.body);
        if let Some(seconds) = self.retry_after_s {
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

#[cfg(test)]
mod tests;

//! What the domain's errors are on the wire.

use axum::http::StatusCode;
use petrel_social::error::{Error, FieldError};
use petrel_store::StoreError;
use serde_json::{Map, Value, json};

use super::ApiError;

impl From<Error> for ApiError {
    fn from(why: Error) -> ApiError {
        let text = why.to_string();
        match why {
            Error::NotFound => ApiError::not_found(),
            Error::Unauthenticated => ApiError::new(StatusCode::UNAUTHORIZED, text),
            Error::Scope | Error::Forbidden(_) => ApiError::new(StatusCode::FORBIDDEN, text),
            Error::UserRequired | Error::Invalid(_) | Error::Refused(_) => {
                ApiError::unprocessable(text)
            }
            Error::InvalidFields(fields) => of_fields(text, &fields),
            Error::Conflict(_) => ApiError::unprocessable(text),
            Error::Stale => ApiError::new(StatusCode::CONFLICT, text),
            Error::TooMany => ApiError::new(StatusCode::TOO_MANY_REQUESTS, text),
            Error::OAuth(why) => {
                let status = StatusCode::from_u16(why.status()).unwrap_or(StatusCode::BAD_REQUEST);
                let mut error = ApiError::new(status, why.code());
                error.body.error_description = Some(text);
                error
            }
            Error::Store(why) => of_store(text, why),
        }
    }
}

fn of_fields(text: String, fields: &[FieldError]) -> ApiError {
    let mut details: Map<String, Value> = Map::new();
    for field in fields {
        let slot = details
            .entry(field.field)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(errors) = slot {
            errors.push(json!({ "error": field.code, "description": field.description }));
        }
    }
    let mut error = ApiError::unprocessable(text);
    error.body.details = Some(details);
    error
}

fn of_store(text: String, why: StoreError) -> ApiError {
    match why {
        StoreError::Full(_) => {
            tracing::warn!(%why, "a write was refused");
            ApiError::unavailable(
                "There is no room to store anything at the moment; please try again later",
            )
        }
        StoreError::Timeout { .. } | StoreError::Unavailable(_) => {
            tracing::warn!(%why, "the store did not serve a request");
            ApiError::unavailable(text)
        }
        StoreError::Unwritable(why) => {
            tracing::warn!(why, "this node takes no writes");
            ApiError::unwritable(&why)
        }
        StoreError::TooLarge { .. } | StoreError::Refused(_) | StoreError::Corrupt { .. } => {
            tracing::error!(%why, "a request failed");
            ApiError::internal()
        }
    }
}

//! Ids in paths. What is not an id names nothing: 404.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use petrel_model::id::Id;

use crate::error::ApiError;
use crate::state::ApiState;

/// The one id in the path.
pub struct PathId<T>(pub T);

impl<T: From<Id>> FromRequestParts<ApiState> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<PathId<T>, ApiError> {
        let PathText(text) = PathText::from_request_parts(parts, api).await?;
        let id: Id = text.parse().map_err(|_| ApiError::not_found())?;
        Ok(PathId(T::from(id)))
    }
}

/// A file of what has an id: `/{id}/{file}`.
pub struct PathFile<T> {
    pub id: T,
    pub file: String,
}

impl<T: From<Id>> FromRequestParts<ApiState> for PathFile<T> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        api: &ApiState,
    ) -> Result<PathFile<T>, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, api).await;
        let Path((id, file)) = path.map_err(|_| ApiError::not_found())?;
        let id: Id = id.parse().map_err(|_| ApiError::not_found())?;
        Ok(PathFile {
            id: T::from(id),
            file,
        })
    }
}

/// The one name in the path.
pub struct PathText(pub String);

impl FromRequestParts<ApiState> for PathText {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<PathText, ApiError> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        let Path(text) = path.map_err(|_| ApiError::not_found())?;
        Ok(PathText(text))
    }
}

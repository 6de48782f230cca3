//! What a client sent, from wherever it put it.

mod files;
mod focus;
mod heard;
mod measured;
mod read;
mod tree;

use std::error::Error;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{Extensions, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use url::form_urlencoded;

use crate::error::ApiError;
pub use files::{Sent, Taken, of_depot, too_large};
pub use focus::{FocusParam, NOT_A_FOCUS};
pub use heard::{AskedAs, Heard};
pub use read::{Fields, id_of};
use tree::{Map, Node, VALUES_MAX};

/// Bytes of a request's body, files aside, which have limits of their own.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a body that is too large which are still taken, and thrown away: most clients read no
/// answer before they have sent everything.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a query string.
const QUERY_BYTES_MAX: usize = 16 * 1024;

/// Why a request could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    #[error("The body is not valid JSON: {0}")]
    Json(String),
    #[error("The body is not a JSON object")]
    NotAnObject,
    #[error("The parameters are not valid UTF-8")]
    Utf8,
    #[error("The multipart body is broken: {0}")]
    Multipart(String),
    #[error("There are more than {VALUES_MAX} parameters")]
    TooMany,
    #[error("A parameter nests too deep")]
    TooDeep,
    #[error("{0} is a list and a map at once")]
    Mixed(String),
    #[error("The body broke off")]
    BrokenOff,
    #[error("The body is larger than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    #[error("The query string is longer than {QUERY_BYTES_MAX} bytes")]
    QueryTooLong,
    /// A value is of the wrong type or out of range.
    #[error("Validation failed: {0} {1}")]
    Value(String, &'static str),
    #[error("Validation failed: {0} can't be blank")]
    Missing(String),
    /// A file came where none is taken.
    #[error("Validation failed: {0}: no file is taken here")]
    File(String),
}

/// Query string and body as one tree; what stands in the body wins.
#[derive(Debug, Clone, Default)]
pub struct Params {
    root: Map,
    uri: Uri,
    heard: Option<Arc<Heard>>,
}

impl Params {
    pub fn fields(&self) -> Fields<'_> {
        Fields::root(&self.root, self.heard.as_deref())
    }

    /// Path and query as the client sent them, for links to other pages.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    pub fn from_query(uri: Uri) -> Result<Params, ParamError> {
        let mut root = Map::new();
        let mut budget = VALUES_MAX;
        if let Some(query) = uri.query() {
            if query.len() > QUERY_BYTES_MAX {
                return Err(ParamError::QueryTooLong);
            }
            read_form(&mut root, query.as_bytes(), &mut budget)?;
        }
        Ok(Params {
            root,
            uri,
            heard: None,
        })
    }

    /// Tells whoever listens to this request which fields are asked for.
    pub fn heard_by(mut self, extensions: &Extensions) -> Params {
        self.heard = extensions.get().cloned();
        self
    }

    fn read_json(&mut self, body: &[u8]) -> Result<(), ParamError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let value =
            serde_json::from_slice(body).map_err(|why| ParamError::Json(why.to_string()))?;
        let serde_json::Value::Object(map) = value else {
            return Err(ParamError::NotAnObject);
        };
        let mut budget = VALUES_MAX;
        let nodes = tree::map_from_json(map, &mut budget)?;
        self.root.extend(nodes);
        Ok(())
    }

    fn read_form(&mut self, body: &[u8]) -> Result<(), ParamError> {
        let mut form = Map::new();
        let mut budget = VALUES_MAX;
        read_form(&mut form, body, &mut budget)?;
        self.root.extend(form);
        Ok(())
    }

    async fn read_multipart(&mut self, mut parts: Multipart) -> Result<(), ParamError> {
        let mut form = Map::new();
        let mut budget = VALUES_MAX;
        while let Some(field) = parts.next_field().await.map_err(broken_part)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().map(str::to_owned);
            let bytes = field.bytes().await.map_err(broken_part)?;
            // A browser sends an empty file for a field that was left alone.
            match file {
                Some(_) if bytes.is_empty() => continue,
                Some(_) => return Err(ParamError::File(name)),
                None => {}
            }
            budget = budget.checked_sub(1).ok_or(ParamError::TooMany)?;
            let text = String::from_utf8(bytes.into()).map_err(|_| ParamError::Utf8)?;
            tree::insert(&mut form, &name, Node::Text(text))?;
        }
        self.root.extend(form);
        Ok(())
    }
}

fn broken_part(why: MultipartError) -> ParamError {
    let mut cause = why.source();
    while let Some(error) = cause {
        if let Some(too_much) = error.downcast_ref::<measured::TooMuch>() {
            return ParamError::Multipart(too_much.to_string());
        }
        cause = error.source();
    }
    ParamError::Multipart(why.body_text())
}

fn read_form(root: &mut Map, encoded: &[u8], budget: &mut usize) -> Result<(), ParamError> {
    let encoded = std::str::from_utf8(encoded).map_err(|_| ParamError::Utf8)?;
    // The decoder puts U+FFFD where bytes are not UTF-8; nobody means that character.
    let replaced = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
    for (name, value) in form_urlencoded::parse(encoded.as_bytes()) {
        if replaced(&name) || replaced(&value) {
            return Err(ParamError::Utf8);
        }
        *budget = budget.checked_sub(1).ok_or(ParamError::TooMany)?;
        tree::insert(root, &name, Node::Text(value.into_owned()))?;
    }
    Ok(())
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Params, Response> {
        read(request, state)
            .await
            .map_err(|why| ApiError::from(why).into_response())
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Params, ParamError> {
    let params = Params::from_query(request.uri().clone())?;
    let mut params = params.heard_by(request.extensions());
    let essence = essence_of(&request);
    let (head, body) = request.into_parts();
    let body = whole(body).await?;
    match essence.as_str() {
        "multipart/form-data" => {
            let request = Request::from_parts(head, Body::from(body));
            let parts = Multipart::from_request(request, state).await;
            let parts = parts.map_err(|why| ParamError::Multipart(why.body_text()))?;
            params.read_multipart(parts).await?;
        }
        "application/x-www-form-urlencoded" => params.read_form(&body)?,
        _ if essence == "application/json" || essence.ends_with("+json") => {
            params.read_json(&body)?
        }
        // As in Mastodon, a body of no known type counts for nothing.
        _ => {}
    }
    Ok(params)
}

/// What the body is, without its parameters.
fn essence_of(request: &Request) -> String {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.to_ascii_lowercase()
}

fn is_multipart(request: &Request) -> bool {
    essence_of(request) == "multipart/form-data"
}

/// The body, unless it is too large or breaks off.
async fn whole(body: Body) -> Result<Bytes, ParamError> {
    let mut pieces = body.into_data_stream();
    let mut whole = Vec::new();
    let mut seen_bytes = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| ParamError::BrokenOff)?;
        seen_bytes += piece.len();
        if seen_bytes > DISCARDED_BYTES_MAX {
            break;
        }
        if seen_bytes <= BODY_BYTES_MAX {
            whole.extend_from_slice(&piece);
        }
    }
    match seen_bytes <= BODY_BYTES_MAX {
        true => Ok(whole.into()),
        false => Err(ParamError::TooLarge),
    }
}

#[cfg(test)]
mod tests;

//! Requests that may bear files: these are streamed into the depot's scratch folder and are never
//! whole in memory.

use std::collections::BTreeMap;

use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use petrel_media::{Depot, DepotError, Incoming};

use super::measured::{Held, measured};
use super::tree::{self, Map, Node, VALUES_MAX};
use super::{BODY_BYTES_MAX, ParamError, Params, broken_part, is_multipart};
use crate::error::ApiError;
use crate::state::ApiState;

/// Which files a route takes: the names of the fields, and how many bytes each may have. What is
/// empty there is left out; a file elsewhere is an error.
#[derive(Clone, Copy)]
pub struct Taken(pub &'static [(&'static str, u64)]);

impl Taken {
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    fn bytes_max(self, name: &str) -> Option<u64> {
        let mut files = self.0.iter();
        files
            .find(|(known, _)| *known == name)
            .map(|(_, bytes_max)| *bytes_max)
    }

    fn bytes_max_in_all(self) -> u64 {
        self.0.iter().map(|(_, bytes_max)| bytes_max).sum()
    }
}

/// Fields, and the files beside them.
pub struct Sent {
    pub params: Params,
    files: BTreeMap<String, Incoming>,
}

impl Sent {
    /// Reads a request that may bear these files.
    pub async fn read(api: &ApiState, request: Request, taken: Taken) -> Result<Sent, ApiError> {
        if !is_multipart(&request) {
            let params = super::read(request, api).await?;
            let files = BTreeMap::new();
            return Ok(Sent { params, files });
        }
        let params = Params::from_query(request.uri().clone())?;
        let params = params.heard_by(request.extensions());
        let (head, body) = request.into_parts();
        let (body, held) = measured(body);
        let mut request = Request::from_parts(head, body);
        // Each field has a limit of its own, and so has what is none.
        DefaultBodyLimit::disable().apply(&mut request);
        let parts = Multipart::from_request(request, api).await;
        let parts = parts.map_err(|why| ParamError::Multipart(why.body_text()))?;
        let mut reading = Reading {
            depot: &api.depot,
            taken,
            held,
            form: Map::new(),
            files: BTreeMap::new(),
            text_bytes: 0,
            budget: VALUES_MAX,
            file_bytes: taken.bytes_max_in_all(),
        };
        reading.read(parts).await?;
        let mut sent = Sent {
            params,
            files: reading.files,
        };
        sent.params.root.extend(reading.form);
        Ok(sent)
    }

    pub fn take(&mut self, name: &str) -> Option<Incoming> {
        self.files.remove(name)
    }
}

struct Reading<'a> {
    depot: &'a Depot,
    taken: Taken,
    held: Held,
    form: Map,
    files: BTreeMap<String, Incoming>,
    text_bytes: usize,
    /// How many values may yet come.
    budget: usize,
    /// How many bytes of files, those that nobody takes included.
    file_bytes: u64,
}

impl Reading<'_> {
    async fn read(&mut self, mut parts: Multipart) -> Result<(), ApiError> {
        while let Some(field) = parts.next_field().await.map_err(broken_part)? {
            self.held.taken();
            self.budget = self.budget.checked_sub(1).ok_or(ParamError::TooMany)?;
            let name = field.name().unwrap_or_default().to_owned();
            match field.file_name() {
                Some(_) => self.file(name, field).await?,
                None => self.text(&name, field).await?,
            }
        }
        Ok(())
    }

    async fn text(&mut self, name: &str, mut field: Field<'_>) -> Result<(), ApiError> {
        let mut bytes = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(broken_part)? {
            self.held.taken();
            self.text_bytes += piece.len();
            if self.text_bytes > BODY_BYTES_MAX {
                return Err(ParamError::TooLarge.into());
            }
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8(bytes).map_err(|_| ParamError::Utf8)?;
        tree::insert(&mut self.form, name, Node::Text(text))?;
        Ok(())
    }

    async fn file(&mut self, name: String, mut field: Field<'_>) -> Result<(), ApiError> {
        let bytes_max = self.taken.bytes_max(&name);
        let mut incoming: Option<Incoming> = None;
        let mut refused = None;
        while let Some(piece) = field.chunk().await.map_err(broken_part)? {
            self.held.taken();
            let left = self.file_bytes.checked_sub(piece.len() as u64);
            let most = bytes_max.unwrap_or(self.taken.bytes_max_in_all());
            self.file_bytes = left.ok_or_else(|| too_large(most))?;
            if piece.is_empty() || refused.is_some() {
                // Most clients read no answer before they have sent everything.
                continue;
            }
            let Some(bytes_max) = bytes_max else {
                refused = Some(ParamError::File(name.clone()).into());
                continue;
            };
            let written = match &mut incoming {
                Some(incoming) => incoming.write(&piece),
                None => self
                    .begin(&piece, bytes_max)
                    .map(|begun| incoming = Some(begun)),
            };
            refused = written.err().map(of_depot);
        }
        match (refused, incoming) {
            (Some(error), _) => Err(error),
            (None, Some(file)) => {
                self.files.insert(name, file);
                Ok(())
            }
            // A browser sends an empty file for a field that was left alone.
            (None, None) => Ok(()),
        }
    }

    fn begin(&self, piece: &[u8], bytes_max: u64) -> Result<Incoming, DepotError> {
        let mut incoming = self.depot.incoming(bytes_max)?;
        incoming.write(piece)?;
        Ok(incoming)
    }
}

/// What a depot's error is to whoever sends or fetches a file.
pub fn of_depot(error: DepotError) -> ApiError {
    match error {
        DepotError::TooLarge { bytes_max } => too_large(bytes_max),
        DepotError::Full => ApiError::unavailable(
            "There is no room to store anything at the moment; please try again later",
        ),
        other => {
            tracing::error!(error = %other, "the depot did not do what a request needed");
            ApiError::internal()
        }
    }
}

pub fn too_large(bytes_max: u64) -> ApiError {
    const MIB: u64 = 1_024 * 1_024;
    let text = format!(
        "Validation failed: File size must be less than {} MB",
        bytes_max / MIB
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text)
}

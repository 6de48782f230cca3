//! Addresses that machines know things by lead browsers to their pages.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::error::PageError;
use crate::parts::feed::encoded;
use crate::state::WebState;

use super::answer;

pub async fn profile_redirect(State(state): State<WebState>, Path(name): Path<String>) -> Response {
    let to = format!("/@{}", encoded(&name));
    answer(&state, Err(PageError::Moved(to)))
}

pub async fn status_redirect(
    State(state): State<WebState>,
    Path((name, id)): Path<(String, String)>,
) -> Response {
    let to = format!("/@{}/{}", encoded(&name), encoded(&id));
    answer(&state, Err(PageError::Moved(to)))
}

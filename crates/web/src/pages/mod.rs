//! One page each.

mod about;
mod home;
mod missing;
mod profile;
mod redirects;
mod tag;
mod thread;

pub use about::about;
pub use home::home;
pub use missing::not_found;
pub use profile::{profile, profile_with_replies};
pub use redirects::{profile_redirect, status_redirect};
pub use tag::tag;
pub use thread::thread;

use std::collections::HashMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use petrel_model::id::Id;
use petrel_social::page::PageRequest;

use crate::error::{PageError, Result};
use crate::state::WebState;

/// Statuses on one page.
const STATUSES: usize = 20;
/// Seconds after which a browser may ask a server in trouble again.
const RETRY_S: &str = "10";

/// Which stretch of a list is asked for. What is no id asks for the beginning.
pub type Stretch = Query<HashMap<String, String>>;

fn request(stretch: &Stretch) -> PageRequest {
    let id = |name: &str| stretch.get(name).and_then(|text| text.parse::<Id>().ok());
    PageRequest {
        max_id: id("max_id"),
        min_id: id("min_id"),
        ..PageRequest::first(STATUSES)
    }
}

/// Whether this is where a reader comes in.
fn is_first(stretch: &Stretch) -> bool {
    let asked = request(stretch);
    asked.max_id.is_none() && asked.min_id.is_none()
}

/// What is answered while nothing can be shown.
pub(crate) fn unavailable(state: &WebState) -> Response {
    answer(state, Err(PageError::Unavailable))
}

/// The page, or the page that says why there is none.
fn answer(state: &WebState, page: Result<Markup>) -> Response {
    let (status, page) = match page {
        // What is deleted or hidden must be gone on the next look.
        Ok(page) => return ([(CACHE_CONTROL, "no-cache")], page).into_response(),
        Err(PageError::Moved(to)) => return Redirect::permanent(&to).into_response(),
        Err(PageError::NotFound) => (StatusCode::NOT_FOUND, missing::page(state)),
        Err(PageError::Unavailable) => {
            let page = missing::unavailable(state);
            let headers = [(CACHE_CONTROL, "no-store"), (RETRY_AFTER, RETRY_S)];
            return (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response();
        }
    };
    (status, [(CACHE_CONTROL, "no-cache")], page).into_response()
}

//! Pages that say that there is none.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::headers;
use crate::layout::{self, Head};
use crate::state::WebState;

/// What the binary answers a browser at an address that nobody knows.
pub async fn not_found(state: &WebState) -> Response {
    let response = (StatusCode::NOT_FOUND, page(state)).into_response();
    headers::secure(response).await
}

pub(super) fn page(state: &WebState) -> Markup {
    notice(
        state,
        "Nothing here",
        "There is no page at this address. It may never have been, its author may have deleted it, \
         or it is not for everyone.",
    )
}

pub(super) fn unavailable(state: &WebState) -> Markup {
    notice(
        state,
        "One moment, please",
        "This page cannot be shown just now. Please try again shortly.",
    )
}

fn notice(state: &WebState, title: &str, text: &str) -> Markup {
    let head = Head {
        title: title.to_owned(),
        description: text.to_owned(),
        kind: "website",
        ..Head::default()
    };
    layout::page(
        state,
        &head,
        html! {
            section .notice {
                img src="/assets/icon.svg" alt="" width="72" height="72";
                h1 { (title) }
                p { (text) }
                p { a .button href="/" { "To the front page" } }
            }
        },
    )
}

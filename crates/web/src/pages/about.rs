//! What this place is, by what rules, and who answers for it.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::layout::{self, Head};
use crate::parts::connect;
use crate::state::WebState;
use crate::text;

use super::answer;

pub async fn about(State(state): State<WebState>) -> Response {
    answer(&state, Ok(page(&state)))
}

fn page(state: &WebState) -> Markup {
    let config = &state.config;
    let head = Head {
        title: "About".to_owned(),
        description: text::description(&config.description),
        canonical: Some("/about".to_owned()),
        kind: "website",
        indexable: true,
        ..Head::default()
    };
    layout::page(
        state,
        &head,
        html! {
            article .prose {
                h1 { "About " (config.title) }
                p .lead { (config.description) }
                h2 { "Rules" }
                @if config.rules.is_empty() {
                    p { "The people who run this place have not written down rules of their own." }
                } @else {
                    ol .rules { @for rule in &config.rules { li dir="auto" { (rule) } } }
                }
                h2 { "Who answers for it" }
                @if config.contact_email.is_empty() {
                    p { "No address is given." }
                } @else {
                    p { a href={ "mailto:" (config.contact_email) } { (config.contact_email) } }
                }
                h2 #connect { "Bring your own client" }
                (connect::steps(state))
                h2 { "The software" }
                p {
                    "This server runs Petrel " (config.version) ", free software under the Apache licence."
                    @if let Some(url) = state.source_url() { " " a href=(url) { "Its source" } " is open to everyone." }
                }
            }
        },
    )
}

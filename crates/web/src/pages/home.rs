//! The front page: what this place is, how to join it, and what was said here lately.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use petrel_social::page::PageRequest;
use petrel_social::views::StatusView;
use petrel_timeline::PublicFilter;

use crate::error::Result;
use crate::layout::{self, Head};
use crate::parts::{connect, feed};
use crate::state::WebState;
use crate::text;

use super::{STATUSES, answer};

pub async fn home(State(state): State<WebState>) -> Response {
    let page = recent(&state).await.map(|recent| page(&state, &recent));
    answer(&state, page)
}

async fn recent(state: &WebState) -> Result<Vec<StatusView>> {
    let filter = PublicFilter {
        local: true,
        ..PublicFilter::default()
    };
    let request = PageRequest::first(STATUSES);
    let page = state
        .timelines
        .public(&state.ctx(), filter, request)
        .await?;
    Ok(page.items)
}

fn page(state: &WebState, recent: &[StatusView]) -> Markup {
    let config = &state.config;
    let head = Head {
        title: config.title.clone(),
        description: text::description(&config.description),
        canonical: Some("/".to_owned()),
        kind: "website",
        properties: vec![(
            "og:image",
            format!("{}/headers/original/missing.png", state.url()),
        )],
        indexable: true,
    };
    layout::page(
        state,
        &head,
        html! {
            section .hero {
                h1 { (config.title) }
                p .lead { (config.description) }
                div .doors {
                    @if state.social.settings.registrations_open {
                        a .button.strong href="/auth/sign_up" { "Create an account" }
                    } @else {
                        p .closed { "New accounts are by invitation for now." }
                    }
                    a .button href="#connect" { "Connect a client" }
                }
            }
            div .columns {
                section aria-labelledby="recent" {
                    h2 #recent { "Lately, in public" }
                    (feed::statuses(recent, "Nobody has said anything yet. Be the first."))
                }
                aside #connect aria-labelledby="connect-title" {
                    div .card {
                        h2 #connect-title { "Bring your own client" }
                        (connect::steps(state))
                    }
                }
            }
        },
    )
}

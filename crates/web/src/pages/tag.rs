//! Public statuses under a hashtag.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use petrel_social::page::Page;
use petrel_social::views::StatusView;
use petrel_timeline::TagFilter;

use crate::error::Result;
use crate::layout::{self, Head};
use crate::parts::feed;
use crate::state::WebState;

use super::{Stretch, answer, is_first, request};

pub async fn tag(
    State(state): State<WebState>,
    Path(name): Path<String>,
    stretch: Stretch,
) -> Response {
    let found = list(&state, &name, &stretch).await;
    let page = found.map(|statuses| page(&state, &name, &stretch, &statuses));
    answer(&state, page)
}

async fn list(state: &WebState, name: &str, stretch: &Stretch) -> Result<Page<StatusView>> {
    let filter = TagFilter {
        tag: name.to_owned(),
        ..TagFilter::default()
    };
    let ctx = state.ctx();
    Ok(state.timelines.tag(&ctx, filter, request(stretch)).await?)
}

fn page(state: &WebState, name: &str, stretch: &Stretch, statuses: &Page<StatusView>) -> Markup {
    let path = format!("/tags/{}", feed::encoded(name));
    let head = Head {
        title: format!("#{name}"),
        description: format!(
            "Public statuses with the hashtag #{name} on {}",
            state.config.title
        ),
        canonical: Some(path.clone()),
        kind: "website",
        indexable: false,
        ..Head::default()
    };
    layout::page(
        state,
        &head,
        html! {
            section .narrow {
                h1 dir="auto" { "#" (name) }
                (feed::statuses(&statuses.items, "Nothing public stands under this hashtag yet."))
                (feed::pager(&path, statuses, is_first(stretch)))
            }
        },
    )
}

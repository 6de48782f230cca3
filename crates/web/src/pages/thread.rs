//! A status in its thread.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use petrel_model::id::{Id, StatusId};
use petrel_social::statuses;
use petrel_social::views::StatusView;

use crate::error::{PageError, Result};
use crate::layout::{self, Head};
use crate::parts::{feed, status};
use crate::state::WebState;
use crate::text;

use super::answer;
use super::profile::account_of;

pub async fn thread(
    State(state): State<WebState>,
    Path((name, id)): Path<(String, String)>,
) -> Response {
    let page = load(&state, &name, &id).await;
    answer(&state, page.map(|thread| thread.page(&state)))
}

struct Thread {
    ancestors: Vec<StatusView>,
    status: StatusView,
    descendants: Vec<StatusView>,
}

async fn load(state: &WebState, name: &str, id: &str) -> Result<Thread> {
    let id: Id = id.parse().map_err(|_| PageError::NotFound)?;
    let (ctx, account) = (state.ctx(), account_of(state, name).await?);
    let status = statuses::get(&ctx, StatusId(id)).await?;
    if status.account.id != account.id {
        return Err(PageError::NotFound);
    }
    if let Some(original) = &status.reblog {
        return Err(PageError::Moved(original.url.clone()));
    }
    let (ancestors, descendants) = statuses::context(&ctx, status.id).await?;
    Ok(Thread {
        ancestors,
        status,
        descendants,
    })
}

impl Thread {
    fn page(&self, state: &WebState) -> Markup {
        layout::page(
            state,
            &self.head(state),
            html! {
                section .narrow.thread {
                    h1 .unseen { (text::title_of(&self.status)) }
                    @for ancestor in &self.ancestors { (status::article(ancestor)) }
                    (status::focus(&self.status))
                    @if !self.descendants.is_empty() {
                        h2 .replies { (feed::replies_title(self.descendants.len())) }
                        @for reply in &self.descendants {
                            div class={ "depth-" (self.depth(reply)) } { (status::article(reply)) }
                        }
                    }
                }
            },
        )
    }

    /// How far below the status a reply stands, as far as pages show it.
    fn depth(&self, reply: &StatusView) -> usize {
        let mut depth = 0;
        let mut parent = reply.in_reply_to.map(|(status, _)| status);
        while let Some(id) = parent
            && id != self.status.id
            && depth < status::DEPTH_MAX
        {
            depth += 1;
            let found = self.descendants.iter().find(|one| one.id == id);
            parent = found
                .and_then(|one| one.in_reply_to)
                .map(|(status, _)| status);
        }
        depth
    }

    fn head(&self, state: &WebState) -> Head {
        let account = &self.status.account;
        let mut properties = vec![
            (
                "og:image",
                state.social.settings.avatar_url(account.avatar.as_ref()),
            ),
            (
                "article:published_time",
                text::iso(self.status.created_at_ms),
            ),
            ("article:author", account.url.clone()),
        ];
        if let Some(language) = &self.status.language {
            properties.push(("og:locale", language.clone()));
        }
        Head {
            title: text::title_of(&self.status),
            description: text::summary(&self.status),
            canonical: Some(format!("/@{}/{}", account.username, self.status.id)),
            kind: "article",
            properties,
            indexable: account.profile.indexable
                && self.status.visibility == petrel_model::visibility::Visibility::Public,
        }
    }
}

//! Who someone is, and what they said in public.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use petrel_social::page::{Page, PageRequest};
use petrel_social::statuses::AccountFilter;
use petrel_social::views::{AccountView, StatusView};
use petrel_social::{accounts, statuses};

use crate::error::Result;
use crate::layout::{self, Head};
use crate::parts::{avatar, emoji, feed};
use crate::state::WebState;
use crate::text;

use super::{Stretch, answer, is_first, request};

/// Pinned statuses shown above the others.
const PINNED: usize = 5;

pub async fn profile(
    State(state): State<WebState>,
    Path(name): Path<String>,
    stretch: Stretch,
) -> Response {
    let page = load(&state, &name, &stretch, false).await;
    answer(&state, page.map(|profile| profile.page(&state)))
}

pub async fn profile_with_replies(
    State(state): State<WebState>,
    Path(name): Path<String>,
    stretch: Stretch,
) -> Response {
    let page = load(&state, &name, &stretch, true).await;
    answer(&state, page.map(|profile| profile.page(&state)))
}

struct Profile {
    account: Arc<AccountView>,
    pinned: Vec<StatusView>,
    statuses: Page<StatusView>,
    with_replies: bool,
    is_first: bool,
}

/// The account by the name in an address.
pub(super) async fn account_of(state: &WebState, name: &str) -> Result<Arc<AccountView>> {
    Ok(accounts::lookup(&state.ctx(), name).await?)
}

async fn load(
    state: &WebState,
    name: &str,
    stretch: &Stretch,
    with_replies: bool,
) -> Result<Profile> {
    let (ctx, account) = (state.ctx(), account_of(state, name).await?);
    let mut pinned = Vec::new();
    if is_first(stretch) && !with_replies {
        let filter = AccountFilter {
            pinned: true,
            ..AccountFilter::default()
        };
        let page =
            statuses::of_account(&ctx, account.id, filter, PageRequest::first(PINNED)).await?;
        pinned = page.items;
    }
    let filter = AccountFilter {
        exclude_replies: !with_replies,
        ..AccountFilter::default()
    };
    let statuses = statuses::of_account(&ctx, account.id, filter, request(stretch)).await?;
    Ok(Profile {
        account,
        pinned,
        statuses,
        with_replies,
        is_first: is_first(stretch),
    })
}

impl Profile {
    fn page(&self, state: &WebState) -> Markup {
        let path = format!("/@{}", self.account.username);
        let list = if self.with_replies {
            format!("{path}/with_replies")
        } else {
            path.clone()
        };
        layout::page(
            state,
            &self.head(state, &path),
            html! {
                section .narrow {
                    (card(state, &self.account))
                    nav .tabs aria-label="Statuses" {
                        a href=(path) aria-current=[(!self.with_replies).then_some("page")] { "Statuses" }
                        a href={ (path) "/with_replies" } aria-current=[self.with_replies.then_some("page")] {
                            "With replies"
                        }
                    }
                    @if !self.pinned.is_empty() { (feed::pinned(&self.pinned)) }
                    (feed::statuses(&self.statuses.items, "Nothing public yet."))
                    (feed::pager(&list, &self.statuses, self.is_first))
                }
            },
        )
    }

    fn head(&self, state: &WebState, path: &str) -> Head {
        let account = &self.account;
        let handle = format!("@{}@{}", account.username, state.domain());
        Head {
            title: format!("{} ({handle})", text::name_of(account)),
            description: match account.profile.note.trim() {
                "" => format!(
                    "{} statuses, {} followers",
                    account.statuses_count, account.followers_count
                ),
                note => text::description(note),
            },
            canonical: Some(path.to_owned()),
            kind: "profile",
            properties: vec![
                (
                    "og:image",
                    state.social.settings.avatar_url(account.avatar.as_ref()),
                ),
                ("profile:username", handle),
            ],
            indexable: account.profile.indexable,
        }
    }
}

/// A decoration: the account's own header picture, if it has one.
fn cover(account: &AccountView) -> Markup {
    let shown = account.header.as_ref().filter(|_| !account.suspended);
    html! {
        @match shown.and_then(avatar::address) {
            Some(address) => img .cover src=(address) alt="";,
            None => div .cover aria-hidden="true" {},
        }
    }
}

fn card(state: &WebState, account: &AccountView) -> Markup {
    html! {
        header .profile {
            (cover(account))
            (avatar::large(account))
            h1 dir="auto" { (emoji::name(account)) }
            p .handle {
                span dir="ltr" { "@" (account.username) "@" (state.domain()) }
                @if account.profile.bot { span .badge { "Automated" } }
                @if account.profile.locked { span .badge { "Approves followers" } }
            }
            @if !account.note_html.is_empty() {
                div .content dir="auto" { (emoji::html(&account.note_html, &account.emojis)) }
            }
            @if !account.fields_html.is_empty() {
                dl .fields {
                    @for (name, value) in &account.fields_html {
                        div { dt dir="auto" { (emoji::text(name, &account.emojis)) }
                              dd dir="auto" { (emoji::html(value, &account.emojis)) } }
                    }
                }
            }
            ul .figures {
                li { strong { (text::count(account.statuses_count)) } " statuses" }
                li { strong { (text::count(account.following_count)) } " following" }
                li { strong { (text::count(account.followers_count)) } " followers" }
                li { "Joined " (text::month(account.created_at_ms)) }
            }
        }
    }
}

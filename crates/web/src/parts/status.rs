//! One status.

use maud::{Markup, PreEscaped, html};
use petrel_model::visibility::Visibility;
use petrel_social::views::StatusView;

use crate::text;

use super::avatar;

/// Replies are moved in no further than this.
pub const DEPTH_MAX: usize = 4;

/// A status in a list; a reblog shows what it reblogs.
pub fn article(status: &StatusView) -> Markup {
    match &status.reblog {
        Some(original) => {
            let by = html! { "↻ " a href=(status.account.url) dir="auto" { (text::name_of(&status.account)) } " reblogged" };
            small(original, &by)
        }
        None => small(status, &html! {}),
    }
}

pub fn pinned(status: &StatusView) -> Markup {
    small(status, &html! { "Pinned" })
}

fn small(status: &StatusView, above: &Markup) -> Markup {
    let above = &above.0;
    html! {
        article .status.card {
            @if !above.is_empty() { p .above { (PreEscaped(above)) } }
            header {
                (author(status))
                a .when href=(status.url) { (text::day(status.created_at_ms)) }
            }
            (body(status))
            (figures(status))
        }
    }
}

/// The status that a page is about: larger, with everything that is known of it.
pub fn focus(status: &StatusView) -> Markup {
    html! {
        article .status.card.focus {
            header { (author(status)) }
            (body(status))
            p .facts {
                a href=(status.url) { (text::moment(status.created_at_ms)) }
                @if let Some(edited) = status.edited_at_ms { " · edited " (text::moment(edited)) }
                @if let Some(app) = &status.application {
                    " · "
                    @match &app.website {
                        Some(website) if is_web(website) => a href=(website) rel="nofollow noopener noreferrer" { (app.name) },
                        _ => (app.name),
                    }
                }
            }
            (figures(status))
        }
    }
}

fn author(status: &StatusView) -> Markup {
    let account = &status.account;
    html! {
        a .author href=(account.url) {
            (avatar::small(account))
            span {
                strong dir="auto" { (text::name_of(account)) }
                small dir="ltr" { "@" (account.acct) }
            }
        }
    }
}

/// What stands behind a warning opens on request, without script.
fn body(status: &StatusView) -> Markup {
    let language = status.language.as_deref();
    let content = html! {
        div .content lang=[language] dir=(text::direction(language)) {
            (PreEscaped(&status.content_html))
        }
    };
    html! {
        @if status.spoiler_text.is_empty() {
            (content)
        } @else {
            details .warning {
                summary lang=[language] dir=(text::direction(language)) { (status.spoiler_text) }
                (content)
            }
        }
    }
}

fn figures(status: &StatusView) -> Markup {
    html! {
        ul .figures {
            li { (counted(status.replies_count, "reply", "replies")) }
            li { (counted(status.reblogs_count, "reblog", "reblogs")) }
            li { (counted(status.favourites_count, "favourite", "favourites")) }
            @if status.edited_at_ms.is_some() { li { "edited" } }
            @if status.visibility == Visibility::Unlisted { li { "unlisted" } }
        }
    }
}

fn counted(count: u64, one: &str, many: &str) -> Markup {
    html! { strong { (text::count(count)) } " " (if count == 1 { one } else { many }) }
}

/// Only web addresses become links.
fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

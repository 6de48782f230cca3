//! One status.

use maud::{Markup, PreEscaped, html};
use petrel_model::visibility::Visibility;
use petrel_social::views::StatusView;

use crate::text;

use super::{avatar, emoji, media, poll};

/// Replies are moved in no further than this.
pub const DEPTH_MAX: usize = 4;

/// A status in a list; a reblog shows what it reblogs.
pub fn article(status: &StatusView) -> Markup {
    match &status.reblog {
        Some(original) => {
            let by = html! { "↻ " a href=(status.account.url) dir="auto" { (emoji::name(&status.account)) } " reblogged" };
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
                strong dir="auto" { (emoji::name(account)) }
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
            (emoji::html(&status.content_html, &status.emojis))
        }
    };
    let content = html! {
        (content)
        @if let Some(asked) = &status.poll { (poll::bars(asked)) }
        @if is_covered(status) {
            details .warning {
                summary { "Sensitive content" }
                (media::attached(&status.media))
            }
        } @else {
            (media::attached(&status.media))
        }
    };
    html! {
        @if status.spoiler_text.is_empty() {
            (content)
        } @else {
            details .warning {
                summary lang=[language] dir=(text::direction(language)) { (emoji::text(&status.spoiler_text, &status.emojis)) }
                (content)
            }
        }
    }
}

/// Files that are not for every eye, unless a warning covers the whole status.
fn is_covered(status: &StatusView) -> bool {
    status.sensitive && status.spoiler_text.is_empty() && !status.media.is_empty()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use petrel_model::id::{AccountId, Id, MediaId, StatusId};
    use petrel_social::media::{MediaKind, MediaState, MediaView};
    use petrel_social::views::{AccountView, ApplicationView, Profile, Role};

    use super::*;

    fn account(display_name: &str) -> Arc<AccountView> {
        Arc::new(AccountView {
            id: AccountId(Id(1)),
            username: "ada".to_owned(),
            acct: "ada".to_owned(),
            profile: Profile {
                display_name: display_name.to_owned(),
                ..Profile::default()
            },
            created_at_ms: 1_800_000_000_000,
            suspended: false,
            role: Role::User,
            followers_count: 0,
            following_count: 0,
            statuses_count: 1,
            last_status_at_ms: None,
            note_html: String::new(),
            fields_html: Vec::new(),
            fields_verified_at_ms: Vec::new(),
            url: "https://petrel.example/@ada".to_owned(),
            uri: "https://petrel.example/users/ada".to_owned(),
            avatar: None,
            header: None,
            emojis: Vec::new(),
        })
    }

    fn status() -> StatusView {
        StatusView {
            id: StatusId(Id(2)),
            created_at_ms: 1_800_000_000_000,
            account: account("Ada"),
            visibility: Visibility::Public,
            sensitive: false,
            spoiler_text: String::new(),
            language: Some("en".to_owned()),
            text: "Hello".to_owned(),
            content_html: "<p>Hello</p>".to_owned(),
            in_reply_to: None,
            mentions: Vec::new(),
            tags: Vec::new(),
            application: None,
            edited_at_ms: None,
            uri: "https://petrel.example/users/ada/statuses/2".to_owned(),
            url: "https://petrel.example/@ada/2".to_owned(),
            replies_count: 1,
            reblogs_count: 0,
            favourites_count: 12_345,
            reblog: None,
            media: Vec::new(),
            viewer: None,
            filtered: Vec::new(),
            poll: None,
            emojis: Vec::new(),
        }
    }

    #[test]
    fn names_cannot_bring_markup() {
        let status = StatusView {
            account: account("<script>alert(1)</script>"),
            spoiler_text: "<b>".to_owned(),
            ..status()
        };
        let page = article(&status).into_string();
        assert!(
            !page.contains("<script>") && !page.contains("<b>"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_warning_covers_the_text() {
        let status = StatusView {
            spoiler_text: "Heights".to_owned(),
            ..status()
        };
        let page = article(&status).into_string();
        let (before, after) = page.split_once("<details").unwrap();
        assert!(!before.contains("Hello") && after.contains("<p>Hello</p>"));
    }

    fn picture() -> MediaView {
        MediaView {
            id: MediaId(Id(3)),
            state: MediaState::Ready,
            kind: MediaKind::Image,
            url: Some("https://petrel.example/media/3/original.png".to_owned()),
            preview_url: None,
            original: None,
            preview: None,
            blurhash: None,
            duration_ms: None,
            frame_rate: None,
            bitrate: None,
            description: None,
            focus: None,
        }
    }

    #[test]
    fn sensitive_files_are_covered_and_the_text_is_not() {
        let with = |sensitive, spoiler_text: &str| {
            let status = StatusView {
                sensitive,
                spoiler_text: spoiler_text.to_owned(),
                media: vec![picture()],
                ..status()
            };
            article(&status).into_string()
        };
        let page = with(true, "");
        let (before, after) = page.split_once("<details").unwrap();
        assert!(before.contains("<p>Hello</p>") && !before.contains("original.png"));
        assert!(after.contains("original.png"));
        assert!(!with(false, "").contains("<details"));
        // One cover is enough.
        assert_eq!(with(true, "Heights").matches("<details").count(), 1);
    }

    #[test]
    fn an_app_is_linked_only_to_the_web() {
        let by = |website: &str| StatusView {
            application: Some(ApplicationView {
                name: "An app".to_owned(),
                website: Some(website.to_owned()),
            }),
            ..status()
        };
        let page = focus(&by("javascript:alert(1)")).into_string();
        assert!(page.contains("An app") && !page.contains("javascript:"));
        assert!(
            focus(&by("https://app.example"))
                .into_string()
                .contains("href=\"https://app.example\"")
        );
    }

    #[test]
    fn language_and_direction_are_told() {
        let status = StatusView {
            language: Some("ar".to_owned()),
            ..status()
        };
        assert!(
            article(&status)
                .into_string()
                .contains(r#"lang="ar" dir="rtl""#)
        );
    }

    #[test]
    fn a_reblog_shows_whose_it_is_and_who_reblogged() {
        let reblog = StatusView {
            account: account("Bob"),
            content_html: String::new(),
            reblog: Some(Box::new(status())),
            ..status()
        };
        let page = article(&reblog).into_string();
        assert!(page.contains("Bob</a> reblogged") && page.contains("<p>Hello</p>"));
        assert!(page.contains("12K") && page.contains("<strong>1</strong> reply"));
    }
}

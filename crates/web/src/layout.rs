//! What every page has around its content.

use maud::{DOCTYPE, Markup, html};

use crate::assets::{ICON_PATH, style_href};
use crate::state::WebState;

/// The head of a page: what search engines and link previews read.
#[derive(Default)]
pub(crate) struct Head {
    pub title: String,
    /// Plain text.
    pub description: String,
    /// Path of the one address under which this page is known.
    pub canonical: Option<String>,
    /// OpenGraph's kind: website, profile, article.
    pub kind: &'static str,
    /// More OpenGraph properties.
    pub properties: Vec<(&'static str, String)>,
    /// Whether search engines may keep it.
    pub indexable: bool,
}

pub(crate) fn page(state: &WebState, head: &Head, main: Markup) -> Markup {
    let title = &state.config.title;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (head.title) @if head.title != *title { " · " (title) } }
                link rel="stylesheet" href=(style_href());
                link rel="icon" href=(ICON_PATH) type="image/svg+xml";
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#f4f7f9" media="(prefers-color-scheme: light)";
                meta name="theme-color" content="#0d1419" media="(prefers-color-scheme: dark)";
                (preview(state, head))
            }
            body {
                a .skip href="#main" { "Skip to content" }
                (banner(state))
                main #main tabindex="-1" { (main) }
                (foot(state))
            }
        }
    }
}

fn preview(state: &WebState, head: &Head) -> Markup {
    html! {
        @if !head.indexable { meta name="robots" content="noindex, noarchive"; }
        meta name="description" content=(head.description);
        meta property="og:site_name" content=(state.config.title);
        meta property="og:title" content=(head.title);
        meta property="og:description" content=(head.description);
        meta property="og:type" content=(head.kind);
        meta name="twitter:card" content="summary";
        @if let Some(path) = &head.canonical {
            link rel="canonical" href={ (state.url()) (path) };
            meta property="og:url" content={ (state.url()) (path) };
        }
        @for (property, content) in &head.properties {
            meta property=(property) content=(content);
        }
    }
}

fn banner(state: &WebState) -> Markup {
    html! {
        header .banner {
            div .wide {
                a .brand href="/" {
                    img src=(ICON_PATH) alt="" width="30" height="30";
                    span { (state.config.title) }
                }
                nav aria-label="Main" {
                    a href="/about" { "About" }
                    @if state.social.settings.registrations_open {
                        a .button href="/auth/sign_up" { "Join" }
                    }
                }
            }
        }
    }
}

fn foot(state: &WebState) -> Markup {
    html! {
        footer .foot {
            div .wide {
                p { strong { (state.domain()) } " is part of a social network without owners." }
                p {
                    a href="/about" { "About" } " · "
                    @if let Some(url) = state.source_url() { a href=(url) { "Source" } " · " }
                    "Petrel " (state.config.version)
                }
            }
        }
    }
}

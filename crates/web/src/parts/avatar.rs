//! The picture of an account; without one, its first letter on a colour of its own.

use maud::{Markup, html};
use petrel_social::media;
use petrel_social::views::{AccountView, Picture};

use crate::text;

/// Colours in the style sheet.
const HUES: u64 = 12;

pub fn small(account: &AccountView) -> Markup {
    picture(account, "avatar")
}

pub fn large(account: &AccountView) -> Markup {
    picture(account, "avatar large")
}

fn picture(account: &AccountView, class: &str) -> Markup {
    let shown = account.avatar.as_ref().filter(|_| !account.suspended);
    match shown.and_then(address) {
        // A decoration, like the letter.
        Some(address) => html! { img class=(class) src=(address) alt="" loading="lazy"; },
        None => letter(account, class),
    }
}

/// Of a picture, on this server; the still where it moves.
pub fn address(picture: &Picture) -> Option<String> {
    let files = picture.files.as_ref()?;
    Some(media::plain("", picture.media, files.still()))
}

/// A decoration: the name stands beside it.
fn letter(account: &AccountView, class: &str) -> Markup {
    let first = text::name_of(account)
        .chars()
        .find(|letter| letter.is_alphanumeric())
        .unwrap_or('·');
    // Ids end in bits that count within a millisecond; the milliseconds spread better.
    let hue = (account.created_at_ms ^ (account.created_at_ms >> 7)) % HUES;
    html! {
        span class={ (class) " hue-" (hue) } aria-hidden="true" {
            @for upper in first.to_uppercase().take(1) { (upper) }
        }
    }
}

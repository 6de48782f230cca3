//! Until accounts have pictures, their first letter on a colour of their own.

use maud::{Markup, html};
use petrel_social::views::AccountView;

use crate::text;

/// Colours in the style sheet.
const HUES: u64 = 12;

pub fn small(account: &AccountView) -> Markup {
    letter(account, "avatar")
}

pub fn large(account: &AccountView) -> Markup {
    letter(account, "avatar large")
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

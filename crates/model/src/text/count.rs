//! How long a text is, as Mastodon counts it: in grapheme clusters (what a person sees as one
//! character), a link as [`CHARACTERS_PER_URL`], a mention without its domain.
//!
//! A cluster may have any number of bytes, so what is stored is bounded in bytes as well.

use unicode_segmentation::UnicodeSegmentation;

use crate::limits::{CHARACTERS_PER_URL, STATUS_BYTES_MAX, STATUS_CHARS_MAX};
use crate::text::scan::{Kind, scan};

/// Characters of a text without concessions: a display name, a content warning.
pub fn chars(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Characters of a text whose links and mentions are shortened: a status, a profile.
pub fn text_chars(text: &str) -> usize {
    let mut counted = String::with_capacity(text.len());
    let mut done = 0;
    for entity in scan(text) {
        let shown = match &entity.kind {
            Kind::Link => "x".repeat(CHARACTERS_PER_URL),
            Kind::Mention(acct) => format!("@{}", acct.username),
            Kind::Tag(_) => continue,
        };
        counted.push_str(&text[done..entity.span.start]);
        counted.push_str(&shown);
        done = entity.span.end;
    }
    counted.push_str(&text[done..]);
    chars(&counted)
}

/// Characters of a status with its content warning (empty if it has none).
pub fn status_chars(text: &str, spoiler: &str) -> usize {
    chars(spoiler) + text_chars(text)
}

/// Whether a status is short enough in characters and in bytes.
pub fn status_fits(text: &str, spoiler: &str) -> bool {
    text.len() + spoiler.len() <= STATUS_BYTES_MAX
        && status_chars(text, spoiler) <= STATUS_CHARS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_what_is_seen_as_one() {
        assert_eq!(chars(""), 0);
        assert_eq!(chars("abc"), 3);
        assert_eq!(chars("e\u{301}"), 1);
        assert_eq!(chars("👩‍👩‍👧‍👦🇫🇷"), 2);
        assert_eq!(chars("\r\n"), 1);
    }

    #[test]
    fn links_and_domains_of_mentions_are_cheap() {
        let url = format!("https://example.com/{}", "a".repeat(100));
        assert_eq!(text_chars(&url), CHARACTERS_PER_URL);
        assert_eq!(text_chars("https://a.io"), CHARACTERS_PER_URL);
        assert_eq!(
            text_chars(&format!("see {url} now")),
            4 + CHARACTERS_PER_URL + 4
        );
        assert_eq!(text_chars("hi @ada@example.com!"), "hi @ada!".len());
        assert_eq!(text_chars("hi @ada!"), "hi @ada!".len());
        assert_eq!(text_chars("a #tag"), 6);
        assert_eq!(
            text_chars("ftp://example.com/x"),
            "ftp://example.com/x".len()
        );
    }

    #[test]
    fn a_status_fits_by_characters_and_by_bytes() {
        let longest = "𝕏".repeat(STATUS_CHARS_MAX);
        assert!(status_fits(&longest, ""));
        assert!(!status_fits(&longest, "a"));
        assert!(!status_fits(&format!("{longest}a"), ""));
        let towering = format!("a{}", "\u{301}".repeat(STATUS_BYTES_MAX / 2));
        assert_eq!(status_chars(&towering, ""), 1);
        assert!(!status_fits(&towering, ""));
    }
}

//! Finds links, mentions and hashtags in plain text, where Mastodon finds them.
//!
//! - A link is `http://` or `https://` and a host with a dot; it does not follow an ASCII letter or
//!   digit, `@`, `$` or `#`. (Unlike Mastodon, a top-level domain in another script than Latin is
//!   known only in its `xn--` form: the finder's limit.)
//! - A mention is `@name` or `@name@domain`, not after a letter, digit, `_`, `/` or `=`, and not
//!   before a further `@`, a Latin accent or `://`. (Mastodon: `Account::MENTION_RE`.)
//! - A hashtag is `#` and letters, digits and `_`, at least one of them a letter, at the start of
//!   the text or after white space; `·`, `・` and a zero-width non-joiner may stand inside.
//!   (Mastodon: `Tag::HASHTAG_RE`.)
//! - Where two overlap, the one that begins first counts.

use std::ops::Range;
use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};
use regex::Regex;
use url::Url;

use crate::limits::TAG_CHARS_MAX;
use crate::text::acct::Acct;
use crate::text::fold;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    pub kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The address is the text of the span.
    Link,
    /// Whether there is such an account is another question.
    Mention(Acct),
    /// The name as it was written, without `#`.
    Tag(String),
}

/// What stands in the text, in its order, without overlaps. Takes time in proportion to its length.
pub fn scan(text: &str) -> Vec<Entity> {
    let mut found = links(text);
    found.extend(mentions(text));
    found.extend(tags(text));
    found.sort_by_key(|entity| (entity.span.start, std::cmp::Reverse(entity.span.end)));
    let mut free_from = 0;
    found.retain(|entity| {
        let is_free = entity.span.start >= free_from;
        if is_free {
            free_from = entity.span.end;
        }
        is_free
    });
    found
}

/// The accounts that a text names, each once, in their order.
pub fn mentioned(text: &str) -> Vec<Acct> {
    let mut named: Vec<Acct> = Vec::new();
    for entity in scan(text) {
        if let Kind::Mention(acct) = entity.kind {
            let is_same = |known: &Acct| {
                known.domain == acct.domain && known.folded_username() == acct.folded_username()
            };
            if !named.iter().any(is_same) {
                named.push(acct);
            }
        }
    }
    named
}

/// The hashtags of a text as written, each (compared folded) once, in their order.
pub fn tagged(text: &str) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut named = Vec::new();
    for entity in scan(text) {
        if let Kind::Tag(name) = entity.kind {
            let folded = fold::tag(&name);
            if !seen.contains(&folded) {
                seen.push(folded);
                named.push(name);
            }
        }
    }
    named
}

/// Whether a text is the name of a hashtag, without `#`.
pub fn is_tag(name: &str) -> bool {
    TAG.find(name)
        .is_some_and(|found| found.end() == name.len())
        && name.chars().count() <= TAG_CHARS_MAX
}

const TOP_LEVEL_CHARS_MIN: usize = 2;

/// `[[:word:]]` and `[[:alpha:]]` of Mastodon's patterns, in Ruby's sense.
const WORD: &str = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}";
const ALPHA: &str = r"\p{Alphabetic}";
const SEPARATORS: &str = r"_\x{B7}\x{30FB}\x{200C}";

static TAG: LazyLock<Regex> = LazyLock::new(|| {
    let inner =
        format!("[{WORD}][{WORD}{SEPARATORS}]*[{ALPHA}{SEPARATORS}][{WORD}{SEPARATORS}]*[{WORD}]");
    let plain = format!("[{WORD}]*[{ALPHA}][{WORD}]*");
    Regex::new(&format!("^(?:{inner}|{plain})")).expect("the pattern is constant")
});

static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    let username = r"[a-zA-Z0-9_]+(?:[.-]+[a-zA-Z0-9_]+)*";
    let domain = format!(r"[{WORD}]+(?:[.-]+[{WORD}]+)*");
    Regex::new(&format!("^@({username}(?:@{domain})?)")).expect("the pattern is constant")
});

static WORD_CHAR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("^[{WORD}]$")).expect("the pattern is constant"));

/// What may not follow a mention (twitter-text: `end_mention_match`).
static MENTION_GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    let accents = r"\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{24F}\x{253}\x{254}\x{256}\x{257}\x{259}\x{25B}\x{263}\x{268}\x{26F}\x{272}\x{289}\x{28B}\x{2BB}\x{300}-\x{36F}\x{1E00}-\x{1EFF}";
    Regex::new(&format!("^(?:[@＠{accents}]|://)")).expect("the pattern is constant")
});

static LINKS: LazyLock<LinkFinder> = LazyLock::new(|| {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(true);
    finder
});

fn links(text: &str) -> Vec<Entity> {
    let found = LINKS.links(text);
    found
        .filter_map(|link| link_within(text, link.start()..link.end()))
        .collect()
}

fn link_within(text: &str, span: Range<usize>) -> Option<Entity> {
    let bars = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '@' | '＠' | '$' | '#' | '＃' | '\u{202A}'..='\u{202E}')
    };
    if text[..span.start].chars().next_back().is_some_and(bars) {
        return None;
    }
    let written = &text[span.clone()];
    let written = &written[..written.find(char::is_whitespace).unwrap_or(written.len())];
    let written = without_text_behind_host(written)?.trim_end_matches(['「', '」']);
    is_web_address(written).then(|| Entity {
        span: span.start..span.start + written.len(),
        kind: Kind::Link,
    })
}

/// Where words are not parted by blanks, text goes on right after a host: `https://example.comです`.
fn without_text_behind_host(written: &str) -> Option<&str> {
    let (scheme, rest) = written.split_once("://")?;
    let host = &rest[..rest.find(['/', '?', '#', ':']).unwrap_or(rest.len())];
    let (before_top, top) = host.rsplit_once('.')?;
    let latin = top.find(|c: char| !c.is_ascii()).unwrap_or(top.len());
    let goes_on = latin >= TOP_LEVEL_CHARS_MIN && latin < top.len();
    let host_end = scheme.len() + "://".len() + before_top.len() + ".".len() + latin;
    Some(if goes_on {
        &written[..host_end]
    } else {
        written
    })
}

/// Whether it is `http` or `https`, of a host with a name under a top-level domain, and nobody's
/// credentials.
fn is_web_address(written: &str) -> bool {
    let Ok(url) = Url::parse(written) else {
        return false;
    };
    let is_named = url
        .domain()
        .and_then(|domain| domain.rsplit_once('.'))
        .is_some_and(|(_, top)| {
            top.len() >= TOP_LEVEL_CHARS_MIN && top.contains(|c: char| c.is_ascii_alphabetic())
        });
    let is_web = matches!(url.scheme(), "http" | "https");
    is_web && is_named && url.username().is_empty() && url.password().is_none()
}

fn mentions(text: &str) -> Vec<Entity> {
    let starts = text.match_indices('@').map(|(start, _)| start);
    starts.filter_map(|start| mention_at(text, start)).collect()
}

fn mention_at(text: &str, start: usize) -> Option<Entity> {
    if let Some(before) = text[..start].chars().next_back() {
        let mut bytes = [0; 4];
        if matches!(before, '/' | '=') || WORD_CHAR.is_match(before.encode_utf8(&mut bytes)) {
            return None;
        }
    }
    let found = MENTION.captures(&text[start..])?.get(1)?;
    let end = start + found.end();
    if MENTION_GOES_ON.is_match(&text[end..]) {
        return None;
    }
    let acct = found.as_str().parse().ok()?;
    Some(Entity {
        span: start..end,
        kind: Kind::Mention(acct),
    })
}

fn tags(text: &str) -> Vec<Entity> {
    let starts = text.match_indices(['#', '＃']);
    starts
        .filter_map(|(start, sign)| tag_at(text, start, sign))
        .collect()
}

fn tag_at(text: &str, start: usize, sign: &str) -> Option<Entity> {
    let before = text[..start].chars().next_back();
    if !before.is_none_or(char::is_whitespace) {
        return None;
    }
    let name = TAG.find(&text[start + sign.len()..])?.as_str();
    let after = &text[start + sign.len() + name.len()..];
    let name = if after.starts_with("://") {
        before_scheme(name)
    } else {
        name
    };
    is_tag(name).then(|| Entity {
        span: start..start + sign.len() + name.len(),
        kind: Kind::Tag(name.to_owned()),
    })
}

/// `#taghttps://…` is the tag `#tag`.
fn before_scheme(name: &str) -> &str {
    let cut = name
        .strip_suffix("https")
        .or_else(|| name.strip_suffix("http"));
    cut.filter(|rest| !rest.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is found, as it stands in the text.
    fn found(text: &str) -> Vec<&str> {
        scan(text)
            .into_iter()
            .map(|entity| &text[entity.span])
            .collect()
    }

    #[test]
    fn links_are_found_where_mastodon_finds_them() {
        for (text, links) in [
            (
                "see https://example.com/a?b=c#d.",
                vec!["https://example.com/a?b=c#d"],
            ),
            ("HTTP://EXAMPLE.com", vec!["HTTP://EXAMPLE.com"]),
            (
                "(https://example.com/a_(b))",
                vec!["https://example.com/a_(b)"],
            ),
            ("<https://example.com>", vec!["https://example.com"]),
            (
                "https://example.com:8080/x",
                vec!["https://example.com:8080/x"],
            ),
            ("https://bücher.example/ü", vec!["https://bücher.example/ü"]),
            (
                "https://xn--e1afmkfd.xn--p1ai/путь",
                vec!["https://xn--e1afmkfd.xn--p1ai/путь"],
            ),
            ("見てhttps://example.comです", vec!["https://example.com"]),
            (
                "https://example.com/日本語　次",
                vec!["https://example.com/日本語"],
            ),
            (
                "https://example.com/@ada/1",
                vec!["https://example.com/@ada/1"],
            ),
            (
                "https://a.example https://b.example",
                vec!["https://a.example", "https://b.example"],
            ),
            ("https://localhost:3000/x", vec![]),
            ("https://127.0.0.1/x", vec![]),
            ("https://ada@example.com/", vec![]),
            ("example.com", vec![]),
            ("xhttps://example.com", vec![]),
            ("ftp://example.com/x", vec![]),
            ("javascript://example.com/x", vec![]),
            ("https://", vec![]),
            ("https://\u{3347a}a.example", vec![]),
            ("https://example.com:99999/", vec![]),
            ("https:// example.com", vec![]),
        ] {
            assert_eq!(found(text), links, "{text}");
        }
    }

    #[test]
    fn mentions_are_found_where_mastodon_finds_them() {
        for (text, mentions) in [
            ("@ada hello", vec!["@ada"]),
            (
                "hello @Ada, @bob@example.com!",
                vec!["@Ada", "@bob@example.com"],
            ),
            ("(@ada)", vec!["@ada"]),
            ("@ada.", vec!["@ada"]),
            ("@ada.b-c", vec!["@ada.b-c"]),
            ("@bob@example.com.", vec!["@bob@example.com"]),
            ("@bob@bücher.example", vec!["@bob@bücher.example"]),
            ("こんにちは @ada さん", vec!["@ada"]),
            ("\n@ada\n", vec!["@ada"]),
            (".@ada", vec!["@ada"]),
            ("ada@example.com", vec![]),
            ("さん@ada", vec![]),
            ("/@ada", vec![]),
            ("x=@ada", vec![]),
            ("@", vec![]),
            ("@@ada", vec!["@ada"]),
            ("@ada@", vec![]),
            ("@adaé", vec![]),
            ("@ada://", vec![]),
        ] {
            assert_eq!(found(text), mentions, "{text}");
        }
    }

    #[test]
    fn hashtags_are_found_where_mastodon_finds_them() {
        for (text, tags) in [
            ("#petrel", vec!["#petrel"]),
            ("a #Petrel_2, #x.", vec!["#Petrel_2", "#x"]),
            ("＃ペトレル です", vec!["＃ペトレル"]),
            ("#日本語タグ", vec!["#日本語タグ"]),
            (
                "#एक #สวัสดี #привет #café",
                vec!["#एक", "#สวัสดี", "#привет", "#café"],
            ),
            ("#one·two", vec!["#one·two"]),
            ("#100club #20_24 #2024_", vec!["#100club", "#20_24"]),
            ("#tag's", vec!["#tag"]),
            ("#a#b", vec!["#a"]),
            ("#123", vec![]),
            ("#", vec![]),
            ("# x", vec![]),
            ("#·x", vec![]),
            ("x#y", vec![]),
            ("/#y", vec![]),
            ("https://example.com/#y", vec!["https://example.com/#y"]),
            ("#tag://x", vec!["#tag"]),
            ("#taghttps://example.com", vec!["#tag"]),
            ("#1https://example.com", vec![]),
        ] {
            assert_eq!(found(text), tags, "{text}");
        }
        let longest = format!("#{}", "ä".repeat(TAG_CHARS_MAX));
        assert_eq!(found(&longest), [longest.as_str()]);
        assert_eq!(found(&format!("{longest}a")), [""; 0]);
    }

    #[test]
    fn each_is_named_once() {
        let accounts: Vec<String> = mentioned("@Ada @ada @ada@Example.com @ada@example.com")
            .iter()
            .map(Acct::to_string)
            .collect();
        assert_eq!(accounts, ["Ada", "ada@example.com"]);
        assert_eq!(tagged("#Café #cafe #CAFE #tea"), ["Café", "tea"]);
        assert!(is_tag("tea") && !is_tag("1") && !is_tag("a b") && !is_tag("#a") && !is_tag(""));
    }

    proptest! {
        #[test]
        fn spans_are_in_order_apart_and_whole(
            parts in proptest::collection::vec(
                prop_oneof![
                    any::<char>().prop_map(String::from),
                    proptest::sample::select(vec!["@ada", "@b@c.de", "#tag", "https://a.bc/d", " ", "#", "@", "://", "é", "日"]).prop_map(str::to_owned),
                ],
                0..40,
            ),
        ) {
            let text = parts.concat();
            let mut free_from = 0;
            for entity in scan(&text) {
                prop_assert!(entity.span.start >= free_from && entity.span.end > entity.span.start);
                let written = text.get(entity.span.clone()).expect("spans lie between characters");
                match entity.kind {
                    Kind::Link => prop_assert!(written.contains("://")),
                    Kind::Mention(_) => prop_assert!(written.starts_with('@')),
                    Kind::Tag(name) => prop_assert!(written.ends_with(&name) && is_tag(&name)),
                }
                free_from = entity.span.end;
            }
        }
    }
}

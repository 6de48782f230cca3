//! Finds `:shortcodes:` of custom emojis in plain text, where Mastodon finds them
//! (`CustomEmoji::SCAN_RE`): two colons around ASCII letters, digits and `_`, neither of them next
//! to a letter, mark, digit or further colon outside.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::limits::{SHORTCODE_CHARS_MAX, SHORTCODE_CHARS_MIN};

/// One shortcode in a text. Whether there is such an emoji is another question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortcode<'a> {
    /// Where it stands with its colons, in bytes.
    pub span: Range<usize>,
    /// Without colons.
    pub name: &'a str,
}

/// The shortcodes of a text, in their order. Takes time in proportion to its length.
pub fn shortcodes(text: &str) -> Vec<Shortcode<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(':').map(|at| from + at) {
        match shortcode_at(text, start) {
            Some(shortcode) => {
                from = shortcode.span.end;
                found.push(shortcode);
            }
            None => from = start + 1,
        }
    }
    found
}

/// Whether an emoji can have this name.
pub fn is_shortcode(name: &str) -> bool {
    (SHORTCODE_CHARS_MIN..=SHORTCODE_CHARS_MAX).contains(&name.len())
        && name.bytes().all(may_stand_inside)
}

fn may_stand_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn shortcode_at(text: &str, start: usize) -> Option<Shortcode<'_>> {
    if text[..start].chars().next_back().is_some_and(bars) {
        return None;
    }
    let inside = &text[start + 1..];
    let length = inside.bytes().position(|byte| !may_stand_inside(byte))?;
    let name = &inside[..length];
    let after = inside[length..].strip_prefix(':')?;
    if !is_shortcode(name) || after.chars().next().is_some_and(bars) {
        return None;
    }
    Some(Shortcode {
        span: start..start + 1 + length + 1,
        name,
    })
}

/// What may not stand beside one.
fn bars(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == ':';
    }
    ALNUM.is_match(c.encode_utf8(&mut [0; 4]))
}

/// `[[:alnum:]]` of Mastodon's pattern, in Ruby's sense.
static ALNUM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{Nd}]$").expect("the pattern is constant"));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let found = shortcodes(text);
        found.into_iter().map(|shortcode| shortcode.name).collect()
    }

    #[test]
    fn shortcodes_are_found_where_mastodon_finds_them() {
        for (text, expected) in [
            (":coolcat:", vec!["coolcat"]),
            (":Cool_Cat2: :coolcat:", vec!["Cool_Cat2", "coolcat"]),
            ("a :coolcat: b", vec!["coolcat"]),
            ("(:coolcat:), :x1:!", vec!["coolcat", "x1"]),
            ("\n:coolcat:\n", vec!["coolcat"]),
            (":coolcat:_", vec!["coolcat"]),
            ("_:coolcat:", vec!["coolcat"]),
            ("🐈:coolcat:🐈", vec!["coolcat"]),
            (": :coolcat:", vec!["coolcat"]),
            (":a b:coolcat: :ok:", vec!["ok"]),
            (":coolcat::coolcat:", vec![]),
            ("::coolcat:", vec![]),
            (":coolcat::", vec![]),
            ("a:coolcat:", vec![]),
            ("é:coolcat:", vec![]),
            ("見:coolcat:", vec![]),
            (":coolcat:1", vec![]),
            (":coolcat:ü", vec![]),
            ("٣:coolcat:", vec![]),
            (":coolcat", vec![]),
            (":c:", vec![]),
            (":cool-cat:", vec![]),
            (":cöolcat:", vec![]),
            ("12:30:45", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn names_have_their_lengths() {
        assert!(is_shortcode("ab") && is_shortcode("_1"));
        assert!(!is_shortcode("a") && !is_shortcode("") && !is_shortcode("a b"));
        let longest = "a".repeat(SHORTCODE_CHARS_MAX);
        assert!(is_shortcode(&longest) && !is_shortcode(&format!("{longest}a")));
    }

    /// The pattern as it is written in Mastodon, by trying every place: the finder knows no pattern
    /// that looks behind.
    fn naive(text: &str) -> Vec<(usize, usize)> {
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let is_free = |c: Option<&(usize, char)>| c.is_none_or(|(_, c)| !bars(*c));
        let mut found = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let is_begin = chars[at].1 == ':' && (at == 0 || is_free(chars.get(at - 1)));
            let inside = chars[at + 1..]
                .iter()
                .take_while(|(_, c)| c.is_ascii_alphanumeric() || *c == '_')
                .count();
            let end = at + 1 + inside;
            let is_end = chars.get(end).is_some_and(|(_, c)| *c == ':');
            let is_long = (SHORTCODE_CHARS_MIN..=SHORTCODE_CHARS_MAX).contains(&inside);
            if is_begin && is_end && is_long && is_free(chars.get(end + 1)) {
                found.push((chars[at].0, chars[end].0 + 1));
                at = end;
            }
            at += 1;
        }
        found
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_the_pattern_says(
            parts in proptest::collection::vec(
                prop_oneof![
                    any::<char>().prop_map(String::from),
                    proptest::sample::select(vec![":", "::", ":cat:", "cat", ":a:", "_", " ", "é", "\n"]).prop_map(str::to_owned),
                ],
                0..40,
            ),
        ) {
            let text = parts.concat();
            let found = shortcodes(&text);
            for shortcode in &found {
                prop_assert_eq!(&text[shortcode.span.clone()], format!(":{}:", shortcode.name));
            }
            let spans: Vec<_> = found.iter().map(|one| (one.span.start, one.span.end)).collect();
            prop_assert_eq!(spans, naive(&text));
        }
    }
}

//! Many keywords looked for in a text in one pass, as Mastodon's filters compare them: whatever
//! the case, and a whole word only where no letter, mark, digit or `_` continues it.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use unicode_normalization::char::is_combining_mark;

/// Places looked at in one text. Keywords that contain one another many times over would find
/// more in a text made for them, millions in the longest; what was found until then counts. Whoever
/// filters so, and reads forty such statuses, costs some tens of milliseconds.
const PLACES_MAX: usize = 20_000;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Keyword<'a> {
    /// Those of one group are looked for together.
    pub group: usize,
    pub text: &'a str,
    pub whole_word: bool,
}

/// Keywords made ready to be looked for.
#[derive(Debug, Default)]
pub struct Keywords {
    automaton: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
    /// One more than the greatest of them.
    groups: usize,
}

#[derive(Debug)]
struct Pattern {
    group: usize,
    /// It must begin where a word does, and end where one does.
    at_begin: bool,
    at_end: bool,
}

/// Where a keyword stands in a text.
#[derive(Clone, Copy)]
struct Place {
    folded_begin: usize,
    begin: usize,
    end: usize,
    /// Of the keyword.
    number: usize,
}

impl Keywords {
    pub fn of<'a>(keywords: impl IntoIterator<Item = Keyword<'a>>) -> Keywords {
        let mut patterns = Vec::new();
        let mut folded = Vec::new();
        for keyword in keywords.into_iter().filter(|one| !one.text.is_empty()) {
            let mut chars = keyword.text.chars();
            // Where the keyword itself has no word at its edge, there is no boundary to keep.
            let (first, last) = (chars.clone().next(), chars.next_back());
            patterns.push(Pattern {
                group: keyword.group,
                at_begin: keyword.whole_word && first.is_some_and(is_of_word),
                at_end: keyword.whole_word && last.is_some_and(is_of_word),
            });
            folded.push(keyword.text.chars().flat_map(char::to_lowercase).collect());
        }
        let groups = patterns.iter().map(|pattern| pattern.group + 1);
        Keywords {
            automaton: automaton(&folded),
            groups: groups.max().unwrap_or(0),
            patterns,
        }
    }

    /// The first place of each group that is found, as it stands in the text; where several
    /// keywords begin there, that of the first one. In the order of groups.
    pub fn find<'t>(&self, text: &'t str) -> Vec<(usize, &'t str)> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let folded = Folded::of(text);
        let mut found: Vec<Option<Place>> = vec![None; self.groups];
        for place in automaton
            .find_overlapping_iter(&folded.text)
            .take(PLACES_MAX)
        {
            let number = place.pattern().as_usize();
            let pattern = &self.patterns[number];
            let known = &mut found[pattern.group];
            // Most places of a text made for its keywords are passed over here, at little cost.
            if known.is_some_and(|known| place.start() > known.folded_begin) {
                continue;
            }
            let (begin, end) = folded.within(place.start(), place.end());
            if pattern.at_begin && text[..begin].chars().next_back().is_some_and(is_of_word)
                || pattern.at_end && text[end..].chars().next().is_some_and(is_of_word)
            {
                continue;
            }
            if known.is_none_or(|known| (begin, number) < (known.begin, known.number)) {
                *known = Some(Place {
                    folded_begin: place.start(),
                    begin,
                    end,
                    number,
                });
            }
        }
        let found = found.into_iter().enumerate();
        found
            .filter_map(|(group, place)| Some((group, place?)))
            .map(|(group, place)| (group, &text[place.begin..place.end]))
            .collect()
    }
}

fn automaton(folded: &[String]) -> Option<AhoCorasick> {
    if folded.is_empty() {
        return None;
    }
    // The smallest kind: it is built for each viewer, and kept.
    let mut builder = AhoCorasick::builder();
    let built = builder
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(folded);
    // It fails only for more than two thousand million states.
    built.ok()
}

/// Ruby's `[[:word:]]`, near enough.
fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || is_combining_mark(letter)
}

/// A text in lower case, and where each of its characters was.
struct Folded {
    text: String,
    /// Where a character begins in the folded text, and where in the original. Sorted.
    begins: Vec<(usize, usize)>,
    original_bytes: usize,
}

impl Folded {
    fn of(text: &str) -> Folded {
        let mut folded = Folded {
            text: String::with_capacity(text.len()),
            begins: Vec::with_capacity(text.len()),
            original_bytes: text.len(),
        };
        for (at, letter) in text.char_indices() {
            folded.begins.push((folded.text.len(), at));
            folded.text.extend(letter.to_lowercase());
        }
        folded
    }

    /// A place of the folded text in the original, in whole characters.
    fn within(&self, begin: usize, end: usize) -> (usize, usize) {
        let after = self.begins.partition_point(|(folded, _)| *folded <= begin);
        let begin = self.begins[..after].last().map_or(0, |(_, at)| *at);
        let after = self.begins.partition_point(|(folded, _)| *folded < end);
        let end = self
            .begins
            .get(after)
            .map_or(self.original_bytes, |one| one.1);
        (begin, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(keywords: &[(&str, bool)], text: &str) -> Option<String> {
        let keywords = keywords.iter().map(|(text, whole_word)| Keyword {
            group: 0,
            text,
            whole_word: *whole_word,
        });
        let found = Keywords::of(keywords).find(text);
        assert!(found.len() <= 1);
        found.first().map(|(_, text)| (*text).to_owned())
    }

    #[test]
    fn whole_words_are_kept_whole() {
        let word = |text| found(&[("cat", true)], text);
        assert_eq!(word("A Cat!"), Some("Cat".to_owned()));
        for apart in [
            "concat",
            "cats",
            "cat_",
            "_cat",
            "cat9",
            "écat",
            "caté",
            "cat\u{301}",
        ] {
            assert_eq!(word(apart), None, "{apart}");
            assert!(found(&[("cat", false)], apart).is_some(), "{apart}");
        }
        for whole in [
            "cat",
            "(cat)",
            "a cat, no",
            "cat-like",
            "#cat",
            "@cat",
            "concat cat",
        ] {
            assert_eq!(word(whole), Some("cat".to_owned()), "{whole}");
        }
        // There is no word at the edge that could be continued.
        assert_eq!(found(&[("#cat", true)], "my#cat"), Some("#cat".to_owned()));
        assert_eq!(found(&[("cat!", true)], "cat!s"), Some("cat!".to_owned()));
    }

    #[test]
    fn the_case_does_not_matter_in_any_script() {
        for (keyword, text, place) in [
            ("straße", "Die STRAßE da", "STRAßE"),
            ("ΟΔΟΣ", "η οδοσ", "οδοσ"),
            ("Привет", "ПРИВЕТ, мир", "ПРИВЕТ"),
            ("i", "İstanbul", "İ"),
            ("猫", "黒猫", "猫"),
        ] {
            assert_eq!(
                found(&[(keyword, false)], text),
                Some(place.to_owned()),
                "{keyword}"
            );
        }
    }

    #[test]
    fn what_comes_first_in_the_text_counts_and_then_the_first_keyword() {
        let both = [("long gull", true), ("gull", true)];
        assert_eq!(found(&both, "a gull, a long gull"), Some("gull".to_owned()));
        assert_eq!(found(&both, "a long gull"), Some("long gull".to_owned()));
        let nested = [("sea", false), ("seagull", false)];
        assert_eq!(found(&nested, "a seagull"), Some("sea".to_owned()));
    }

    #[test]
    fn a_text_made_for_its_keywords_is_not_read_for_ever() {
        let runs: Vec<String> = (1..=250).map(|length| "a".repeat(length)).collect();
        let of = |whole_word| {
            Keywords::of(runs.iter().enumerate().map(|(at, run)| Keyword {
                group: at % 100,
                text: run,
                whole_word,
            }))
        };
        let text = "a".repeat(8_192);
        let found = of(false).find(&text);
        assert_eq!(found.len(), 100);
        assert_eq!((found[0], found[99].1.len()), ((0, "a"), 100));
        assert_eq!(of(true).find(&text), []);
    }

    #[test]
    fn groups_are_found_in_one_pass() {
        let keywords = [(2, "tern"), (0, "gull"), (1, "auk")].map(|(group, text)| Keyword {
            group,
            text,
            whole_word: true,
        });
        let keywords = Keywords::of(keywords);
        assert_eq!(keywords.find("tern and Gull"), [(0, "Gull"), (2, "tern")]);
        assert_eq!(keywords.find(""), []);
        assert_eq!(Keywords::of([]).find("gull"), []);
    }
}

//! The forms in which names, hashtags and words are compared. Folding twice changes nothing.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::limits::{SEARCH_WORD_BYTES_MAX, SEARCH_WORDS_MAX};

/// The last letter of Latin Extended-A. Up to here Mastodon writes hashtags without accents.
const ACCENTS_DROPPED_UP_TO: char = '\u{17F}';

/// User names are ASCII and equal regardless of case.
pub fn username(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Hashtags are equal regardless of width, case and the accents of Latin letters, as in Mastodon:
/// `#Café`, `#cafe` and `#ＣＡＦＥ` are one. A leading `#` is not expected here.
pub fn tag(text: &str) -> String {
    let compatible = text.nfkc().flat_map(char::to_lowercase).nfkc();
    let mut has_lost_one = false;
    let bare = compatible.filter_map(|c| {
        // A letter that has lost one accent loses its others too: the next folding would join
        // them to what is left of it.
        if has_lost_one && is_combining_mark(c) {
            return None;
        }
        let plain = without_accent(c);
        has_lost_one = plain != c;
        Some(plain)
    });
    bare.collect()
}

/// Words are equal regardless of width, case and every mark on a letter, so that what is typed
/// in a hurry finds what was written with care.
pub fn word(text: &str) -> String {
    let decomposed = text.nfkd().flat_map(char::to_lowercase).nfkd();
    let bare = decomposed.filter(|c| !is_combining_mark(*c));
    // The same letter at a word's end.
    bare.map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// The words of a display name or of a search query, folded, each once, in their order.
pub fn words(text: &str) -> Vec<String> {
    let folded = word(text);
    let mut words: Vec<String> = Vec::new();
    for part in folded.split(|c: char| !c.is_alphanumeric()) {
        let part = shortened(part);
        if !part.is_empty() && !words.iter().any(|word| word == part) {
            words.push(part.to_owned());
        }
        if words.len() == SEARCH_WORDS_MAX {
            break;
        }
    }
    words
}

fn shortened(word: &str) -> &str {
    let mut end = word.len().min(SEARCH_WORD_BYTES_MAX);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    &word[..end]
}

fn without_accent(c: char) -> char {
    match c {
        c if c.is_ascii() || c > ACCENTS_DROPPED_UP_TO => c,
        'ð' | 'đ' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ĸ' => 'k',
        'ł' => 'l',
        'ŋ' => 'n',
        'ø' => 'o',
        'ŧ' => 't',
        c => c.nfd().next().filter(char::is_ascii_lowercase).unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hashtags_fold_as_mastodon_folds_them() {
        for (written, folded) in [
            ("Petrel", "petrel"),
            ("ＰＥＴＲＥＬ１", "petrel1"),
            ("Café", "cafe"),
            ("Cafe\u{301}", "cafe"),
            ("Größe", "große"),
            ("ŁódźØ", "lodzo"),
            ("Привет", "привет"),
            ("日本語", "日本語"),
            ("ガ", "ガ"),
            ("ｶﾞ", "ガ"),
            ("ΟΔΟΣ", "οδοσ"),
            ("สวัสดี", "สวัสดี"),
            ("é\u{301}", "e"),
            ("ł\u{301}", "l"),
            ("é\u{331}\u{309}t\u{331}é", "eṯe"),
        ] {
            assert_eq!(tag(written), folded, "{written}");
        }
    }

    #[test]
    fn words_lose_case_width_and_marks() {
        assert_eq!(
            words("Dr. Ada  Lovelace-KING, ada"),
            ["dr", "ada", "lovelace", "king"]
        );
        assert_eq!(words("Ångström Ｅ́ clair"), ["angstrom", "e", "clair"]);
        assert_eq!(words("ὈΔΥΣΣΕΎΣ"), words("οδυσσευς"));
        assert_eq!(words(" ⭐ "), [""; 0]);
        assert_eq!(words("İstanbul"), ["istanbul"]);
    }

    #[test]
    fn words_are_bounded() {
        let text: String = (0..1_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(words(&text).len(), SEARCH_WORDS_MAX);
        assert!(words(&"ж".repeat(1_000))[0].len() <= SEARCH_WORD_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            for fold in [username, tag, word] {
                prop_assert_eq!(fold(&fold(&text)), fold(&text));
            }
        }

        #[test]
        fn nor_where_letters_have_several_accents(text in "[a-zA-ZÀ-ſ\u{300}-\u{36F}]{0,8}") {
            for fold in [username, tag, word] {
                prop_assert_eq!(fold(&fold(&text)), fold(&text));
            }
        }
    }
}

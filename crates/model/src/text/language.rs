//! The languages that a status may be in, as Mastodon lists them: ISO 639-1, some of ISO 639-3,
//! and the regional kinds of Chinese.

use std::fmt;

/// A known language, small and cheap to copy. Its number is this build's own: store the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

#[rustfmt::skip]
const CODES: [&str; 208] = [
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg",
    "bh", "bi", "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv",
    "cy", "da", "de", "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi",
    "fj", "fo", "fr", "fy", "ga", "gd", "gl", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht",
    "hu", "hy", "hz", "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv",
    "ka", "kg", "ki", "kj", "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky",
    "la", "lb", "lg", "li", "ln", "lo", "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn",
    "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny",
    "oc", "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru",
    "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sn", "so", "sq", "sr", "ss", "st",
    "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr", "ts", "tt",
    "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "za",
    "zh", "zu",
    "zh-CN", "zh-HK", "zh-TW", "zh-YUE",
    "ast", "chr", "ckb", "cnr", "csb", "gsw", "jbo", "kab", "ldn", "lfn", "moh", "nds", "pdc",
    "sco", "sma", "smj", "szl", "tok", "vai", "xal", "zba", "zgh",
];

impl Language {
    /// Reads a code in any case. A region or script that is not listed is dropped (`en-GB` is
    /// `en`), and what is then unknown is None.
    pub fn parse(code: &str) -> Option<Language> {
        let base = code.split(['-', '_']).next().unwrap_or(code);
        Language::find(&code.replace('_', "-")).or_else(|| Language::find(base))
    }

    /// The first code that is known: what the status says, else what its author usually writes.
    pub fn first_of<'a>(codes: impl IntoIterator<Item = &'a str>) -> Option<Language> {
        codes.into_iter().find_map(Language::parse)
    }

    /// The code as it is stored and sent.
    pub fn code(self) -> &'static str {
        CODES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// This language's number, for compact memory only: another build may number differently.
    pub fn number(self) -> u8 {
        self.0
    }

    pub fn from_number(number: u8) -> Option<Language> {
        (usize::from(number) < CODES.len()).then_some(Language(number))
    }

    pub fn all() -> impl Iterator<Item = Language> {
        (0..CODES.len()).filter_map(|place| u8::try_from(place).ok().map(Language))
    }

    fn find(code: &str) -> Option<Language> {
        let place = CODES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(code))?;
        u8::try_from(place).ok().map(Language)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back() {
        for language in Language::all() {
            assert_eq!(Language::parse(language.code()), Some(language));
            assert_eq!(Language::from_number(language.number()), Some(language));
        }
        assert_eq!(Language::all().count(), CODES.len());
        assert_eq!(Language::from_number(u8::MAX), None);
    }

    #[test]
    fn unknown_regions_are_dropped_and_unknown_languages_refused() {
        let code = |text| Language::parse(text).map(Language::code);
        assert_eq!(code("en-GB"), Some("en"));
        assert_eq!(code("pt_BR"), Some("pt"));
        assert_eq!(code("ZH-tw"), Some("zh-TW"));
        assert_eq!(code("zh-Hant"), Some("zh"));
        assert_eq!(code("DE"), Some("de"));
        for unknown in ["", "xx", "und", "english", "-", "en\0", "e"] {
            assert_eq!(code(unknown), None, "{unknown:?}");
        }
        assert_eq!(Language::first_of(["xx", "", "fr"]), Language::parse("fr"));
    }
}

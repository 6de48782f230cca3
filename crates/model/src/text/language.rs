//! The languages that a status may be in, as Mastodon lists them: ISO 639-1, some of ISO 639-3,
//! and the regional kinds of Chinese.

use std::fmt;

/// A known language, small and cheap to copy. Its number is this build's own: store the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

/// Each with its English name.
#[rustfmt::skip]
const KNOWN: [(&str, &str); 208] = [
    ("aa", "Afar"), ("ab", "Abkhazian"), ("ae", "Avestan"), ("af", "Afrikaans"), ("ak", "Akan"),
    ("am", "Amharic"), ("an", "Aragonese"), ("ar", "Arabic"), ("as", "Assamese"), ("av", "Avaric"),
    ("ay", "Aymara"), ("az", "Azerbaijani"), ("ba", "Bashkir"), ("be", "Belarusian"),
    ("bg", "Bulgarian"), ("bh", "Bihari"), ("bi", "Bislama"), ("bm", "Bambara"), ("bn", "Bengali"),
    ("bo", "Tibetan"), ("br", "Breton"), ("bs", "Bosnian"), ("ca", "Catalan"), ("ce", "Chechen"),
    ("ch", "Chamorro"), ("co", "Corsican"), ("cr", "Cree"), ("cs", "Czech"),
    ("cu", "Church Slavonic"), ("cv", "Chuvash"), ("cy", "Welsh"), ("da", "Danish"),
    ("de", "German"), ("dv", "Divehi"), ("dz", "Dzongkha"), ("ee", "Ewe"), ("el", "Greek"),
    ("en", "English"), ("eo", "Esperanto"), ("es", "Spanish"), ("et", "Estonian"), ("eu", "Basque"),
    ("fa", "Persian"), ("ff", "Fula"), ("fi", "Finnish"), ("fj", "Fijian"), ("fo", "Faroese"),
    ("fr", "French"), ("fy", "Western Frisian"), ("ga", "Irish"), ("gd", "Scottish Gaelic"),
    ("gl", "Galician"), ("gu", "Gujarati"), ("gv", "Manx"), ("ha", "Hausa"), ("he", "Hebrew"),
    ("hi", "Hindi"), ("ho", "Hiri Motu"), ("hr", "Croatian"), ("ht", "Haitian"),
    ("hu", "Hungarian"), ("hy", "Armenian"), ("hz", "Herero"), ("ia", "Interlingua"),
    ("id", "Indonesian"), ("ie", "Interlingue"), ("ig", "Igbo"), ("ii", "Nuosu"), ("ik", "Inupiaq"),
    ("io", "Ido"), ("is", "Icelandic"), ("it", "Italian"), ("iu", "Inuktitut"), ("ja", "Japanese"),
    ("jv", "Javanese"), ("ka", "Georgian"), ("kg", "Kongo"), ("ki", "Kikuyu"), ("kj", "Kwanyama"),
    ("kk", "Kazakh"), ("kl", "Kalaallisut"), ("km", "Khmer"), ("kn", "Kannada"), ("ko", "Korean"),
    ("kr", "Kanuri"), ("ks", "Kashmiri"), ("ku", "Kurdish"), ("kv", "Komi"), ("kw", "Cornish"),
    ("ky", "Kyrgyz"), ("la", "Latin"), ("lb", "Luxembourgish"), ("lg", "Ganda"),
    ("li", "Limburgish"), ("ln", "Lingala"), ("lo", "Lao"), ("lt", "Lithuanian"),
    ("lu", "Luba-Katanga"), ("lv", "Latvian"), ("mg", "Malagasy"), ("mh", "Marshallese"),
    ("mi", "Māori"), ("mk", "Macedonian"), ("ml", "Malayalam"), ("mn", "Mongolian"),
    ("mr", "Marathi"), ("ms", "Malay"), ("mt", "Maltese"), ("my", "Burmese"), ("na", "Nauru"),
    ("nb", "Norwegian Bokmål"), ("nd", "Northern Ndebele"), ("ne", "Nepali"), ("ng", "Ndonga"),
    ("nl", "Dutch"), ("nn", "Norwegian Nynorsk"), ("no", "Norwegian"), ("nr", "Southern Ndebele"),
    ("nv", "Navajo"), ("ny", "Chichewa"), ("oc", "Occitan"), ("oj", "Ojibwe"), ("om", "Oromo"),
    ("or", "Odia"), ("os", "Ossetian"), ("pa", "Punjabi"), ("pi", "Pali"), ("pl", "Polish"),
    ("ps", "Pashto"), ("pt", "Portuguese"), ("qu", "Quechua"), ("rm", "Romansh"), ("rn", "Rundi"),
    ("ro", "Romanian"), ("ru", "Russian"), ("rw", "Kinyarwanda"), ("sa", "Sanskrit"),
    ("sc", "Sardinian"), ("sd", "Sindhi"), ("se", "Northern Sami"), ("sg", "Sango"),
    ("si", "Sinhala"), ("sk", "Slovak"), ("sl", "Slovenian"), ("sn", "Shona"), ("so", "Somali"),
    ("sq", "Albanian"), ("sr", "Serbian"), ("ss", "Swati"), ("st", "Southern Sotho"),
    ("su", "Sundanese"), ("sv", "Swedish"), ("sw", "Swahili"), ("ta", "Tamil"), ("te", "Telugu"),
    ("tg", "Tajik"), ("th", "Thai"), ("ti", "Tigrinya"), ("tk", "Turkmen"), ("tl", "Tagalog"),
    ("tn", "Tswana"), ("to", "Tongan"), ("tr", "Turkish"), ("ts", "Tsonga"), ("tt", "Tatar"),
    ("tw", "Twi"), ("ty", "Tahitian"), ("ug", "Uyghur"), ("uk", "Ukrainian"), ("ur", "Urdu"),
    ("uz", "Uzbek"), ("ve", "Venda"), ("vi", "Vietnamese"), ("vo", "Volapük"), ("wa", "Walloon"),
    ("wo", "Wolof"), ("xh", "Xhosa"), ("yi", "Yiddish"), ("yo", "Yoruba"), ("za", "Zhuang"),
    ("zh", "Chinese"), ("zu", "Zulu"), ("zh-CN", "Chinese (China)"),
    ("zh-HK", "Chinese (Hong Kong)"), ("zh-TW", "Chinese (Taiwan)"), ("zh-YUE", "Cantonese"),
    ("ast", "Asturian"), ("chr", "Cherokee"), ("ckb", "Central Kurdish"), ("cnr", "Montenegrin"),
    ("csb", "Kashubian"), ("gsw", "Swiss German"), ("jbo", "Lojban"), ("kab", "Kabyle"),
    ("ldn", "Láadan"), ("lfn", "Lingua Franca Nova"), ("moh", "Mohawk"), ("nds", "Low German"),
    ("pdc", "Pennsylvania German"), ("sco", "Scots"), ("sma", "Southern Sami"),
    ("smj", "Lule Sami"), ("szl", "Silesian"), ("tok", "Toki Pona"), ("vai", "Vai"),
    ("xal", "Kalmyk"), ("zba", "Balaibalan"), ("zgh", "Standard Moroccan Tamazight"),
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
        self.known().0
    }

    /// What it is called in English.
    pub fn name(self) -> &'static str {
        self.known().1
    }

    /// This language's number, for compact memory only: another build may number differently.
    pub fn number(self) -> u8 {
        self.0
    }

    pub fn from_number(number: u8) -> Option<Language> {
        (usize::from(number) < KNOWN.len()).then_some(Language(number))
    }

    pub fn all() -> impl Iterator<Item = Language> {
        (0..KNOWN.len()).filter_map(|place| u8::try_from(place).ok().map(Language))
    }

    fn known(self) -> (&'static str, &'static str) {
        KNOWN.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    fn find(code: &str) -> Option<Language> {
        let place = KNOWN
            .iter()
            .position(|(known, _)| known.eq_ignore_ascii_case(code))?;
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
            assert!(!language.name().is_empty(), "{language}");
        }
        assert_eq!(Language::all().count(), KNOWN.len());
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

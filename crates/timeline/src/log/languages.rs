use petrel_model::text::language::Language;

const LETTERS: usize = 26;

/// Languages by their code. Nearly all codes have two letters and are found at once.
pub(crate) struct Languages {
    of_two: Box<[Option<Language>]>,
}

impl Languages {
    pub(crate) fn new() -> Languages {
        let mut of_two = vec![None; LETTERS * LETTERS].into_boxed_slice();
        for language in Language::all() {
            if let Some(place) = place(language.code()) {
                of_two[place] = Some(language);
            }
        }
        Languages { of_two }
    }

    pub(crate) fn parse(&self, code: &str) -> Option<Language> {
        match place(code) {
            _ if code.is_empty() => None,
            Some(place) => self.of_two[place],
            None => Language::parse(code),
        }
    }
}

fn place(code: &str) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a'));
    match code.as_bytes() {
        [first, second] => Some(letter(*first)? * LETTERS + letter(*second)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_what_the_model_says() {
        let languages = Languages::new();
        let known = Language::all().map(|language| language.code());
        for code in known.chain(["", "en-GB", "EN", "xx", "zz", "e", "??", "日"]) {
            assert_eq!(languages.parse(code), Language::parse(code), "{code:?}");
        }
    }
}

//! What people write: finding things in it, counting it, comparing it, showing it.

pub mod acct;
pub mod count;
pub mod emoji;
pub mod fold;
pub mod html;
pub mod keywords;
pub mod language;
pub mod sanitize;
pub mod scan;
pub mod username;

/// A text as it is kept: without blank edges, with `\n` for every kind of line break, and without
/// control characters, which HTML and JSON readers choke on.
pub fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: String = text.chars().filter(kept).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn a_tidy_text_has_no_blank_edges_and_no_control_characters() {
        assert_eq!(
            tidy(" \n a\0b\r\nc\rd\u{7f}\te\u{200D} \u{3000}"),
            "ab\nc\nd\te\u{200D}"
        );
        assert_eq!(tidy(" \u{1}\t\n"), "");
    }
}

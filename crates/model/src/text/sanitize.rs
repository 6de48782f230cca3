//! HTML that comes from outside: cleaned by Mastodon's list of what is allowed, or turned into text.

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

const TAGS: [&str; 20] = [
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "ul",
    "ol",
    "li",
    "ruby",
    "rt",
    "rp",
];
const SCHEMES: [&str; 11] = [
    "http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini",
];
/// Classes with a meaning; those of microformats are known by how they begin.
const CLASSES: [&str; 5] = [
    "mention",
    "hashtag",
    "ellipsis",
    "invisible",
    "quote-inline",
];
const CLASS_BEGINNINGS: [&str; 5] = ["h-", "p-", "u-", "dt-", "e-"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .add_tags(TAGS)
        .add_generic_attributes(["lang"])
        .add_tag_attributes("a", ["href", "class", "translate"])
        .add_tag_attributes("span", ["class", "translate"])
        .add_tag_attributes("p", ["class"])
        .add_tag_attributes("ol", ["start", "reversed"])
        .add_tag_attributes("li", ["value"])
        .set_tag_attribute_value("a", "target", "_blank")
        .add_clean_content_tags(["script", "style"])
        .add_url_schemes(SCHEMES)
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow noopener"))
        .attribute_filter(|_, attribute, value| allowed_value(attribute, value));
    builder
});

static TO_TEXT: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder.add_clean_content_tags(["script", "style"]);
    builder
});

/// Leaves only what a status may contain. Text stays, whatever tags were around it.
pub fn sanitize(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// The text of a piece of HTML on lines of its own, for descriptions and mails.
pub fn plain(html: &str) -> String {
    let with_breaks = html.replace("<br", "\n<br").replace("</p>", "\n\n</p>");
    let text = TO_TEXT.clean(&with_breaks).to_string();
    // The cleaner escapes these in text and nothing else.
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{A0}");
    text.replace("&quot;", "\"")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

fn allowed_value<'v>(attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match attribute {
        "class" => {
            let is_allowed = |class: &&str| {
                CLASSES.contains(class)
                    || CLASS_BEGINNINGS
                        .iter()
                        .any(|start| class.starts_with(start))
            };
            let kept: Vec<&str> = value.split_ascii_whitespace().filter(is_allowed).collect();
            Some(Cow::Owned(kept.join(" ")))
        }
        "translate" => (value == "no").then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mastodon_allows_stays() {
        for html in [
            "<p>Hi <em>you</em><br>there</p>",
            "<p class=\"quote-inline\">x</p>",
            "<ol start=\"3\" reversed=\"\"><li value=\"3\">x</li></ol>",
            "<span class=\"h-card\" translate=\"no\">x</span>",
            "<a href=\"https://example.com/\" class=\"u-url mention\" target=\"_blank\" rel=\"nofollow noopener\">x</a>",
        ] {
            assert_eq!(sanitize(html), html);
        }
    }

    #[test]
    fn what_it_does_not_allow_goes() {
        for (html, clean) in [
            ("<script>alert(1)</script>x", "x"),
            ("<img src=x onerror=alert(1)>x", "x"),
            (
                "<p onclick=\"x()\" style=\"color:red\" id=\"a\">x</p>",
                "<p>x</p>",
            ),
            (
                "<span class=\"evil mention h-x\" translate=\"yes\">x</span>",
                "<span class=\"mention h-x\">x</span>",
            ),
            (
                "<a href=\"javascript:x\">x</a>",
                "<a target=\"_blank\" rel=\"nofollow noopener\">x</a>",
            ),
            (
                "<a href=\"/x\" rel=\"me\">x</a>",
                "<a target=\"_blank\" rel=\"nofollow noopener\">x</a>",
            ),
            ("<h1>x</h1><!-- c --><p>y", "x<p>y</p>"),
            ("a < b & c", "a &lt; b &amp; c"),
        ] {
            assert_eq!(sanitize(html), clean, "{html}");
        }
    }

    #[test]
    fn text_is_what_a_reader_reads() {
        assert_eq!(
            plain("<p>a &amp; b<br />c</p><p>&lt;d&gt; &quot;&#39;</p>"),
            "a & b\nc\n\n<d> \"'"
        );
        assert_eq!(plain("&amp;lt;"), "&lt;");
        assert_eq!(plain("<script>x</script>y"), "y");
        assert_eq!(plain(""), "");
    }
}

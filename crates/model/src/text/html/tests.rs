use proptest::prelude::*;

use super::*;
use crate::text::sanitize;

/// Knows Ada of this server, and Ada and Bob of another; nobody else.
struct Known;

impl Links for Known {
    fn mention(&self, acct: &Acct) -> Option<MentionLink> {
        let local = acct.domain.is_none();
        let spelt = match acct.folded_username().as_str() {
            "ada" => "Ada",
            "bob" if !local => "bob",
            _ => return None,
        };
        let acct = Acct {
            username: spelt.to_owned(),
            domain: acct.domain.clone(),
        };
        Some(MentionLink {
            url: format!("https://petrel.example/@{acct}?a&b"),
            acct,
        })
    }

    fn tag_url(&self, name: &str) -> String {
        format!("https://petrel.example/tags/{name}")
    }
}

#[test]
fn text_becomes_paragraphs() {
    for (text, html) in [
        ("", ""),
        ("a", "<p>a</p>"),
        ("a\nb", "<p>a<br />b</p>"),
        ("a\r\nb\rc", "<p>a<br />b<br />c</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("a\n\n\n\nb\n", "<p>a</p><p>b</p>"),
        ("\n\n\na", "<p>a</p>"),
        ("a  b", "<p>a  b</p>"),
        ("<b>&\"'", "<p>&lt;b&gt;&amp;&quot;&#39;</p>"),
    ] {
        assert_eq!(render(text, &Known), html, "{text:?}");
    }
}

#[test]
fn links_look_as_mastodons() {
    let link = |url: &str, invisible: &str, class: &str, shown: &str, rest: &str| {
        format!(
            "<p><a href=\"{url}\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\">\
             <span class=\"invisible\">{invisible}</span><span class=\"{class}\">{shown}</span>\
             <span class=\"invisible\">{rest}</span></a></p>"
        )
    };
    for (url, invisible, class, shown, rest) in [
        ("https://example.com/a", "https://", "", "example.com/a", ""),
        (
            "http://www.example.com",
            "http://www.",
            "",
            "example.com",
            "",
        ),
        ("HTTPS://example.com", "", "", "HTTPS://example.com", ""),
        (
            "https://example.com/901234567890123456",
            "https://",
            "",
            "example.com/901234567890123456",
            "",
        ),
        (
            "https://example.com/9012345678901234567",
            "https://",
            "",
            "example.com/9012345678901234567",
            "",
        ),
        (
            "https://example.com/90123456789012345678",
            "https://",
            "ellipsis",
            "example.com/901234567890123456",
            "78",
        ),
    ] {
        assert_eq!(
            render(url, &Known),
            link(url, invisible, class, shown, rest)
        );
    }
    assert_eq!(
        render("https://example.com/?a=1&b=2", &Known),
        link(
            "https://example.com/?a=1&amp;b=2",
            "https://",
            "",
            "example.com/?a=1&amp;b=2",
            ""
        )
    );
}

#[test]
fn mentions_and_hashtags_look_as_mastodons() {
    let ada = "<span class=\"h-card\" translate=\"no\"><a href=\"https://petrel.example/@Ada?a&amp;b\" \
               class=\"u-url mention\">@<span>Ada</span></a></span>";
    assert_eq!(render("hi @ada!", &Known), format!("<p>hi {ada}!</p>"));
    assert_eq!(render("@bob @nobody", &Known), "<p>@bob @nobody</p>");
    let bob = render("@bob@example.com", &Known);
    assert!(bob.contains("@<span>bob</span>"), "{bob}");
    assert_eq!(
        render("#Petrel", &Known),
        "<p><a href=\"https://petrel.example/tags/Petrel\" class=\"mention hashtag\" rel=\"tag\">#<span>Petrel</span></a></p>"
    );
}

#[test]
fn namesakes_are_told_apart() {
    let html = render("@ada and @ada@example.com and @bob@example.com", &Known);
    for shown in [
        "@<span>Ada</span>",
        "@<span>Ada@example.com</span>",
        "@<span>bob</span>",
    ] {
        assert!(html.contains(shown), "{html}");
    }
}

#[test]
fn a_field_is_one_line_whose_links_prove_who_one_is() {
    let html = render_field("https://example.com <x>", &Known);
    assert!(html.starts_with(
        "<a href=\"https://example.com\" target=\"_blank\" rel=\"nofollow noopener me\""
    ));
    assert!(html.ends_with(" &lt;x&gt;"));
}

/// Everything that may stand between `<` and `>`, links aside.
const SHAPES: [&str; 10] = [
    "p",
    "/p",
    "br /",
    "span",
    "/span",
    "/a",
    "span class=\"\"",
    "span class=\"invisible\"",
    "span class=\"ellipsis\"",
    "span class=\"h-card\" translate=\"no\"",
];

fn is_shape(tag: &str) -> bool {
    let endings = [
        "\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"",
        "\" class=\"mention hashtag\" rel=\"tag\"",
        "\" class=\"u-url mention\"",
    ];
    let href = tag.strip_prefix("a href=\"").unwrap_or("");
    let ending = endings.iter().find_map(|ending| href.strip_suffix(ending));
    let is_link = ending.is_some_and(|url| {
        let is_web = ["http://", "https://"]
            .iter()
            .any(|scheme| url.to_lowercase().starts_with(scheme));
        is_web && !url.contains(['"', '<', '>', '\'', ' ', '\n'])
    });
    is_link || SHAPES.contains(&tag)
}

/// All tags in a piece of HTML; `None` if one of them does not end.
fn tags(html: &str) -> Option<Vec<&str>> {
    html.split('<')
        .skip(1)
        .map(|rest| rest.split_once('>').map(|(tag, _)| tag))
        .collect()
}

fn hostile_text() -> impl Strategy<Value = String> {
    let bits = vec![
        "<script>alert(1)</script>",
        "<img src=x onerror=x>",
        "\"",
        "'",
        "<",
        ">",
        "&",
        "&lt;",
        "javascript:x",
        "https://a.example/",
        "http://",
        "\" onclick=\"x",
        "@ada",
        "@ada@b.example",
        "#tag",
        "\n",
        "\n\n",
        "\r",
        " ",
        "\0",
        "'><svg/onload=x>",
        "#\"><x",
        "@\"<x",
        "://",
        "a.b",
        "é",
        "\u{202E}",
        "www.",
    ];
    let bit = prop_oneof![
        proptest::sample::select(bits).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(bit, 0..30).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn no_text_yields_a_tag_of_another_shape(text in hostile_text()) {
        for html in [render(&text, &Known), render_field(&text, &Known).replace("noopener me", "noopener")] {
            let tags = tags(&html).expect("each tag ends");
            for tag in &tags {
                prop_assert!(is_shape(tag), "{:?} out of {:?}", tag, text);
            }
            let outside: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
            prop_assert!(!outside.contains(['>', '"', '\'']), "{:?}", outside);
        }
    }

    #[test]
    fn the_cleaner_finds_nothing_to_take_away(text in hostile_text()) {
        let html = render(&text, &Known);
        let cleaned = sanitize::sanitize(&html);
        let count = |html: &str| ["<p>", "<a ", "<span", "<br", "</a>", "</span>"].map(|tag| html.matches(tag).count());
        prop_assert_eq!(count(&cleaned), count(&html));
        prop_assert_eq!(cleaned.matches("href=").count(), html.matches("href=").count());
    }
}

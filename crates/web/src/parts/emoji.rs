//! Custom emojis in the place of their shortcodes.

use std::sync::Arc;

use maud::{Markup, PreEscaped, Render, html};
use petrel_model::text::emoji::shortcodes;
use petrel_social::emojis::address;
use petrel_social::views::{AccountView, EmojiView};

use crate::text::name_of;

/// How an account is called.
pub fn name(account: &AccountView) -> Markup {
    text(name_of(account), &account.emojis)
}

/// A plain text, escaped.
pub fn text(text: &str, emojis: &[Arc<EmojiView>]) -> Markup {
    let mut whole = String::with_capacity(text.len());
    replace(&mut whole, text, emojis, |whole, piece| {
        piece.render_to(whole)
    });
    PreEscaped(whole)
}

/// HTML as the model writes it of plain text, in which tags alone have `<` and `>`. Links stay as
/// they are.
pub fn html(html: &str, emojis: &[Arc<EmojiView>]) -> Markup {
    let mut whole = String::with_capacity(html.len());
    let mut in_link = false;
    for piece in html.split_inclusive('>') {
        let (written, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        match in_link {
            true => whole.push_str(written),
            false => replace(&mut whole, written, emojis, String::push_str),
        }
        whole.push_str(tag);
        in_link = tag.starts_with("<a ") || (in_link && tag != "</a>");
    }
    PreEscaped(whole)
}

/// Writes pictures for the shortcodes that are known, and all else as `push` does.
fn replace(
    whole: &mut String,
    text: &str,
    emojis: &[Arc<EmojiView>],
    push: impl Fn(&mut String, &str),
) {
    let mut done = 0;
    if !emojis.is_empty() {
        for shortcode in shortcodes(text) {
            let mut known = emojis.iter();
            if let Some(emoji) = known.find(|emoji| emoji.shortcode == shortcode.name) {
                push(whole, &text[done..shortcode.span.start]);
                whole.push_str(&picture(emoji).0);
                done = shortcode.span.end;
            }
        }
    }
    push(whole, &text[done..]);
}

/// On this server; not moving.
fn picture(emoji: &EmojiView) -> Markup {
    let written = format!(":{}:", emoji.shortcode);
    let address = address("", emoji.id, emoji.files.still());
    html! { img .emoji src=(address) alt=(written) title=(written) loading="lazy"; }
}

#[cfg(test)]
mod tests {
    use petrel_model::id::Id;
    use petrel_social::views::PictureFiles;

    use super::*;

    const GULL: &str = r#"<img class="emoji" src="/emojis/7/static.png" alt=":gull:" title=":gull:" loading="lazy">"#;

    fn emojis() -> Vec<Arc<EmojiView>> {
        let files = PictureFiles {
            original: "original.gif".to_owned(),
            still: Some("static.png".to_owned()),
        };
        vec![Arc::new(EmojiView {
            shortcode: "gull".to_owned(),
            id: Id(7),
            files,
            url: "https://petrel.example/emojis/7/original.gif".to_owned(),
            static_url: "https://petrel.example/emojis/7/static.png".to_owned(),
            category: None,
            visible_in_picker: true,
        })]
    }

    #[test]
    fn a_text_is_escaped_around_its_pictures() {
        let shown = |written| text(written, &emojis()).into_string();
        assert_eq!(
            shown("<b> :gull: & :tern:"),
            format!("&lt;b&gt; {GULL} &amp; :tern:")
        );
        assert_eq!(shown("a:gull:"), "a:gull:");
        assert_eq!(text(":gull: <i>", &[]).into_string(), ":gull: &lt;i&gt;");
    }

    #[test]
    fn neither_tags_nor_links_are_touched() {
        let written = "<p>&lt;:gull:&gt;<br />:gull:<a href=\"x :gull: \" class=\":gull:\">\
                       <span> :gull: </span> :gull: </a> :gull:</p>";
        let shown = html(written, &emojis()).into_string();
        let expected = format!(
            "<p>&lt;{GULL}&gt;<br />{GULL}<a href=\"x :gull: \" class=\":gull:\">\
             <span> :gull: </span> :gull: </a> {GULL}</p>"
        );
        assert_eq!(shown, expected);
    }
}

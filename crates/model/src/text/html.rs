//! Plain text as HTML, in exactly the shapes that Mastodon makes and clients know.
//!
//! Every tag and attribute is written here; what a person wrote appears only escaped.

use crate::text::acct::Acct;
use crate::text::fold;
use crate::text::scan::{Entity, Kind, scan};

/// Characters of an address that are shown; the rest is there for copying.
const LINK_SHOWN_CHARS: usize = 30;
const REL: &str = "nofollow noopener";

/// Where an account that a text names is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MentionLink {
    /// The address of its page.
    pub url: String,
    /// The account, its name spelt as it spells itself.
    pub acct: Acct,
}

/// How the names in a text become addresses.
pub trait Links {
    /// None if there is no such account, or it was not there when the status was written: it stays text.
    fn mention(&self, acct: &Acct) -> Option<MentionLink>;
    /// The address of a hashtag's page. The name is as written.
    fn tag_url(&self, name: &str) -> String;
}

/// A status or a profile's text: paragraphs with line breaks.
pub fn render(text: &str, links: &impl Links) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    paragraphs(&inline(&text, links, REL))
}

/// One line without paragraphs, for a profile's row; its links may prove who somebody is.
pub fn render_field(text: &str, links: &impl Links) -> String {
    inline(text, links, "nofollow noopener me")
}

/// Escapes a text for HTML, in and outside of attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    push_escaped(&mut escaped, text);
    escaped
}

fn push_escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

fn inline(text: &str, links: &impl Links, rel: &str) -> String {
    let entities = scan(text);
    let named = mention_links(&entities, links);
    let mut html = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for (entity, mention) in entities.iter().zip(&named) {
        let written = &text[entity.span.clone()];
        push_escaped(&mut html, &text[done..entity.span.start]);
        match (&entity.kind, mention) {
            (Kind::Link, _) => push_link(&mut html, written, rel),
            (Kind::Tag(name), _) => push_tag(&mut html, name, &links.tag_url(name)),
            (Kind::Mention(_), Some(link)) => push_mention(&mut html, link, &named),
            (Kind::Mention(_), None) => push_escaped(&mut html, written),
        }
        done = entity.span.end;
    }
    push_escaped(&mut html, &text[done..]);
    html
}

/// For each entity the account that it names, if it does.
fn mention_links(entities: &[Entity], links: &impl Links) -> Vec<Option<MentionLink>> {
    let resolve = |entity: &Entity| match &entity.kind {
        Kind::Mention(acct) => links.mention(acct),
        _ => None,
    };
    entities.iter().map(resolve).collect()
}

fn push_link(html: &mut String, url: &str, rel: &str) {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| url.starts_with(scheme));
    let bare = scheme.map_or(url, |scheme| &url[scheme.len()..]);
    let bare = if scheme.is_some() {
        bare.strip_prefix("www.").unwrap_or(bare)
    } else {
        bare
    };
    let prefix = &url[..url.len() - bare.len()];
    let cut = bare
        .char_indices()
        .nth(LINK_SHOWN_CHARS)
        .map_or(bare.len(), |(at, _)| at);
    // An ellipsis in the place of one character would save nothing.
    let cut = if bare[cut..].chars().count() == 1 {
        bare.len()
    } else {
        cut
    };
    let class = if cut < bare.len() { "ellipsis" } else { "" };
    html.push_str("<a href=\"");
    push_escaped(html, url);
    html.push_str("\" target=\"_blank\" rel=\"");
    html.push_str(rel);
    html.push_str("\" translate=\"no\"><span class=\"invisible\">");
    push_escaped(html, prefix);
    html.push_str("</span><span class=\"");
    html.push_str(class);
    html.push_str("\">");
    push_escaped(html, &bare[..cut]);
    html.push_str("</span><span class=\"invisible\">");
    push_escaped(html, &bare[cut..]);
    html.push_str("</span></a>");
}

fn push_tag(html: &mut String, name: &str, url: &str) {
    html.push_str("<a href=\"");
    push_escaped(html, url);
    html.push_str("\" class=\"mention hashtag\" rel=\"tag\">#<span>");
    push_escaped(html, name);
    html.push_str("</span></a>");
}

fn push_mention(html: &mut String, link: &MentionLink, named: &[Option<MentionLink>]) {
    let username = fold::username(&link.acct.username);
    let is_namesake = |other: &MentionLink| {
        fold::username(&other.acct.username) == username && other.acct.domain != link.acct.domain
    };
    let shown = if named.iter().flatten().any(is_namesake) {
        link.acct.to_string()
    } else {
        link.acct.username.clone()
    };
    html.push_str("<span class=\"h-card\" translate=\"no\"><a href=\"");
    push_escaped(html, &link.url);
    html.push_str("\" class=\"u-url mention\">@<span>");
    push_escaped(html, &shown);
    html.push_str("</span></a></span>");
}

/// Empty lines part paragraphs, single line breaks stay. Nothing written here contains a line break.
fn paragraphs(html: &str) -> String {
    let mut whole = String::with_capacity(html.len() + 16);
    for paragraph in html.split("\n\n") {
        let paragraph = paragraph.trim_matches('\n');
        if !paragraph.is_empty() {
            whole.push_str("<p>");
            whole.push_str(&paragraph.replace('\n', "<br />"));
            whole.push_str("</p>");
        }
    }
    whole
}

#[cfg(test)]
mod tests;

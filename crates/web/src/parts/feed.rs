//! Lists of statuses, and the way through them.

use maud::{Markup, html};
use petrel_social::page::Page;
use petrel_social::views::StatusView;

use super::status;

/// The statuses, or a text in place of none.
pub fn statuses(statuses: &[StatusView], none: &str) -> Markup {
    html! {
        @if statuses.is_empty() { p .empty { (none) } }
        @for status in statuses { (status::article(status)) }
    }
}

pub fn pinned(statuses: &[StatusView]) -> Markup {
    html! {
        section .pinned aria-label="Pinned" {
            @for status in statuses { (status::pinned(status)) }
        }
    }
}

/// Links to what is older and newer. On the first page nothing newer is known.
pub fn pager<T>(path: &str, page: &Page<T>, is_first: bool) -> Markup {
    html! {
        nav .pager aria-label="Pages" {
            @if let Some(id) = page.prev_min_id.filter(|_| !is_first) {
                a rel="prev" href={ (path) "?min_id=" (id) } { "← Newer" }
            }
            @if let Some(id) = page.next_max_id {
                a rel="next" href={ (path) "?max_id=" (id) } { "Older →" }
            }
        }
    }
}

pub fn replies_title(count: usize) -> String {
    match count {
        1 => "1 reply".to_owned(),
        count => format!("{count} replies"),
    }
}

/// One piece of a path, percent-encoded.
pub fn encoded(piece: &str) -> String {
    let mut path = String::with_capacity(piece.len());
    for byte in piece.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                path.push(char::from(byte));
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn pieces_of_paths_cannot_leave_their_place() {
        assert_eq!(encoded("name"), "name");
        assert_eq!(encoded("a/../b?c#d"), "a%2F..%2Fb%3Fc%23d");
        assert_eq!(encoded("日"), "%E6%97%A5");
        assert_eq!(encoded("\r\nLocation: x"), "%0D%0ALocation%3A%20x");
    }
}

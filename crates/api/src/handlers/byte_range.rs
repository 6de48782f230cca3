//! Which bytes of a file a client asks for (RFC 9110, 14).

use std::ops::Range;

use axum::http::{HeaderMap, header};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Whole,
    Part(Range<u64>),
    /// Bytes that the file does not have.
    Nowhere,
}

/// Several ranges at once, and what cannot be read, count for nothing, as the standard allows; so
/// does a range of another version of the file.
pub fn asked(headers: &HeaderMap, tag: &str, size_bytes: u64) -> Asked {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Asked::Whole;
    }
    text(header::RANGE).map_or(Asked::Whole, |range| read(range, size_bytes))
}

fn read(range: &str, size_bytes: u64) -> Asked {
    let Some(range) = range.trim().strip_prefix("bytes=") else {
        return Asked::Whole;
    };
    let Some((first, last)) = range.split_once('-') else {
        return Asked::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>();
    let range = match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Ok(count) => size_bytes.saturating_sub(count)..size_bytes,
            Err(_) => return Asked::Whole,
        },
        (first, "") => match number(first) {
            Ok(first) => first..size_bytes,
            Err(_) => return Asked::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size_bytes),
            _ => return Asked::Whole,
        },
    };
    match range.start < range.end {
        true => Asked::Part(range),
        false => Asked::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        let cases = [
            ("bytes=0-3", Asked::Part(0..4)),
            ("bytes=4-", Asked::Part(4..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=8-99", Asked::Part(8..10)),
            ("bytes=10-", Asked::Nowhere),
            ("bytes=-0", Asked::Nowhere),
            ("bytes=5-4", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=0-18446744073709551615", Asked::Part(0..10)),
            ("pages=1-2", Asked::Whole),
            ("bytes=", Asked::Whole),
        ];
        for (range, expected) in cases {
            assert_eq!(read(range, 10), expected, "{range}");
        }
    }

    #[test]
    fn a_part_of_another_version_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-0".parse().unwrap());
        headers.insert(header::IF_RANGE, "\"b\"".parse().unwrap());
        assert_eq!(asked(&headers, "\"a\"", 10), Asked::Whole);
        assert_eq!(asked(&headers, "\"b\"", 10), Asked::Part(0..1));
    }
}

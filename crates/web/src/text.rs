//! Texts and times as pages show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use petrel_social::views::{AccountView, StatusView};

/// Characters of a description in the head of a page; search engines show no more.
const DESCRIPTION_CHARS_MAX: usize = 200;
/// Characters of a status in the title of its page.
const TITLE_CHARS_MAX: usize = 60;

/// Languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 10] = ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ur", "yi"];

/// The direction of a text: known by its language, else found by its first letters.
pub(crate) fn direction(language: Option<&str>) -> &'static str {
    let Some(language) = language else {
        return "auto";
    };
    let primary = language.split(['-', '_']).next().unwrap_or(language);
    if RIGHT_TO_LEFT.contains(&primary) {
        "rtl"
    } else {
        "auto"
    }
}

/// How an account is called: its display name, or else its user name.
pub(crate) fn name_of(account: &AccountView) -> &str {
    let name = account.profile.display_name.trim();
    if name.is_empty() {
        &account.username
    } else {
        name
    }
}

/// A short text for the head of a page: what stands behind a warning stays behind it.
pub(crate) fn summary(status: &StatusView) -> String {
    let text = if status.spoiler_text.is_empty() {
        &status.text
    } else {
        &status.spoiler_text
    };
    shortened(text, DESCRIPTION_CHARS_MAX)
}

pub(crate) fn title_of(status: &StatusView) -> String {
    let text = if status.spoiler_text.is_empty() {
        &status.text
    } else {
        &status.spoiler_text
    };
    let name = name_of(&status.account);
    format!("{name}: “{}”", shortened(text, TITLE_CHARS_MAX))
}

pub(crate) fn description(text: &str) -> String {
    shortened(text, DESCRIPTION_CHARS_MAX)
}

/// On one line, cut at a word.
fn shortened(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(chars_max) else {
        return line;
    };
    let cut = line[..end].rfind(' ').unwrap_or(end);
    format!("{}…", line[..cut].trim_end())
}

/// "21 Nov 2026", with the exact time for machines and for the pointer.
pub(crate) fn day(time_ms: u64) -> Markup {
    time(time_ms, "%-d %b %Y")
}

/// "21 Nov 2026, 09:15 UTC".
pub(crate) fn moment(time_ms: u64) -> Markup {
    time(time_ms, "%-d %b %Y, %H:%M UTC")
}

/// "November 2026".
pub(crate) fn month(time_ms: u64) -> Markup {
    time(time_ms, "%B %Y")
}

/// As machines read it; empty for a time outside of the calendar.
pub(crate) fn iso(time_ms: u64) -> String {
    timestamp(time_ms).map_or_else(String::new, |at| at.to_string())
}

fn time(time_ms: u64, format: &str) -> Markup {
    let Some(at) = timestamp(time_ms) else {
        return html! {};
    };
    let zoned = at.to_zoned(TimeZone::UTC);
    html! {
        time datetime=(at) title=(zoned.strftime("%-d %B %Y, %H:%M UTC")) {
            (zoned.strftime(format))
        }
    }
}

fn timestamp(time_ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(time_ms).ok()?).ok()
}

/// 1,234 or 56K: room is short beside a status.
pub(crate) fn count(count: u64) -> String {
    match count {
        0..10_000 => grouped(count),
        10_000..1_000_000 => format!("{}K", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

fn grouped(count: u64) -> String {
    if count < 1_000 {
        count.to_string()
    } else {
        format!("{},{:03}", count / 1_000, count % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_a_word() {
        assert_eq!(shortened("one\n\ntwo", 20), "one two");
        assert_eq!(shortened("one two three", 9), "one two…");
        assert_eq!(shortened("онеоченьдлинноеслово", 5), "онеоч…");
    }

    #[test]
    fn directions() {
        assert_eq!(direction(Some("he")), "rtl");
        assert_eq!(direction(Some("ar-EG")), "rtl");
        assert_eq!(direction(Some("en")), "auto");
        assert_eq!(direction(None), "auto");
    }

    #[test]
    fn counts_stay_short() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234), "1,234");
        assert_eq!(count(56_789), "56K");
        assert_eq!(count(2_500_000), "2M");
    }

    #[test]
    fn times_beyond_the_calendar_are_left_out() {
        assert_eq!(day(u64::MAX).into_string(), "");
        assert!(day(0).into_string().contains("1 Jan 1970"));
    }
}

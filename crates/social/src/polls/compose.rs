//! What an author's poll becomes, within Mastodon's limits.

use petrel_model::id::Id;
use petrel_model::limits::{
    POLL_OPEN_S_MAX, POLL_OPEN_S_MIN, POLL_OPTION_BYTES_MAX, POLL_OPTION_CHARS_MAX,
    POLL_OPTIONS_MAX,
};
use petrel_model::text::count;

use super::table::Poll;
use crate::error::{Error, Result};

/// A poll as its author sends it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewPoll {
    pub options: Vec<String>,
    /// Seconds from now.
    pub expires_in_s: Option<u64>,
    pub multiple: bool,
    pub hide_totals: bool,
}

/// The poll of a new status; `id` names its first version.
///
/// # Errors
/// `Invalid` for what is beyond the limits.
pub(crate) fn compose(new: &NewPoll, id: Id, now_ms: u64) -> Result<Poll> {
    Ok(Poll {
        id,
        options: options(new)?,
        expires_at_ms: expires_at_ms(new, now_ms)?,
        multiple: new.multiple,
        hide_totals: new.hide_totals,
    })
}

/// The poll of a status that is edited. As long as the same can be chosen, votes go on counting;
/// else `fresh` names the new version.
///
/// # Errors
/// As [`compose`].
pub(crate) fn recompose(
    before: Option<&Poll>,
    new: &NewPoll,
    fresh: Id,
    now_ms: u64,
) -> Result<Poll> {
    let mut poll = compose(new, fresh, now_ms)?;
    let is_same =
        |before: &&Poll| before.options == poll.options && before.multiple == poll.multiple;
    if let Some(before) = before.filter(is_same) {
        poll.id = before.id;
    }
    Ok(poll)
}

fn options(new: &NewPoll) -> Result<Vec<String>> {
    let options = new.options.iter().map(|option| option.trim());
    let options = options.filter(|option| !option.is_empty());
    let options: Vec<String> = options.map(str::to_owned).collect();
    if options.len() < 2 {
        return Err(invalid("options must have more than one item"));
    }
    if options.len() > POLL_OPTIONS_MAX {
        return Err(Error::invalid(format!(
            "Poll options can't contain more than {POLL_OPTIONS_MAX} items"
        )));
    }
    let is_long = |option: &String| {
        option.len() > POLL_OPTION_BYTES_MAX || count::chars(option) > POLL_OPTION_CHARS_MAX
    };
    if options.iter().any(is_long) {
        return Err(Error::invalid(format!(
            "Poll options can't be longer than {POLL_OPTION_CHARS_MAX} characters each"
        )));
    }
    let again = |(place, option): (usize, &String)| options[..place].contains(option);
    if options.iter().enumerate().any(again) {
        return Err(invalid("options contain duplicate items"));
    }
    Ok(options)
}

fn expires_at_ms(new: &NewPoll, now_ms: u64) -> Result<u64> {
    match new.expires_in_s {
        None => Err(invalid("expires at can't be blank")),
        Some(seconds) if seconds > POLL_OPEN_S_MAX => {
            Err(invalid("expires at is too far into the future"))
        }
        Some(seconds) if seconds < POLL_OPEN_S_MIN => Err(invalid("expires at is too soon")),
        Some(seconds) => Ok(now_ms + seconds * 1_000),
    }
}

fn invalid(why: &str) -> Error {
    Error::invalid(format!("Poll {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(options: &[&str]) -> NewPoll {
        NewPoll {
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            expires_in_s: Some(POLL_OPEN_S_MIN),
            ..NewPoll::default()
        }
    }

    fn refusal(new: &NewPoll) -> String {
        compose(new, Id(1), 0).unwrap_err().to_string()
    }

    #[test]
    fn a_poll_has_two_to_four_options_that_differ() {
        let poll = compose(&new(&[" a ", "", "b"]), Id(1), 7).unwrap();
        assert_eq!(poll.options, ["a", "b"]);
        assert_eq!(poll.expires_at_ms, 300_007);
        assert!(compose(&new(&["a", "b", "c", "d"]), Id(1), 0).is_ok());
        assert!(compose(&new(&["a", &"b".repeat(50)]), Id(1), 0).is_ok());
        let long = "b".repeat(51);
        for (options, why) in [
            (&["a", " "][..], "more than one"),
            (&["a", "b", "c", "d", "e"], "more than 4"),
            (&["a", &long], "longer than 50"),
            (&["a", "a "], "duplicate"),
        ] {
            let refusal = refusal(&new(options));
            assert!(refusal.contains(why), "{refusal}");
            assert!(refusal.starts_with("Validation failed: "), "{refusal}");
        }
    }

    #[test]
    fn a_poll_is_open_for_five_minutes_to_a_month() {
        for (seconds, is_good) in [
            (None, false),
            (Some(POLL_OPEN_S_MIN - 1), false),
            (Some(POLL_OPEN_S_MAX), true),
            (Some(POLL_OPEN_S_MAX + 1), false),
            (Some(u64::MAX), false),
        ] {
            let new = NewPoll {
                expires_in_s: seconds,
                ..new(&["a", "b"])
            };
            assert_eq!(compose(&new, Id(1), 0).is_ok(), is_good, "{seconds:?}");
        }
    }

    #[test]
    fn what_can_be_chosen_decides_whether_votes_go_on_counting() {
        let before = compose(&new(&["a", "b"]), Id(1), 0).unwrap();
        let id_of = |new: NewPoll| recompose(Some(&before), &new, Id(2), 5).unwrap().id;
        let hidden = NewPoll {
            hide_totals: true,
            ..new(&["a", "b"])
        };
        assert_eq!(id_of(hidden), Id(1));
        assert_eq!(id_of(new(&["b", "a"])), Id(2));
        let multiple = NewPoll {
            multiple: true,
            ..new(&["a", "b"])
        };
        assert_eq!(id_of(multiple), Id(2));
        assert_eq!(
            recompose(None, &new(&["a", "b"]), Id(2), 5).unwrap().id,
            Id(2)
        );
    }
}

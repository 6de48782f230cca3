//! A poll as bars, as wide as its options have votes.

use maud::{Markup, html};
use petrel_social::views::{PollOptionView, PollView};

use super::emoji;
use crate::text;

/// Bars stand for parts of a hundred.
const WHOLE: u64 = 100;

pub fn bars(poll: &PollView) -> Markup {
    html! {
        div .poll {
            @for option in &poll.options {
                (bar(poll, option))
            }
            p .facts {
                (text::count(poll.voters_count)) (if poll.voters_count == 1 { " person" } else { " people" })
                @if poll.expired { " · ended " } @else { " · open until " }
                (text::moment(poll.expires_at_ms))
            }
        }
    }
}

fn bar(poll: &PollView, option: &PollOptionView) -> Markup {
    let votes = option.votes_count;
    html! {
        div .option {
            span .title dir="auto" { (emoji::text(&option.title, &poll.emojis)) }
            @if let Some(votes) = votes {
                span .share { (share(votes, poll.voters_count)) "%" }
                meter min="0" max=(WHOLE) value=(share(votes, poll.voters_count)) {}
            }
        }
    }
}

/// Of all who voted, in parts of a hundred.
fn share(votes: u64, voters: u64) -> u64 {
    (votes * WHOLE + voters / 2)
        .checked_div(voters)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use petrel_model::id::{Id, StatusId};

    use super::*;

    fn poll(votes: Option<[u64; 2]>) -> PollView {
        let options = ["<b>gull</b>", "tern"].into_iter().enumerate();
        PollView {
            id: StatusId(Id(2)),
            options: options
                .map(|(place, title)| PollOptionView {
                    title: title.to_owned(),
                    votes_count: votes.map(|votes| votes[place]),
                })
                .collect(),
            expires_at_ms: 1_800_000_000_000,
            expired: false,
            multiple: false,
            votes_count: 3,
            voters_count: 3,
            viewer: None,
            emojis: Vec::new(),
        }
    }

    #[test]
    fn bars_are_as_wide_as_options_have_votes() {
        let page = bars(&poll(Some([1, 2]))).into_string();
        assert!(
            page.contains(r#"value="33""#) && page.contains("67%"),
            "{page}"
        );
        assert!(page.contains("&lt;b&gt;gull") && page.contains("3 people · open until"));
    }

    #[test]
    fn hidden_totals_have_no_bars_and_nobody_no_share() {
        let page = bars(&poll(None)).into_string();
        assert!(!page.contains("meter") && !page.contains('%'), "{page}");
        assert_eq!(share(0, 0), 0);
    }
}

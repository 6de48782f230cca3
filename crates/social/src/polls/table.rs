//! What is stored of polls, in the rows of statuses and of marks.

use minicbor::{Decode, Encode};
use petrel_model::choices::Choices;
use petrel_model::id::Id;

/// The poll of a status, in the version that an edit left.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Poll {
    /// Names this version: votes in another do not count. An edit that changes what can be chosen
    /// begins a new one.
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub options: Vec<String>,
    /// Unix milliseconds.
    #[n(2)]
    pub expires_at_ms: u64,
    /// Whether several options may be chosen.
    #[n(3)]
    pub multiple: bool,
    /// Whether the figures of the options are shown only at the end.
    #[n(4)]
    pub hide_totals: bool,
}

impl Poll {
    pub fn has_expired(&self, now_ms: u64) -> bool {
        now_ms >= self.expires_at_ms
    }
}

/// A vote, as its mark and its list row bear it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Ballot {
    /// The version of the poll.
    #[n(0)]
    pub poll: Id,
    #[n(1)]
    pub choices: Choices,
}

//! Polls.

use petrel_model::choices::Choices;
use petrel_model::id::StatusId;
use petrel_social::views::{PollOptionView, PollView};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::CustomEmoji;
use super::values::{Moment, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Poll<'a> {
    id: Shown<StatusId>,
    expires_at: Option<Moment>,
    expired: bool,
    multiple: bool,
    votes_count: u64,
    voters_count: Option<u64>,
    // What only a viewer who is logged in is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    voted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_votes: Option<Places>,
    options: Vec<PollOption<'a>>,
    emojis: Vec<CustomEmoji<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct PollOption<'a> {
    title: &'a str,
    votes_count: Option<u64>,
}

/// A list of numbers.
#[derive(JsonSchema)]
#[schemars(inline, with = "Vec<u64>")]
struct Places(Choices);

impl Serialize for Places {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.places())
    }
}

impl<'a> Poll<'a> {
    pub fn new(view: &'a PollView) -> Poll<'a> {
        let option = |option: &'a PollOptionView| PollOption {
            title: &option.title,
            votes_count: option.votes_count,
        };
        Poll {
            id: Shown(view.id),
            expires_at: Some(Moment(view.expires_at_ms)),
            expired: view.expired,
            multiple: view.multiple,
            votes_count: view.votes_count,
            voters_count: Some(view.voters_count),
            voted: view.viewer.map(|viewer| viewer.voted),
            own_votes: view.viewer.map(|viewer| Places(viewer.own_votes)),
            options: view.options.iter().map(option).collect(),
            emojis: CustomEmoji::all(&view.emojis),
        }
    }
}

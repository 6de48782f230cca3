//! What somebody reads beside those whom they follow: lists of accounts, hashtags, polls.

use std::collections::BTreeMap;

use petrel_model::choices::Choices;
use petrel_model::id::Id;
use petrel_model::visibility::Visibility;
use petrel_social::polls::NewPoll;

use super::{Key, Model, Person, Post, Value, What};
use crate::tri::Tri;

/// Places in [`TAGS`] and [`Model::lists`].
pub type Tag = usize;
pub type List = usize;

pub const TAGS: [&str; 3] = ["gull", "tern", "auk"];
/// Nobody of the simulation lives there.
pub const DOMAINS: [&str; 2] = ["far.example", "away.example"];
/// Longer than any run lasts, in seconds.
const POLL_S: u64 = 7 * 24 * 3_600;

pub struct AccountList {
    pub owner: Person,
    /// None as long as nobody was told that it was made.
    pub id: Option<Id>,
}

pub struct Filter {
    pub owner: Person,
    /// Its own and its keyword's; none as long as nobody was told that it was made.
    pub ids: Option<(Id, Id)>,
    /// It was given a keyword again after the first was taken away, once.
    pub was_reworded: bool,
    /// The statuses that it was to bear, each once; none as long as nobody was told that it does.
    pub bears: BTreeMap<Post, Option<Id>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Poll {
    pub options: usize,
    pub multiple: bool,
}

impl Poll {
    pub fn draft(self) -> NewPoll {
        NewPoll {
            options: (0..self.options).map(|at| format!("option {at}")).collect(),
            expires_in_s: Some(POLL_S),
            multiple: self.multiple,
            hide_totals: false,
        }
    }
}

/// The comment of a report.
pub fn report(number: u64) -> String {
    format!("report {number}")
}

/// A vote as a number; `Off` if there is none.
pub fn vote(choices: Choices) -> Value {
    match choices.is_empty() {
        true => Value::Off,
        false => Value::Number(choices.places().map(|place| 1 << place).sum()),
    }
}

impl Model {
    /// Whether the author is on one of the viewer's exclusive lists.
    pub fn on_exclusive_list(&self, viewer: Person, author: Person) -> Tri {
        let own = (0..self.lists.len()).filter(|list| self.lists[*list].owner == viewer);
        Tri::any(own.map(|list| {
            self.on(Key::ListThere(list))
                .and(self.on(Key::ListExclusive(list)))
                .and(self.on(Key::ListMember(list, author)))
        }))
    }

    /// Whether it is public and under a hashtag that the viewer follows.
    pub fn under_followed_tag(&self, viewer: Person, post: Post) -> Tri {
        let status = &self.statuses[post];
        let is_own = matches!(status.what, What::Own { .. });
        if status.visibility != Visibility::Public || !is_own {
            return Tri::No;
        }
        let followed = (0..TAGS.len()).map(|tag| {
            // Under the hashtags of each version that was ever shown.
            let has = |version: &super::Version| version.tags.iter().any(|name| name == TAGS[tag]);
            let versions = || status.versions.iter();
            let has = match (versions().all(has), versions().any(has)) {
                (true, _) => Tri::Yes,
                (false, true) => Tri::Maybe,
                (false, false) => Tri::No,
            };
            has.and(self.on(Key::TagFollow(viewer, tag)))
        });
        Tri::any(followed)
    }

    /// A membership counts only while the follow stands that it was made upon. Of a pair whose
    /// follow was written since, nobody knows.
    pub fn doubt_memberships(&mut self, owner: Person, member: Person, behind_ms: u64) {
        for list in 0..self.lists.len() {
            let key = Key::ListMember(list, member);
            if self.lists[list].owner == owner && self.on(key).maybe() {
                let either = vec![Value::On, Value::Off];
                let nowhere = (usize::MAX, 0);
                self.fact_mut(key)
                    .acknowledge(either, None, nowhere, behind_ms);
            }
        }
    }

    /// Whether the filter matches a status of somebody else with this text.
    pub fn filters(&self, filter: usize, post: Post, text: &str) -> Tri {
        let matches = |value: &Value| match value {
            Value::Number(tag) => text.contains(TAGS[*tag as usize]),
            _ => false,
        };
        let bears = [post, self.text_of(post)]
            .into_iter()
            .map(|post| self.on(Key::FilterBears(filter, post)));
        self.on(Key::FilterThere(filter)).and(
            self.is(Key::FilterWord(filter), matches)
                .or(Tri::any(bears)),
        )
    }

    /// Of each option of a poll how many surely and how many at most chose it.
    pub fn votes(&self, post: Post, option: usize) -> (u64, u64) {
        let chose = |value: &Value| matches!(value, Value::Number(bits) if bits >> option & 1 == 1);
        let people = 0..self.people.len();
        let chosen: Vec<Tri> = people
            .map(|person| self.is(Key::Vote(person, post), chose))
            .collect();
        let count = |is: fn(Tri) -> bool| chosen.iter().filter(|one| is(**one)).count() as u64;
        (count(Tri::surely), count(Tri::maybe))
    }
}

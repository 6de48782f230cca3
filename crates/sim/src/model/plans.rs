//! What people scheduled. A job publishes it, so nobody is told of its id: it is known by its text
//! wherever it is seen first.

use petrel_model::id::Id;
use petrel_social::views::StatusView;

use super::{Model, Post};

/// Clocks differ, so that its time may have come so many milliseconds earlier.
pub const SLACK_MS: u64 = 1_500;

#[derive(Clone, Copy, Default, Debug)]
pub struct Plan {
    /// None as long as nobody was told that it is scheduled.
    pub id: Option<Id>,
    /// For when, at the earliest and at the latest, as far as is known (Unix milliseconds).
    pub due_ms: (u64, u64),
    /// Of the latest command that said when.
    stamp: u64,
}

impl Plan {
    /// A command of this stamp said so. If it `surely` did, that counts from then on, unless the
    /// job may have begun before.
    pub fn is_due_at(&mut self, at_ms: u64, stamp: u64, surely: bool, now_ms: u64) {
        let (first, last) = self.due_ms;
        let is_first = last == 0;
        let is_in_time = stamp > self.stamp && now_ms + SLACK_MS < first;
        self.due_ms = match is_first || (surely && is_in_time) {
            true => (at_ms, at_ms),
            false => (first.min(at_ms), last.max(at_ms)),
        };
        self.stamp = self.stamp.max(stamp);
    }
}

impl Model {
    /// The status that was scheduled with this text, if it is seen for the first time.
    pub fn find_published(&mut self, view: &StatusView, now_ms: u64) -> Option<Post> {
        let is_it = |post: &&Post| {
            let status = &self.statuses[**post];
            status.id.is_none()
                && self.people[status.author].id == view.account.id
                && status.versions[0].text == view.text
        };
        let post = *self.plans.keys().find(is_it)?;
        let is_too_early = now_ms + SLACK_MS < self.plans[&post].due_ms.0;
        if is_too_early {
            return None;
        }
        self.name(post, view.id).then_some(post)
    }
}

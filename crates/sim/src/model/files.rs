//! What users know of their files: where they may be attached, and who may fetch them.

use std::ops::Not;

use petrel_model::id::{Id, MediaId};

use super::gate::{Look, Surface};
use super::{Key, Model, Person, Post, Value};
use crate::tri::Tri;

/// By its place in [`Model::files`].
pub type File = usize;

/// Ids of files are made up: below all that a clock draws.
const FIRST_ID: u64 = 1 << 20;
/// Of so many files, one cannot be processed.
const UNUSABLE_EVERY: u64 = 7;

pub struct Kept {
    pub owner: Person,
    /// It was seen to be processed.
    pub is_ready: bool,
    /// A try to attach or delete it may have left a claim on it for good.
    pub may_be_claimed: bool,
    /// It was to have another preview: until that is made, it cannot be attached.
    pub was_given_preview: bool,
}

pub fn media_id(file: File) -> MediaId {
    MediaId(Id(FIRST_ID + file as u64))
}

/// Whether processing it comes to nothing.
pub fn is_unusable(id: MediaId) -> bool {
    id.0.0.is_multiple_of(UNUSABLE_EVERY)
}

impl Model {
    /// The statuses that were drafted with it.
    pub fn drafted_with(&self, file: File) -> impl Iterator<Item = Post> {
        let all = self.statuses.iter().enumerate();
        all.filter(move |(_, status)| status.media.contains(&file))
            .map(|(post, _)| post)
    }

    /// What the fact is for somebody who knows all.
    pub fn truly(&self, key: Key) -> Tri {
        let Some(fact) = self.fact(key) else {
            return Tri::No;
        };
        match fact.surely() {
            Some(value) => Tri::from(*value != Value::Off),
            None => Tri::Maybe,
        }
    }

    /// Whether the status stands and holds its files.
    pub fn holds(&self, post: Post) -> Tri {
        self.truly(Key::Created(post))
            .and(self.truly(Key::Deleted(post)).not())
    }

    /// Whether its owner can attach it to the next status, which is not `but`.
    pub fn is_free(&self, file: File, but: Option<Post>) -> Tri {
        let kept = &self.files[file];
        let there = self
            .truly(Key::FileThere(file))
            .and(self.truly(Key::FileGone(file)).not());
        let is_known = kept.is_ready && !kept.may_be_claimed && !kept.was_given_preview;
        let known = Tri::from(is_known).or(Tri::Maybe);
        let others = self.drafted_with(file).filter(|post| Some(*post) != but);
        let held = others.map(|post| {
            let may_come = self.truly(Key::Planned(post)).maybe();
            match self.truly(Key::Created(post)) {
                // Whoever creates it may have claimed it and never come to more.
                Tri::Maybe => Tri::Maybe,
                _ if may_come => Tri::Maybe,
                _ => self.holds(post),
            }
        });
        there.and(known).and(Tri::any(held).not())
    }

    /// Whether the gate lets the viewer have it.
    pub fn may_fetch(&self, look: Look, file: File) -> Tri {
        let there = self
            .on(Key::FileThere(file))
            .and(self.on(Key::FileGone(file)).not());
        let suspended = look.viewer.map_or(Tri::No, |viewer| self.suspended(viewer));
        let posts: Vec<Post> = self.drafted_with(file).collect();
        let seen = posts
            .iter()
            .map(|post| self.may_see(look, *post, Surface::ById));
        let mut may = Tri::any(seen);
        if look.viewer == Some(self.files[file].owner) {
            // Of what is half written or half deleted it is not known what it holds.
            let is_known = |post: &Post| {
                self.truly(Key::Created(*post)) != Tri::Maybe
                    && self.truly(Key::Deleted(*post)) != Tri::Maybe
            };
            let is_ready = self.files[file].is_ready && posts.iter().all(is_known);
            may = Tri::from(is_ready).or(Tri::Maybe);
        }
        there.and(may).and(suspended.not())
    }
}

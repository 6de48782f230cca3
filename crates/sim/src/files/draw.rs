//! What people do next with files.

use petrel_model::visibility::Visibility;

use super::FileDeed;
use crate::act::{Act, Deed};
use crate::draw::Draw;
use crate::model::files::{File, Kept};
use crate::model::{Key, Person, Post, What};

/// Among so many of their statuses with files something happens.
const RECENT: usize = 6;
/// Files that one person has lying about, at least.
const FREE_OF_ONE: usize = 3;
/// Of a thousand statuses, how many show files if there are any.
const WITH_FILES: u64 = 450;
/// Of a thousand files, how many are attached whatever is known of them.
const BLINDLY: u64 = 60;

impl Draw<'_> {
    pub fn file_act(&mut self, actor: Person) -> Act {
        let own: Vec<File> = (0..self.model.files.len())
            .filter(|file| self.model.files[*file].owner == actor)
            .filter(|file| self.model.truly(Key::FileThere(*file)).maybe())
            .filter(|file| !self.model.truly(Key::FileGone(*file)).surely())
            .collect();
        let free = own
            .iter()
            .filter(|file| self.model.is_free(**file, None).maybe())
            .count();
        let number = *self.number;
        if own.is_empty() || (free < FREE_OF_ONE && self.dice.happens(600)) {
            self.model.files.push(Kept {
                owner: actor,
                is_ready: false,
                may_be_claimed: false,
                was_given_preview: false,
            });
            let file = self.model.files.len() - 1;
            return Act::File(FileDeed::Upload(file, number));
        }
        let file = *self.dice.one_of(&own);
        match (self.dice.below(10), self.shows_files(actor)) {
            (0..3, _) => Act::File(FileDeed::Describe(file, number)),
            (3, _) if self.dice.happens(500) => {
                self.model.files[file].was_given_preview = true;
                Act::File(FileDeed::GivePreview(file))
            }
            (3, _) => Act::File(FileDeed::Delete(file)),
            (4..8, Some(post)) => Act::Delete(post),
            (8, Some(post)) => Act::DeleteWithMedia(post),
            _ => self.create(actor, None),
        }
    }

    /// A status of theirs that may show files.
    fn shows_files(&self, actor: Person) -> Option<Post> {
        let all = self.model.newest_first();
        let own = all.filter(|post| {
            let status = &self.model.statuses[*post];
            let is_own = status.author == actor && !status.media.is_empty();
            is_own && self.model.holds(*post).maybe()
        });
        let recent: Vec<Post> = own.take(RECENT).collect();
        (!recent.is_empty()).then(|| *self.dice.one_of(&recent))
    }

    /// Files for a status that is about to be written.
    pub fn files(&self, author: Person) -> Vec<File> {
        if !self.dice.happens(WITH_FILES) {
            return Vec::new();
        }
        let most = self.dice.between(1, 2) as usize;
        let blindly = self.dice.happens(BLINDLY);
        let mut files: Vec<File> = (0..self.model.files.len())
            .rev()
            .filter(|file| self.model.files[*file].owner == author)
            .filter(|file| blindly || self.model.files[*file].is_ready)
            .filter(|file| blindly || self.model.is_free(*file, None).maybe())
            .take(most + 1)
            .collect();
        if files.len() > most {
            files.remove(self.dice.index(files.len()));
        }
        files
    }

    /// Several deeds about the same files: what shows them is deleted, and they are attached anew,
    /// all at once or one after the other.
    pub fn file_duel(&mut self, actor: Person) -> Vec<Deed> {
        let Some(post) = self.shows_files(actor) else {
            let act = self.file_act(actor);
            return vec![self.deed_of(actor, act)];
        };
        let files = self.model.statuses[post].media.clone();
        let mut acts = vec![match self.dice.below(6) {
            0 => Act::DeleteWithMedia(post),
            _ => Act::Delete(post),
        }];
        for _ in 0..self.dice.between(1, 3) {
            let act = match self.dice.below(8) {
                0 => Act::Delete(post),
                1 => Act::File(FileDeed::Delete(files[0])),
                2 => Act::File(FileDeed::Describe(files[0], *self.number)),
                _ => self.anew(actor, &files),
            };
            acts.push(act);
        }
        acts.into_iter()
            .map(|act| self.deed_of(actor, act))
            .collect()
    }

    /// Another status with these files.
    fn anew(&mut self, actor: Person, files: &[File]) -> Act {
        let visibility =
            *self
                .dice
                .one_of(&[Visibility::Public, Visibility::Private, Visibility::Direct]);
        let act = self.create(actor, Some(visibility));
        if let Act::Create { post, .. } = act {
            let status = &mut self.model.statuses[post];
            debug_assert!(matches!(status.what, What::Own { .. }));
            status.poll = None;
            status.media = files.to_vec();
        }
        act
    }
}

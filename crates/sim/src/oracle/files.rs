//! Files: shown with the one status that they are attached to, to be had by whom the gate lets, and
//! their owner's again once that status is deleted.

use anyhow::{Result, bail, ensure};
use petrel_social::error::Error;
use petrel_social::media;
use petrel_social::views::StatusView;

use crate::act::{Act, Answer, Deed};
use crate::files::work::{FILE, PREVIEW_NAME};
use crate::model::files::{File, is_unusable, media_id};
use crate::model::{Key, Model, Person, Post, Value};
use crate::node::Node;
use crate::play::Play;

/// How a file is refused that is not there for whoever would attach it, and one that is not ready.
const REFUSALS: [&str; 2] = ["Media not found", "Cannot attach files that have not"];

impl Play {
    /// Somebody asks for a file.
    ///
    /// # Errors
    /// It is given and must not be, or is not and must be.
    pub async fn read_file(
        &mut self,
        node: &Node,
        viewer: Option<Person>,
        file: File,
    ) -> Result<()> {
        let Some(ctx) = self.enter_as(node, viewer).await? else {
            return Ok(());
        };
        let look = self.look(node, viewer);
        let fetched = media::fetch(&ctx, media_id(file), FILE, None).await;
        let may = self.model.may_fetch(look, file);
        match fetched {
            Ok(_) => {
                ensure!(
                    may.maybe() && !is_unusable(media_id(file)),
                    "{viewer:?} gets file {file} on {}: {}",
                    node.at,
                    self.model.about_file(file)
                );
                self.model.files[file].is_ready = true;
            }
            Err(Error::NotFound) => ensure!(
                !may.surely(),
                "{viewer:?} does not get file {file} on {}: {}",
                node.at,
                self.model.about_file(file)
            ),
            Err(Error::Store(_)) => {}
            Err(error) => bail!("file {file} cannot be fetched: {error}"),
        }
        Ok(())
    }

    /// Any file of a status, or any file; by its owner, a visitor, or anybody.
    ///
    /// # Errors
    /// As [`Play::read_file`].
    pub async fn read_some_file(&mut self, node: &Node, post: Option<Post>) -> Result<()> {
        let files: Vec<File> = match post {
            Some(post) => self.model.statuses[post].media.clone(),
            None => (0..self.model.files.len()).collect(),
        };
        if files.is_empty() {
            return Ok(());
        }
        let file = *self.dice.one_of(&files);
        let viewer = match self.dice.below(8) {
            0 => None,
            1..4 => Some(self.model.files[file].owner),
            _ => Some(self.dice.index(self.model.people.len())),
        };
        self.read_file(node, viewer, file).await
    }

    /// All files, by their owners and by two others.
    ///
    /// # Errors
    /// As [`Play::read_file`].
    pub async fn read_files(&mut self, node: &Node) -> Result<()> {
        for file in 0..self.model.files.len() {
            let owner = self.model.files[file].owner;
            let other = self.dice.index(self.model.people.len());
            for viewer in [Some(owner), Some(other), None] {
                self.read_file(node, viewer, file).await?;
            }
        }
        Ok(())
    }

    /// What the answer to a new status says of its files. `is_new` if this very try wrote it.
    ///
    /// # Errors
    /// It shows others than were sent, or one that it cannot have.
    pub fn judge_attached(&mut self, deed: &Deed, answer: &Answer, is_new: bool) -> Result<()> {
        let (Act::Create { post, .. }, Answer::Status(view)) = (&deed.act, answer) else {
            return Ok(());
        };
        self.model.judge_files(*post, view)?;
        if !is_new {
            return Ok(());
        }
        let files = self.model.statuses[*post].media.clone();
        for (file, shown) in files.into_iter().zip(&view.media) {
            ensure!(
                !is_unusable(shown.id) && !self.model.truly(Key::FileGone(file)).surely(),
                "status {post} was written with file {file}, which cannot be: {}",
                self.model.about_file(file)
            );
            self.model.files[file].is_ready = true;
            let fact = self.model.fact(Key::FileText(file));
            let says = Value::Text(shown.description.clone().unwrap_or_default());
            // What an earlier status said of it may be said of it again.
            let is_first = self.model.drafted_with(file).count() == 1;
            ensure!(
                !is_first || fact.is_some_and(|fact| fact.possible().any(|one| *one == says)),
                "file {file} of status {post} is described as {says:?}, but {fact:?}"
            );
        }
        Ok(())
    }

    /// A command was refused, or nobody knows what came of it.
    ///
    /// # Errors
    /// It was refused a file that was surely to be had.
    pub fn judge_unattached(&mut self, deed: &Deed, refused: Option<&Error>) -> Result<()> {
        let files: Vec<File> = match &deed.act {
            Act::Create { post, .. } => self.model.statuses[*post].media.clone(),
            Act::Plan(plan) => self.model.statuses[plan.post()].media.clone(),
            Act::File(file) => vec![file.file()],
            _ => return Ok(()),
        };
        if let (Act::Create { post, .. }, Some(Error::Refused(why))) = (&deed.act, refused)
            && REFUSALS.iter().any(|refusal| why.starts_with(refusal))
        {
            let free = |file: &File| self.model.is_free(*file, Some(*post)).surely();
            ensure!(
                files.is_empty() || !files.iter().all(free),
                "status {post} was refused its files ({why}), which are free: {}",
                self.model.about_file(files[0])
            );
        }
        // One of several may have been claimed before another was refused.
        if refused.is_none() || files.len() > 1 {
            for file in files {
                self.model.files[file].may_be_claimed = true;
            }
        }
        Ok(())
    }

    /// What these deeds came to leaves each file attached to one status at most, and nothing
    /// attached that its owner deleted.
    ///
    /// # Errors
    /// It does not.
    pub fn judge_holders<'a>(&self, deeds: impl Iterator<Item = &'a Deed>) -> Result<()> {
        for deed in deeds {
            let files = match &deed.act {
                Act::Create { post, .. } => self.model.statuses[*post].media.clone(),
                Act::File(file) => vec![file.file()],
                _ => continue,
            };
            for file in files {
                let held = self.model.drafted_with(file);
                let held = held.filter(|post| self.model.holds(*post).surely()).count();
                let is_dropped = self.model.truly(Key::FileDropped(file)).surely();
                ensure!(
                    held + usize::from(is_dropped) <= 1,
                    "file {file} is held {held} times, dropped: {is_dropped}: {}",
                    self.model.about_file(file)
                );
            }
        }
        Ok(())
    }
}

impl Model {
    /// A status shows the files that it was written with, whatever is edited.
    ///
    /// # Errors
    /// It does not.
    pub fn judge_files(&self, post: Post, view: &StatusView) -> Result<()> {
        let files = &self.statuses[post].media;
        let written = files.iter().map(|file| media_id(*file));
        ensure!(
            written.eq(view.media.iter().map(|media| media.id)),
            "status {post} was written with the files {files:?} and shows {:?}",
            view.media
        );
        for (file, media) in files.iter().zip(&view.media) {
            let preview = media.preview.as_ref();
            let is_given = preview.is_some_and(|shape| shape.file.starts_with(PREVIEW_NAME));
            ensure!(
                !is_given || self.files[*file].was_given_preview,
                "file {file} of status {post} is shown with {preview:?}, which nobody gave"
            );
        }
        Ok(())
    }

    /// All that is known of a file, for a complaint.
    fn about_file(&self, file: File) -> String {
        let fact = |key| self.fact(key).map(|fact| format!("{fact:?}"));
        let posts = self.drafted_with(file);
        let posts: Vec<String> = posts
            .map(|post| format!("status {post} ({})", self.why(post)))
            .collect();
        format!(
            "id {}, of {}, there {:?}, gone {:?}, shown by {posts:?}",
            media_id(file),
            self.files[file].owner,
            fact(Key::FileThere(file)),
            fact(Key::FileGone(file)),
        )
    }
}

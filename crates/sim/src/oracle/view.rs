//! One status as it is shown to one viewer, wherever.

use anyhow::{Result, bail, ensure};
use petrel_social::views::{RelationshipView, StatusView};
use std::ops::Not;

use crate::model::fact::Life;
use crate::model::gate::{Look, Surface};
use crate::model::reading::vote;
use crate::model::{Key, Mark, Model, Person, Post, Tie, Value, What};

/// Who was shown something, by which life of which node, and where.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub look: Look,
    pub life: Life,
    pub surface: Surface,
}

impl Shown {
    /// # Errors
    /// If it must not be shown, or says what nobody wrote.
    pub fn judge(&self, model: &mut Model, view: &StatusView) -> Result<Post> {
        let known = model.find(view.id);
        let Some(post) = known.or_else(|| model.find_published(view, self.look.now_ms)) else {
            bail!(
                "{self:?}: status {} was written by nobody: {:?}",
                view.id,
                view.text
            );
        };
        ensure!(
            model.may_see(self.look, post, self.surface).maybe(),
            "{self:?} was shown status {post} ({}), which must not be: {:?}",
            view.id,
            model.why(post)
        );
        let author = model.people[model.statuses[post].author].id;
        ensure!(
            view.account.id == author,
            "status {post} is by another: {view:?}"
        );
        self.judge_text(model, post, view)?;
        if let Some(viewer) = self.look.viewer {
            self.judge_marks(model, viewer, post, view)?;
        }
        Ok(post)
    }

    fn judge_text(&self, model: &mut Model, post: Post, view: &StatusView) -> Result<()> {
        match (&model.statuses[post].what, &view.reblog) {
            (What::Own { .. }, None) => {
                model.judge_files(post, view)?;
                model.judge_emojis(view)?;
                let versions = model.versions_shown(post);
                ensure!(
                    versions.iter().any(|version| version.text == view.text),
                    "{self:?}: status {post} is shown as {:?}, and must be one of {:?}",
                    view.text,
                    versions
                );
            }
            (What::Reblog { of }, Some(inner)) => {
                ensure!(
                    model.statuses[*of].id == Some(inner.id),
                    "reblog {post} reblogs {} and not {of}",
                    inner.id
                );
                let of = *of;
                self.judge_text(model, of, inner)?;
            }
            (what, shown) => bail!("status {post} is {what:?} and shown as {shown:?}"),
        }
        Ok(())
    }

    /// The viewer's own marks, which nobody knows better.
    fn judge_marks(
        &self,
        model: &mut Model,
        viewer: Person,
        post: Post,
        view: &StatusView,
    ) -> Result<()> {
        let Some(state) = view.viewer else {
            bail!("status {post} is shown to {viewer} without hearts");
        };
        let target = model.text_of(post);
        let root = model.statuses[target].root;
        let marks = [
            (Key::Mark(viewer, target, Mark::Favourite), state.favourited),
            (Key::Mark(viewer, target, Mark::Bookmark), state.bookmarked),
            (Key::Mark(viewer, root, Mark::ThreadMute), state.muted),
        ];
        for (key, on) in marks {
            ensure!(
                model.show(key, &Value::of(on), self.life),
                "{self:?}: {key:?} is shown as {on}, but is {:?}",
                model.fact(key)
            );
        }
        self.judge_filters(model, viewer, post, view)?;
        let poll = match &view.reblog {
            Some(inner) => &inner.poll,
            None => &view.poll,
        };
        if let Some(own) = poll.as_ref().and_then(|poll| poll.viewer.as_ref()) {
            let key = Key::Vote(viewer, target);
            ensure!(
                model.show(key, &vote(own.own_votes), self.life),
                "{self:?}: {key:?} is shown as {:?}, but is {:?}",
                own.own_votes,
                model.fact(key)
            );
        }
        let key = Key::Mark(viewer, target, Mark::Reblog);
        let may_be = model.is(key, |value| (*value != Value::Off) == state.reblogged);
        ensure!(
            may_be.maybe(),
            "{self:?}: {key:?} is shown as {}, but is {:?}",
            state.reblogged,
            model.fact(key)
        );
        Ok(())
    }

    /// What of the viewer's filters matches: nobody's own words are filtered.
    fn judge_filters(
        &self,
        model: &Model,
        viewer: Person,
        post: Post,
        view: &StatusView,
    ) -> Result<()> {
        let is_own = model.statuses[model.text_of(post)].author == viewer;
        for (at, filter) in model.filters.iter().enumerate() {
            let Some((id, _)) = filter.ids.filter(|_| filter.owner == viewer) else {
                continue;
            };
            let shown = view.filtered.iter().any(|result| result.filter.id == id);
            let text = view.reblog.as_ref().map_or(&view.text, |inner| &inner.text);
            let matches = model.filters(at, post, text);
            ensure!(
                match shown {
                    true => matches.maybe() && !is_own,
                    false => !matches.surely() || is_own,
                },
                "{self:?}: filter {at} of {viewer} matches {:?}: {shown}, but {matches:?}",
                view.text
            );
        }
        Ok(())
    }

    /// What the viewer and another are to each other.
    ///
    /// # Errors
    /// If it cannot be so.
    pub fn judge_tie(
        &self,
        model: &mut Model,
        other: Person,
        view: &RelationshipView,
    ) -> Result<()> {
        let Some(me) = self.look.viewer else {
            return Ok(());
        };
        let now_ms = self.look.now_ms;
        let tie = |kind| Key::Tie(me, other, kind);
        let says = [
            ("following", view.following, model.follows(me, other)),
            (
                "followed by",
                view.followed_by,
                model.follows_though_suspended(other, me),
            ),
            ("blocking", view.blocking, model.blocks(me, other)),
            ("blocked by", view.blocked_by, model.blocks(other, me)),
            ("muting", view.muting, model.mutes(me, other, now_ms, false)),
        ];
        for (what, shown, known) in says {
            let wrong = match shown {
                true => !known.maybe(),
                false => known.surely(),
            };
            // Of who is suspended nothing else is said.
            let is_gone = model.suspended(other).maybe() && !shown;
            ensure!(
                !wrong || is_gone,
                "{self:?}: {me} and {other}: {what} is {shown}, but {known:?}: {:?}",
                model.ties(me, other)
            );
        }
        if !view.blocking && !view.blocked_by && !model.suspended(other).maybe() {
            let shown = Value::of(view.following);
            if view.following || !model.blocks(me, other).or(model.blocks(other, me)).maybe() {
                model.show(tie(Tie::Follow), &shown, self.life);
            }
        }
        let note = match view.note.is_empty() {
            true => Value::Off,
            false => Value::Text(view.note.clone()),
        };
        ensure!(
            model.show(tie(Tie::Note), &note, self.life),
            "{self:?}: the note about {other} is {:?}, but {:?}",
            view.note,
            model.fact(tie(Tie::Note))
        );
        Ok(())
    }
}

impl Model {
    /// All that is known of a status, for a complaint.
    pub fn why(&self, post: Post) -> String {
        let status = &self.statuses[post];
        let fact = |key| self.fact(key).map(|fact| format!("{fact:?}"));
        let own = format!(
            "by {}, {:?}, {:?}, created {:?}, deleted {:?}, suspended {:?}, versions {:?}",
            status.author,
            status.visibility,
            status.what,
            fact(Key::Created(post)),
            fact(Key::Deleted(post)),
            fact(Key::Suspended(status.author)),
            self.versions_shown(post),
        );
        match status.what {
            What::Own { .. } => own,
            What::Reblog { of } => {
                let mark = fact(Key::Mark(status.author, of, Mark::Reblog));
                format!("{own}, mark {mark:?}, of: {}", self.why(of))
            }
        }
    }

    /// All facts between two, for a complaint.
    pub fn ties(&self, one: Person, other: Person) -> Vec<String> {
        let between = |key: &Key| match key {
            Key::Tie(a, b, _) => [(one, other), (other, one)].contains(&(*a, *b)),
            _ => false,
        };
        let facts = self.facts().filter(|(key, _)| between(key));
        facts
            .map(|(key, fact)| format!("{key:?}: {fact:?}"))
            .collect()
    }

    fn follows_though_suspended(&self, person: Person, other: Person) -> crate::tri::Tri {
        self.on(Key::Tie(person, other, Tie::Follow))
            .and(self.blocks(person, other).not())
            .and(self.blocks(other, person).not())
    }
}

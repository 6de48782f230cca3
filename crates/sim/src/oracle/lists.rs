//! Hearts against lists: what one's own heart says is what the lists say.

use std::collections::BTreeSet;
use std::ops::Not;

use anyhow::{Result, bail, ensure};
use petrel_model::id::AccountId;
use petrel_social::error::{Error, Result as Answer};
use petrel_social::page::{Page, PageRequest};
use petrel_social::views::StatusView;
use petrel_social::{marks, relations};

use super::view::Shown;
use crate::model::gate::Surface;
use crate::model::{Key, Mark, Person, Post, Tie};
use crate::node::Node;
use crate::play::Play;
use crate::tri::Tri;

/// More than any list of the simulation has.
const ALL: usize = 500;

impl Play {
    /// One's own favourites or bookmarks.
    ///
    /// # Errors
    /// If list and heart disagree.
    pub async fn read_own_marks(&mut self, node: &Node, me: Person, mark: Mark) -> Result<()> {
        let Some(ctx) = self.enter(node, me).await? else {
            return Ok(());
        };
        let page = PageRequest::first(ALL);
        let read = match mark {
            Mark::Favourite => marks::favourites(&ctx, page).await,
            _ => marks::bookmarks(&ctx, page).await,
        };
        let Some(views) = answered(read)? else {
            return Ok(());
        };
        let there = self.judge_all(node, Some(me), Surface::Kept, &views)?;
        let look = self.look(node, Some(me));
        for post in 0..self.model.statuses.len() {
            let listed = self.model.marked(me, post, mark).and(self.model.may_see(
                look,
                post,
                Surface::Kept,
            ));
            self.agree(&there, post, listed, || {
                format!("{mark:?} of {me} on {}", node.at)
            })?;
        }
        Ok(())
    }

    /// Who favourited or reblogged a status, as its author sees it.
    ///
    /// # Errors
    /// If list and heart disagree.
    pub async fn read_who(&mut self, node: &Node, post: Post, mark: Mark) -> Result<()> {
        let author = self.model.statuses[post].author;
        let (Some(id), Some(ctx)) = (
            self.model.statuses[post].id,
            self.enter(node, author).await?,
        ) else {
            return Ok(());
        };
        let page = PageRequest::first(ALL);
        let read = match mark {
            Mark::Favourite => marks::favourited_by(&ctx, id, page).await,
            _ => marks::reblogged_by(&ctx, id, page).await,
        };
        let look = self.look(node, Some(author));
        if matches!(read, Err(Error::NotFound)) {
            let sees = self.model.may_see(look, post, Surface::ById);
            ensure!(
                !sees.surely(),
                "status {post} is not found by its author: {}",
                self.model.why(post)
            );
            return Ok(());
        }
        let Some(page) = answered(read)? else {
            return Ok(());
        };
        let there = self.people_of(page.iter().map(|view| view.id))?;
        for person in 0..self.model.people.len() {
            let mut listed = self
                .model
                .marked(person, post, mark)
                .and(self.model.may_see_person(look, person, Surface::Timeline));
            if mark == Mark::Reblog && person != author {
                // A reblog that is for its author's followers only is told to nobody else.
                listed = listed.min(Tri::Maybe);
            }
            self.agree(&there, person, listed, || {
                format!(
                    "{mark:?} of status {post} on {}: {:?}",
                    node.at,
                    self.model.fact(Key::Mark(person, post, mark))
                )
            })?;
        }
        Ok(())
    }

    /// Followers, followees, requests, blocks and mutes, as the person sees them.
    ///
    /// # Errors
    /// If the lists say something else than the relationships.
    pub async fn read_ties(&mut self, node: &Node, me: Person) -> Result<()> {
        let Some(ctx) = self.enter(node, me).await? else {
            return Ok(());
        };
        let my_id = self.model.people[me].id;
        let page = PageRequest::first(ALL);
        let people = 0..self.model.people.len();
        let others: Vec<Person> = people.filter(|other| *other != me).collect();
        let ids: Vec<AccountId> = others
            .iter()
            .map(|other| self.model.people[*other].id)
            .collect();
        if let Some(views) = answered_all(relations::relationships(&ctx, &ids).await)? {
            let shown = Shown {
                look: self.look(node, Some(me)),
                life: self.life(node),
                surface: Surface::ById,
            };
            for view in views {
                let other = self.model.person(view.id);
                let other = other.ok_or_else(|| anyhow::anyhow!("a stranger: {view:?}"))?;
                shown.judge_tie(&mut self.model, other, &view)?;
            }
        }
        let followers = relations::followers(&ctx, my_id, page).await;
        if let Some(views) = answered(followers)? {
            let there = self.people_of(views.iter().map(|view| view.id))?;
            self.agree_ties(&others, &there, node, "followers", |play, other| {
                let on = play.model.on(Key::Tie(other, me, Tie::Follow));
                on.and(play.model.suspended(other).not())
                    .and(play.stands_open(me, other))
            })?;
        }
        let following = relations::following(&ctx, my_id, page).await;
        if let Some(views) = answered(following)? {
            let there = self.people_of(views.iter().map(|view| view.id))?;
            self.agree_ties(&others, &there, node, "following", |play, other| {
                let on = play.model.on(Key::Tie(me, other, Tie::Follow));
                on.and(play.model.suspended(other).not())
                    .and(play.stands_open(me, other))
            })?;
        }
        if let Some(views) = answered(relations::follow_requests(&ctx, page).await)? {
            let there = self.people_of(views.iter().map(|view| view.id))?;
            self.agree_ties(&others, &there, node, "requests", |play, other| {
                let on = play.model.on(Key::Tie(other, me, Tie::Request));
                on.and(play.model.suspended(other).not())
                    .and(play.stands_open(me, other))
            })?;
        }
        if let Some(views) = answered(relations::blocks(&ctx, page).await)? {
            let there = self.people_of(views.iter().map(|view| view.id))?;
            self.agree_ties(&others, &there, node, "blocks", |play, other| {
                play.model
                    .blocks(me, other)
                    .and(play.model.suspended(other).not())
            })?;
        }
        if let Some(views) = answered(relations::mutes(&ctx, page).await)? {
            let there = self.people_of(views.iter().map(|(view, _)| view.id))?;
            let now_ms = self.now_ms(node);
            self.agree_ties(&others, &there, node, "mutes", |play, other| {
                let mutes = play.model.mutes(me, other, now_ms, false);
                mutes.and(play.model.suspended(other).not())
            })?;
        }
        Ok(())
    }

    /// Where somebody blocks somebody, a list of both may say either.
    fn stands_open(&self, one: Person, other: Person) -> Tri {
        let blocked = self
            .model
            .blocks(one, other)
            .or(self.model.blocks(other, one));
        match blocked {
            Tri::No => Tri::Yes,
            _ => Tri::Maybe,
        }
    }

    fn agree_ties(
        &self,
        others: &[Person],
        there: &BTreeSet<Person>,
        node: &Node,
        list: &str,
        known: impl Fn(&Play, Person) -> Tri,
    ) -> Result<()> {
        for other in others {
            let listed = known(self, *other);
            self.agree(there, *other, listed, || format!("{list} on {}", node.at))?;
        }
        Ok(())
    }

    fn agree(
        &self,
        there: &BTreeSet<usize>,
        one: usize,
        listed: Tri,
        about: impl Fn() -> String,
    ) -> Result<()> {
        match there.contains(&one) {
            true => ensure!(
                listed.maybe(),
                "{}: {one} is listed and must not be",
                about()
            ),
            false => ensure!(!listed.surely(), "{}: {one} is not listed", about()),
        }
        Ok(())
    }

    /// # Errors
    /// A list that names somebody twice, or a stranger.
    pub fn people_of(&self, ids: impl Iterator<Item = AccountId>) -> Result<BTreeSet<Person>> {
        let mut people = BTreeSet::new();
        for id in ids {
            let Some(person) = self.model.person(id) else {
                continue;
            };
            ensure!(people.insert(person), "a list names {person} twice");
        }
        Ok(people)
    }

    /// All of these were shown to the viewer there.
    ///
    /// # Errors
    /// One must not be, or is there twice.
    pub fn judge_all(
        &mut self,
        node: &Node,
        viewer: Option<Person>,
        surface: Surface,
        views: &[StatusView],
    ) -> Result<BTreeSet<Post>> {
        let shown = Shown {
            look: self.look(node, viewer),
            life: self.life(node),
            surface,
        };
        let mut there = BTreeSet::new();
        for view in views {
            let post = shown.judge(&mut self.model, view)?;
            ensure!(
                there.insert(post),
                "{shown:?} was shown status {post} twice"
            );
        }
        Ok(there)
    }
}

/// The answer, or none if the store was silent or the person is not there any more.
pub fn answered<T>(read: Answer<Page<T>>) -> Result<Option<Vec<T>>> {
    Ok(answered_all(read)?.map(|page| page.items))
}

/// # Errors
/// Any other refusal.
pub fn answered_all<T>(read: Answer<T>) -> Result<Option<T>> {
    match read {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Store(_) | Error::NotFound | Error::Unauthenticated | Error::Forbidden(_)) => {
            Ok(None)
        }
        Err(error) => bail!("a read was refused: {error}"),
    }
}

//! What users look at, at random, after each step.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use petrel_social::error::Error;
use petrel_social::notifications::NotificationFilter;
use petrel_social::page::PageRequest;
use petrel_social::statuses::AccountFilter;
use petrel_social::views::NotificationKind;
use petrel_social::{Ctx, notifications, statuses};

use super::lists::{answered, answered_all};
use super::view::Shown;
use crate::act::{Act, Deed, enter, enter_with};
use crate::model::gate::Surface;
use crate::model::{Mark, Person, Post};
use crate::node::Node;
use crate::play::Play;

impl Play {
    /// Lets the person in on the node; none if it does not answer, or does not let them in.
    ///
    /// # Errors
    /// It lets somebody in who is suspended.
    pub async fn enter(&mut self, node: &Node, person: Person) -> Result<Option<Ctx>> {
        match enter(node, &self.model, person).await {
            Ok(ctx) => {
                ensure!(
                    !self.model.suspended(person).surely(),
                    "node {} lets {person} in, who is suspended",
                    node.at
                );
                Ok(Some(ctx))
            }
            Err(_) => Ok(None),
        }
    }

    /// # Errors
    /// As [`Play::enter`].
    pub async fn enter_as(&mut self, node: &Node, person: Option<Person>) -> Result<Option<Ctx>> {
        match person {
            Some(person) => self.enter(node, person).await,
            None => Ok(match node.store.attend(None).await {
                Ok(()) => Some(node.anonymous()),
                Err(_) => None,
            }),
        }
    }

    /// Somebody looks at something.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn look_around(&mut self) -> Result<()> {
        let Ok(node) = self.any_node() else {
            return Ok(());
        };
        let person = self.dice.skewed(self.model.people.len());
        let viewer = (!self.dice.happens(120)).then_some(person);
        let Some(post) = self.some_post() else {
            return Ok(());
        };
        match self.dice.below(32) {
            0..5 => self.read_status(&node, viewer, post).await,
            5..9 => {
                let upwards = self.dice.happens(350);
                self.read_home(&node, person, upwards).await
            }
            9..11 => self.read_profile(&node, viewer, post).await,
            11..13 => self.read_thread(&node, viewer, post).await,
            13 => self.read_own_marks(&node, person, Mark::Favourite).await,
            14 => self.read_own_marks(&node, person, Mark::Bookmark).await,
            15..17 => {
                let target = self.model.text_of(post);
                self.read_who(&node, target, Mark::Favourite).await
            }
            17 => {
                let target = self.model.text_of(post);
                self.read_who(&node, target, Mark::Reblog).await
            }
            18..20 => self.read_ties(&node, person).await,
            20 => self.read_public(&node, viewer).await,
            21 => self.read_notifications(&node, person).await,
            22 => self.search(&node, viewer).await,
            23 => self.read_lists(&node, person).await,
            24 => self.read_conversations(&node, person).await,
            25..29 => self.read_some_file(&node, None).await,
            29 => self.read_plans(&node, person).await,
            30 => {
                let other = self.dice.index(self.model.people.len());
                self.read_person(&node, viewer, other).await
            }
            _ => self.try_dead_token(&node, person).await,
        }
    }

    /// Whom a deed concerns looks at what became of it.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn look_after(&mut self, deed: &Deed) -> Result<()> {
        let Ok(node) = self.any_node() else {
            return Ok(());
        };
        match deed.act {
            Act::Create { post, .. } | Act::Delete(post) | Act::DeleteWithMedia(post) => {
                self.read_status(&node, Some(deed.actor), post).await?;
                self.read_some_file(&node, Some(post)).await
            }
            Act::Look(_) => self.read_person(&node, Some(deed.actor), deed.actor).await,
            Act::Plan(_) => self.read_plans(&node, deed.actor).await,
            Act::File(ref file) => self.read_file(&node, Some(deed.actor), file.file()).await,
            Act::Edit { post, .. } | Act::Set(post, ..) => {
                self.read_status(&node, Some(deed.actor), post).await
            }
            Act::Reblog { of, .. } | Act::Unreblog(of) => {
                self.read_status(&node, Some(deed.actor), of).await
            }
            Act::Follow { other, .. } | Act::Unfollow(other) | Act::Block(other) => {
                let who = *self.dice.one_of(&[deed.actor, other]);
                self.read_ties(&node, who).await
            }
            Act::RemoveFollower(other) => self.read_home(&node, other, false).await,
            _ => Ok(()),
        }
    }

    fn some_post(&self) -> Option<Post> {
        let recent: Vec<Post> = self.model.newest_first().take(30).collect();
        (!recent.is_empty()).then(|| recent[self.dice.skewed(recent.len())])
    }

    /// # Errors
    /// It is shown and must not be, or is not and must be.
    pub async fn read_status(
        &mut self,
        node: &Node,
        viewer: Option<Person>,
        post: Post,
    ) -> Result<()> {
        let (Some(id), Some(ctx)) = (
            self.model.statuses[post].id,
            self.enter_as(node, viewer).await?,
        ) else {
            return Ok(());
        };
        let shown = Shown {
            look: self.look(node, viewer),
            life: self.life(node),
            surface: Surface::ById,
        };
        match statuses::get(&ctx, id).await {
            Ok(view) => {
                let found = shown.judge(&mut self.model, &view)?;
                ensure!(found == post, "status {post} is shown as {found}");
            }
            Err(Error::NotFound) => ensure!(
                !self.model.may_see(shown.look, post, Surface::ById).surely(),
                "{shown:?}: status {post} ({id}) is not found: {}",
                self.model.why(post)
            ),
            Err(Error::Store(_)) => {}
            Err(error) => bail!("status {post} cannot be read: {error}"),
        }
        Ok(())
    }

    async fn read_profile(
        &mut self,
        node: &Node,
        viewer: Option<Person>,
        post: Post,
    ) -> Result<()> {
        let Some(ctx) = self.enter_as(node, viewer).await? else {
            return Ok(());
        };
        let person = self.model.statuses[post].author;
        let id = self.model.people[person].id;
        let filter = AccountFilter {
            pinned: self.dice.happens(200),
            ..AccountFilter::default()
        };
        let pinned = filter.pinned;
        let page = PageRequest::first(400);
        let Some(views) = answered(statuses::of_account(&ctx, id, filter, page).await)? else {
            return Ok(());
        };
        let there = self.judge_all(node, viewer, Surface::Profile, &views)?;
        let look = self.look(node, viewer);
        for post in self.model.newest_first().collect::<Vec<_>>() {
            if self.model.statuses[post].author != person {
                continue;
            }
            let mut sees = self.model.may_see(look, post, Surface::Profile);
            if pinned {
                sees = sees.and(self.model.marked(person, post, Mark::Pin));
            }
            ensure!(
                there.contains(&post) || !sees.surely(),
                "the profile of {person} (pinned: {pinned}) on {} lacks status {post} for {viewer:?}: {}",
                node.at,
                self.model.why(post)
            );
            ensure!(
                !there.contains(&post) || sees.maybe(),
                "the profile of {person} (pinned: {pinned}) on {} has status {post} for {viewer:?}",
                node.at
            );
        }
        Ok(())
    }

    async fn read_thread(&mut self, node: &Node, viewer: Option<Person>, post: Post) -> Result<()> {
        let (Some(id), Some(ctx)) = (
            self.model.statuses[post].id,
            self.enter_as(node, viewer).await?,
        ) else {
            return Ok(());
        };
        let Some((above, below)) = answered_all(statuses::context(&ctx, id).await)? else {
            return Ok(());
        };
        let mut there: BTreeSet<Post> = self.judge_all(node, viewer, Surface::Thread, &above)?;
        there.extend(self.judge_all(node, viewer, Surface::Thread, &below)?);
        Ok(())
    }

    async fn read_notifications(&mut self, node: &Node, me: Person) -> Result<()> {
        let Some(ctx) = self.enter(node, me).await? else {
            return Ok(());
        };
        let page = PageRequest::first(100);
        let filter = NotificationFilter::default();
        let Some(views) = answered(notifications::list(&ctx, filter, page).await)? else {
            return Ok(());
        };
        let shown = Shown {
            look: self.look(node, Some(me)),
            life: self.life(node),
            surface: Surface::Notification,
        };
        let (mut told, mut updates) = (BTreeSet::new(), BTreeSet::new());
        let mut mentions = BTreeSet::new();
        for view in &views {
            ensure!(told.insert(view.id), "{me} is told {} twice", view.id);
            let edited = view.status.as_ref().map(|status| status.id);
            if view.kind == NotificationKind::Update {
                ensure!(
                    updates.insert(edited),
                    "{me} is told of two edits of {edited:?}"
                );
            }
            let Some(from) = self.model.person(view.account.id) else {
                continue;
            };
            let sees = self
                .model
                .may_see_person(shown.look, from, Surface::Notification);
            ensure!(
                sees.maybe(),
                "{shown:?} is told of {from}: {view:?}; {:?}",
                self.model.ties(me, from)
            );
            let Some(status) = &view.status else {
                continue;
            };
            let post = shown.judge(&mut self.model, status)?;
            if view.kind == NotificationKind::Mention {
                ensure!(
                    mentions.insert(post) && self.model.names(post, me).maybe(),
                    "{shown:?} is told that {post} names them, twice or wrongly: {}",
                    self.model.why(post)
                );
            }
            let company = match view.kind {
                NotificationKind::Mention => Surface::Notification,
                NotificationKind::Status => Surface::Timeline,
                _ => continue,
            };
            ensure!(
                !self.model.brings_along(shown.look, post, company).surely(),
                "{shown:?} is told of {post} by {from} in bad company: {}",
                self.model.why(post)
            );
        }
        self.last_notifications
            .insert(me, views.iter().map(|view| view.id).collect());
        Ok(())
    }

    async fn search(&mut self, node: &Node, viewer: Option<Person>) -> Result<()> {
        let Some(ctx) = self.enter_as(node, viewer).await? else {
            return Ok(());
        };
        let Some(found) = answered_all(node.search.accounts(&ctx, "p", 80, 0, false).await)? else {
            return Ok(());
        };
        let look = self.look(node, viewer);
        let there = self.people_of(found.iter().map(|view| view.id))?;
        for person in 0..self.model.people.len() {
            let sees = self.model.may_see_person(look, person, Surface::Search);
            ensure!(
                !there.contains(&person) || sees.maybe(),
                "{viewer:?} finds {person} on {}, who is gone",
                node.at
            );
        }
        Ok(())
    }

    /// A token that was taken away lets nobody in, wherever.
    async fn try_dead_token(&mut self, node: &Node, person: Person) -> Result<()> {
        let dead = &self.model.people[person].dead_tokens;
        if dead.is_empty() {
            return Ok(());
        }
        let token = self.dice.one_of(dead).clone();
        if let Ok(ctx) = enter_with(node, &token).await {
            bail!(
                "a token of {person} that was taken away lets in {:?} on {}",
                ctx.caller,
                node.at
            );
        }
        Ok(())
    }
}

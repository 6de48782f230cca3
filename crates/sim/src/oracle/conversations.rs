//! Conversations: direct statuses, by who takes part.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use petrel_model::visibility::Visibility;
use petrel_social::conversations;
use petrel_social::page::PageRequest;

use super::lists::answered;
use super::view::Shown;
use crate::model::gate::{Look, Surface};
use crate::model::{Key, Mark, Person, Post, What};
use crate::node::Node;
use crate::play::Play;
use crate::tri::Tri;

/// More than anybody has.
const ALL: usize = 400;

impl Play {
    /// Each conversation once, with a direct status that its reader may see; and none that has
    /// news is missing.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn read_conversations(&mut self, node: &Node, me: Person) -> Result<()> {
        let Some(ctx) = self.enter(node, me).await? else {
            return Ok(());
        };
        let read = conversations::list(&ctx, PageRequest::first(ALL)).await;
        let Some(views) = answered(read)? else {
            return Ok(());
        };
        let shown = Shown {
            look: self.look(node, Some(me)),
            life: self.life(node),
            surface: Surface::ById,
        };
        let mut ids = BTreeSet::new();
        let mut newest: Vec<Post> = Vec::new();
        for view in &views {
            ensure!(
                ids.insert(view.id),
                "{me} has conversation {} twice",
                view.id
            );
            let Some(last) = &view.last_status else {
                continue;
            };
            let post = shown.judge(&mut self.model, last)?;
            ensure!(
                self.model.statuses[post].visibility == Visibility::Direct,
                "{me} has a conversation with status {post}, which is for others too"
            );
            newest.push(post);
        }
        for post in self.model.newest_first().collect::<Vec<_>>() {
            if !self.surely_has_part(shown.look, me, post).surely() {
                continue;
            }
            let (root, id) = (self.model.statuses[post].root, self.model.statuses[post].id);
            let covers = |last: &&Post| {
                let last = &self.model.statuses[**last];
                last.root == root && last.id >= id
            };
            ensure!(
                newest.iter().any(|last| covers(&last)),
                "the conversations of {me} on {} lack status {post}: {}",
                node.at,
                self.model.why(post)
            );
        }
        self.model
            .conversations
            .insert(me, ids.into_iter().collect());
        Ok(())
    }

    /// As far as is easily told: nothing was removed, muted, edited, and nobody in it is blocked.
    fn surely_has_part(&self, look: Look, me: Person, post: Post) -> Tri {
        let model = &self.model;
        let status = &model.statuses[post];
        let is_plain = status.visibility == Visibility::Direct
            && matches!(status.what, What::Own { .. })
            && status.versions.len() == 1
            && !model.removed_some.contains(&me);
        if !is_plain {
            return Tri::No;
        }
        let surface = match status.author == me {
            true => Surface::ById,
            false => Surface::Notification,
        };
        let named = status.versions.iter().flat_map(|version| &version.mentions);
        let members = named.map(|(named, _)| *named).chain([status.author]);
        let blocks = Tri::any(members.map(|member| model.blocks(me, member)));
        model
            .may_see(look, post, surface)
            .and(!blocks)
            .and(!model.on(Key::Mark(me, status.root, Mark::ThreadMute)))
    }
}

//! Home, read from one end to the other, and what everybody sees.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use petrel_model::id::Id;
use petrel_model::visibility::Visibility;
use petrel_social::error::Error;
use petrel_social::page::PageRequest;
use petrel_social::views::StatusView;
use petrel_timeline::PublicFilter;

use super::view::Shown;
use crate::model::gate::{Look, Surface};
use crate::model::{Person, Post, What};
use crate::node::Node;
use crate::play::Play;

impl Play {
    /// The viewer's home on this node, page by page: downwards from the newest, or upwards from
    /// the oldest. It must be exactly what the facts say.
    ///
    /// # Errors
    /// What it shows and must not, or does not show and must.
    pub async fn read_home(&mut self, node: &Node, viewer: Person, upwards: bool) -> Result<()> {
        let Some(ctx) = self.enter(node, viewer).await? else {
            return Ok(());
        };
        let limit = self.dice.between(1, 40) as usize;
        let mut page = PageRequest {
            min_id: upwards.then_some(Id(1)),
            ..PageRequest::first(limit)
        };
        let mut views: Vec<StatusView> = Vec::new();
        loop {
            let read = match node.timelines.home(&ctx, page).await {
                Ok(read) => read,
                Err(Error::Store(_)) => return Ok(()),
                Err(error) => bail!("home of {viewer} cannot be read: {error}"),
            };
            let is_end = match upwards {
                true => read.items.is_empty(),
                false => read.next_max_id.is_none(),
            };
            match upwards {
                true => {
                    page.min_id = read.prev_min_id.or(page.min_id);
                    views.splice(0..0, read.items);
                }
                false => {
                    page.max_id = read.next_max_id;
                    views.extend(read.items);
                }
            }
            if is_end {
                break;
            }
        }
        let shown = Shown {
            look: self.look(node, Some(viewer)),
            life: self.life(node),
            surface: Surface::Timeline,
        };
        self.judge_home(shown, viewer, &views, upwards)
    }

    fn judge_home(
        &mut self,
        shown: Shown,
        viewer: Person,
        views: &[StatusView],
        upwards: bool,
    ) -> Result<()> {
        for pair in views.windows(2) {
            ensure!(
                pair[0].id > pair[1].id,
                "home of {viewer} (upwards: {upwards}) has {} before {}",
                pair[0].id,
                pair[1].id
            );
        }
        for view in views {
            shown.judge(&mut self.model, view)?;
        }
        let there: BTreeSet<Post> = views
            .iter()
            .filter_map(|view| self.model.find(view.id))
            .collect();
        for (post, verdict) in self.model.home(viewer, shown.look.now_ms) {
            let is_there = there.contains(&post);
            let wrong = match is_there {
                true => !verdict.maybe(),
                false => verdict.surely(),
            };
            ensure!(
                !wrong,
                "home of {viewer} on {:?} (upwards: {upwards}): status {post} is {} and must {} be: {}; {:?}",
                shown.life,
                if is_there { "there" } else { "not there" },
                if is_there { "not" } else { "" },
                self.model.why(post),
                self.model.ties(viewer, self.model.statuses[post].author)
            );
        }
        Ok(())
    }

    /// The public timeline for somebody, or for a visitor.
    ///
    /// # Errors
    /// What it shows and must not, or does not show and must.
    pub async fn read_public(&mut self, node: &Node, viewer: Option<Person>) -> Result<()> {
        let Some(ctx) = self.enter_as(node, viewer).await? else {
            return Ok(());
        };
        let mut page = PageRequest::first(40);
        let mut there = BTreeSet::new();
        let shown = Shown {
            look: self.look(node, viewer),
            life: self.life(node),
            surface: Surface::Timeline,
        };
        loop {
            let filter = PublicFilter::default();
            let read = match node.timelines.public(&ctx, filter, page).await {
                Ok(read) => read,
                Err(Error::Store(_)) => return Ok(()),
                Err(error) => bail!("the public timeline cannot be read: {error}"),
            };
            for view in &read.items {
                let post = shown.judge(&mut self.model, view)?;
                ensure!(
                    there.insert(post),
                    "the public timeline repeats status {post}"
                );
            }
            page.max_id = read.next_max_id;
            if page.max_id.is_none() {
                break;
            }
        }
        // The log may begin later than some.
        let oldest = there
            .iter()
            .filter_map(|post| self.model.statuses[*post].id)
            .min();
        for post in self.model.newest_first().collect::<Vec<_>>() {
            let status = &self.model.statuses[post];
            let is_reply_to_other = match status.what {
                What::Own {
                    parent: Some(parent),
                } => self.model.statuses[parent].author != status.author,
                What::Own { parent: None } => false,
                What::Reblog { .. } => true,
            };
            if status.visibility != Visibility::Public || is_reply_to_other || status.id < oldest {
                continue;
            }
            let sees = self.model.may_see(shown.look, post, Surface::Timeline);
            ensure!(
                !sees.surely() || there.contains(&post) || oldest.is_none(),
                "{shown:?}: status {post} is not in the public timeline: {}",
                self.model.why(post)
            );
        }
        Ok(())
    }

    /// How somebody sees the world now. What they are shown is judged as of the moment in which
    /// they asked or later, so this is called before the question.
    pub fn look(&self, node: &Node, viewer: Option<Person>) -> Look {
        self.model.seen_by(viewer, self.run_ms());
        Look {
            viewer,
            now_ms: self.now_ms(node),
        }
    }
}

//! What is read beside home: the timelines of lists, and who is on them.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use petrel_social::account_lists::{self, MemberPage};
use petrel_social::page::PageRequest;
use petrel_social::reports::{self, ReportSummary};
use petrel_social::{domain_blocks, featured_tags, tag_follows};

use super::lists::{answered, answered_all};
use crate::model::gate::Surface;
use crate::model::reading::{DOMAINS, TAGS, report};
use crate::model::{Key, List, Person, Tie};
use crate::node::Node;
use crate::play::Play;

const PAGE: usize = 40;
/// More than there are.
const ALL_REPORTS: usize = 1_000;

impl Play {
    /// One's lists: who is on them, and that their timelines show nobody else. And the hashtags
    /// that one follows.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn read_lists(&mut self, node: &Node, me: Person) -> Result<()> {
        let Some(ctx) = self.enter(node, me).await? else {
            return Ok(());
        };
        let page = PageRequest::first(PAGE);
        let followed = tag_follows::followed(&ctx, page).await;
        let featured = featured_tags::own(&ctx).await;
        let featured = featured.map(|own| own.into_iter().map(|view| view.name).collect());
        let domains = domain_blocks::list(&ctx, page).await;
        let _ = self.look(node, Some(me));
        let tag = |at| Key::TagFollow(me, at);
        self.agree_names(node, &TAGS, answered(followed)?, tag)?;
        let tag = |at| Key::Featured(me, at);
        self.agree_names(node, &TAGS, answered_all(featured)?, tag)?;
        let domain = |at| Key::DomainBlock(me, at);
        self.agree_names(node, &DOMAINS, answered(domains)?, domain)?;
        let own: Vec<List> = (0..self.model.lists.len())
            .filter(|list| self.model.lists[*list].owner == me)
            .collect();
        for list in own {
            self.read_list(node, &ctx, me, list).await?;
        }
        Ok(())
    }

    /// Operators see each report once, and none that was acknowledged is missing.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn read_reports(&mut self, node: &Node) -> Result<()> {
        let listed = reports::list(&node.system(), ALL_REPORTS).await?;
        let _ = self.look(node, None);
        for number in 1..=self.model.reports {
            let comment = report(number);
            let same = |one: &&ReportSummary| one.report.comment == comment;
            let count = listed.iter().filter(same).count();
            let told = self.model.on(Key::Reported(number));
            ensure!(
                (usize::from(told.surely())..=usize::from(told.maybe())).contains(&count),
                "report {number} is listed {count} times, but {told:?}"
            );
        }
        Ok(())
    }

    /// Of these names those are shown that are on.
    fn agree_names(
        &self,
        node: &Node,
        names: &[&str],
        shown: Option<Vec<String>>,
        key: impl Fn(usize) -> Key,
    ) -> Result<()> {
        let Some(shown) = shown else { return Ok(()) };
        for (at, name) in names.iter().enumerate() {
            let on = self.model.on(key(at));
            let is_shown = shown.iter().any(|shown| shown == name);
            let agrees = if is_shown { on.maybe() } else { !on.surely() };
            ensure!(
                agrees,
                "{:?} ({name}) on {}: {is_shown}, but {:?}",
                key(at),
                node.at,
                self.model.fact(key(at))
            );
        }
        Ok(())
    }

    async fn read_list(
        &mut self,
        node: &Node,
        ctx: &petrel_social::Ctx,
        me: Person,
        list: List,
    ) -> Result<()> {
        let Some(id) = self.model.lists[list].id else {
            return Ok(());
        };
        let read = account_lists::accounts(ctx, id, MemberPage::All).await;
        let _ = self.look(node, Some(me));
        let there = self.model.on(Key::ListThere(list));
        let Some(page) = answered_all(read)? else {
            return Ok(());
        };
        ensure!(there.maybe(), "list {list} is there on {}", node.at);
        let members = self.people_of(page.items.iter().map(|view| view.id))?;
        for other in 0..self.model.people.len() {
            let is_member = self.model.on(Key::ListMember(list, other));
            let stands = self.model.on(Key::Tie(me, other, Tie::Follow));
            let seen = stands
                .and(is_member)
                .and(!self.model.suspended(other))
                .and(!self.model.blocks(me, other))
                .and(!self.model.blocks(other, me));
            ensure!(
                match members.contains(&other) {
                    true => is_member.maybe(),
                    false => !seen.surely(),
                },
                "list {list} of {me} on {}: {other} is {}, but {:?}",
                node.at,
                if members.contains(&other) {
                    "on it"
                } else {
                    "not on it"
                },
                self.model.fact(Key::ListMember(list, other))
            );
        }
        let page = PageRequest::first(PAGE);
        let Some(views) = answered(node.timelines.list(ctx, id, page).await)? else {
            return Ok(());
        };
        let shown: BTreeSet<_> = self.judge_all(node, Some(me), Surface::Timeline, &views)?;
        for post in shown {
            let author = self.model.statuses[post].author;
            let is_read = self
                .model
                .on(Key::ListMember(list, author))
                .and(self.model.follows(me, author));
            ensure!(
                author == me || is_read.maybe(),
                "the timeline of list {list} of {me} on {} has status {post} by {author}: {:?}",
                node.at,
                self.model.fact(Key::ListMember(list, author))
            );
        }
        Ok(())
    }
}

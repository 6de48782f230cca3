//! The whole, when all faults have stopped: everything is decided, and everything agrees.

use std::time::Duration;

use anyhow::{Result, ensure};
use petrel_social::check::{CheckOptions, Difference, Repair, What, check};
use tokio::time::sleep;

use crate::model::{Mark, Value};
use crate::play::Play;
use crate::wire::mending;

/// What is so old, in seconds, `petrel check` mends.
const SETTLED_S: u64 = 90;
/// Of a thousand seeds, so many wait until nothing can land any more.
const LATE_SEEDS: u64 = 50;

fn options(repair: bool) -> CheckOptions<'static> {
    CheckOptions {
        repair,
        progress: &|_| {},
    }
}

impl Play {
    /// All that there is, through all nodes.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn read_everything(&mut self) -> Result<()> {
        for node in self.cluster.nodes() {
            for person in 0..self.model.people.len() {
                self.read_home(&node, person, false).await?;
                self.read_home(&node, person, true).await?;
                self.read_ties(&node, person).await?;
                self.read_lists(&node, person).await?;
                self.read_conversations(&node, person).await?;
                self.read_own_marks(&node, person, Mark::Favourite).await?;
                self.read_own_marks(&node, person, Mark::Bookmark).await?;
                self.read_plans(&node, person).await?;
                self.read_person(&node, Some(person), person).await?;
            }
            self.read_files(&node).await?;
        }
        let node = self.any_node()?;
        self.read_reports(&node).await?;
        self.read_counts().await
    }

    /// `petrel check --repair` while everything goes on; it may be cut off anywhere.
    pub fn check_meanwhile(&mut self) {
        let Ok(node) = self.any_node() else {
            return;
        };
        self.cluster.trace.line("-- check".to_owned());
        let at = node.at;
        let work = async move {
            // Under faults it may fail; what it wrote is judged by all other oracles.
            drop(mending(check(&node.store, options(true))).await);
        };
        drop(self.cluster.meanwhile(at, work));
    }

    /// `petrel check --repair` mends all that is old enough, and a second one finds nothing that the
    /// first could have mended: half of a batch in doubt may have landed, an edit's say, which took
    /// away a row and does not show yet. In some seeds all that is in doubt has landed before or never will:
    /// then it finds nothing at all.
    ///
    /// # Errors
    /// What is left.
    pub async fn check_in_the_end(&mut self) -> Result<()> {
        let late_s = self.any_node()?.store.engine().late_bound_s();
        let is_late = self.dice.happens(LATE_SEEDS);
        let wait_s = SETTLED_S + if is_late { late_s } else { 0 };
        sleep(Duration::from_secs(wait_s)).await;
        self.cluster.all_up().await?;
        for node in self.cluster.nodes() {
            node.store.catch_up().await?;
        }
        let node = self.any_node()?;
        mending(check(&node.store, options(true))).await?;
        let report = check(&node.store, options(true)).await?;
        let may_land = |one: &Difference| one.what == What::Orphan || one.what == What::Missing;
        let may_stay = |one: &Difference| !is_late && may_land(one) && one.repair == Repair::Later;
        let wrong = report.differences.iter().find(|one| !may_stay(one));
        ensure!(wrong.is_none(), "a second check found {wrong:?}");
        if is_late {
            self.read_everything().await?;
        }
        Ok(())
    }

    /// What is still in doubt is decided by looking at it, and must be one of what it could be.
    pub fn nothing_in_doubt(&self) -> usize {
        let open = self
            .model
            .facts()
            .filter(|(_, fact)| fact.surely().is_none());
        open.count()
    }

    /// # Errors
    /// A count that is not what the facts say.
    pub async fn read_counts(&mut self) -> Result<()> {
        let nodes = self.cluster.nodes();
        for post in self.model.newest_first().collect::<Vec<_>>() {
            let author = self.model.statuses[post].author;
            if self.model.text_of(post) != post {
                continue;
            }
            let Some(id) = self.model.statuses[post].id else {
                continue;
            };
            let node = self.dice.one_of(&nodes).clone();
            let Some(ctx) = self.enter(&node, author).await? else {
                continue;
            };
            let Ok(view) = petrel_social::statuses::get(&ctx, id).await else {
                continue;
            };
            let people = 0..self.model.people.len();
            let on: Vec<_> = people
                .map(|person| {
                    self.model.is(
                        crate::model::Key::Mark(person, post, Mark::Favourite),
                        |value| *value == Value::On,
                    )
                })
                .collect();
            let surely = on.iter().filter(|on| on.surely()).count() as u64;
            let maybe = on.iter().filter(|on| on.maybe()).count() as u64;
            ensure!(
                (surely..=maybe).contains(&view.favourites_count),
                "status {post} on {} counts {} favourites, and has {surely} to {maybe}",
                node.at,
                view.favourites_count
            );
            for (at, option) in view
                .poll
                .iter()
                .flat_map(|poll| poll.options.iter().enumerate())
            {
                let (surely, maybe) = self.model.votes(post, at);
                let counted = option.votes_count.unwrap_or(surely);
                ensure!(
                    (surely..=maybe).contains(&counted),
                    "option {at} of status {post} on {} has {counted} votes, and {surely} to {maybe}",
                    node.at
                );
            }
        }
        Ok(())
    }
}

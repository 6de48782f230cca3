//! The whole, when all faults have stopped: everything is decided, and everything agrees.

use anyhow::{Result, ensure};
use petrel_social::check::{CheckOptions, check};

use crate::model::{Mark, Value};
use crate::play::Play;

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
                self.read_own_marks(&node, person, Mark::Favourite).await?;
                self.read_own_marks(&node, person, Mark::Bookmark).await?;
            }
        }
        Ok(())
    }

    /// `petrel check` finds nothing that it does not mend.
    ///
    /// # Errors
    /// What it found and left.
    pub async fn check(&mut self, repair: bool) -> Result<u64> {
        let node = self.any_node()?;
        let options = CheckOptions {
            repair,
            progress: &|_| {},
        };
        let report = check(&node.store, options).await?;
        Ok(report.left_count())
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
        }
        Ok(())
    }
}

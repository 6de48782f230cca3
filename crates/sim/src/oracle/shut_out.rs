//! Who lost a right looks on while it is taken, and while something is written that it was about.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use petrel_model::id::StatusId;
use petrel_social::page::PageRequest;
use tokio::time::sleep;

use crate::act::{Act, Deed, enter_with};
use crate::model::Person;
use crate::play::Play;

/// Between two looks, at most, in milliseconds.
const LOOK_MS_MAX: u64 = 12;
/// Newest entries of home that they look at.
const LOOKED_AT: usize = 5;

type Seen = Rc<RefCell<BTreeSet<StatusId>>>;

impl Play {
    /// Does the deeds one after the other. Whoever is shut out by the first looks at home all the
    /// while, and must never have seen what was written after it was acknowledged.
    ///
    /// # Errors
    /// They have, or what another oracle has to say.
    pub async fn shut_out(&mut self, deeds: Vec<Deed>) -> Result<()> {
        let other = match deeds.first().map(|deed| &deed.act) {
            Some(Act::Block(other) | Act::RemoveFollower(other)) => Some(*other),
            _ => None,
        };
        let seen = Seen::default();
        let watches: Vec<_> = match other {
            Some(other) => (0..2).map(|_| self.watch(other, seen.clone())).collect(),
            None => Vec::new(),
        };
        let mut is_out = false;
        for deed in deeds {
            let post = match deed.act {
                Act::Create { post, .. } => Some(post),
                _ => None,
            };
            let acknowledged = self.acknowledged;
            self.together(vec![deed.clone()], None).await?;
            sleep(Duration::from_millis(LOOK_MS_MAX)).await;
            if let (Some(other), Some(post), true) = (other, post, is_out) {
                let named = self.model.names(post, other).maybe();
                let id = self.model.statuses[post].id;
                let was_seen = id.is_some_and(|id| seen.borrow().contains(&id));
                ensure!(
                    named || !was_seen,
                    "{other} saw status {post} ({id:?}), which was written after they were shut out: {}",
                    self.model.why(post)
                );
            }
            is_out = self.acknowledged > acknowledged;
            self.look_after(&deed).await?;
        }
        watches.iter().for_each(|watch| watch.abort());
        self.look_around().await
    }

    fn watch(&self, other: Person, seen: Seen) -> tokio::task::JoinHandle<()> {
        let nodes = self.cluster.nodes();
        let node = self.dice.one_of(&nodes).clone();
        let (token, pause_ms) = (
            self.model.people[other].token.clone(),
            self.dice.below(LOOK_MS_MAX),
        );
        let at = node.at;
        self.cluster.meanwhile(at, async move {
            let Some(token) = token else { return };
            loop {
                if let Ok(ctx) = enter_with(&node, &token).await
                    && let Ok(page) = node
                        .timelines
                        .home(&ctx, PageRequest::first(LOOKED_AT))
                        .await
                {
                    seen.borrow_mut()
                        .extend(page.items.iter().map(|view| view.id));
                }
                sleep(Duration::from_millis(pause_ms + 1)).await;
            }
        })
    }
}

//! Who lost a right looks on while it is taken, and while something is written that it was about.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use petrel_model::id::{AccountId, StatusId};
use petrel_social::page::PageRequest;
use petrel_social::statuses::{self, AccountFilter};
use petrel_social::views::StatusView;
use petrel_social::{Ctx, error};
use tokio::time::sleep;

use crate::act::{Act, Deed, enter_with};
use crate::dice::Dice;
use crate::model::Person;
use crate::model::gate::{Look, Surface};
use crate::node::Node;
use crate::play::Play;

/// Between two looks, at most, in milliseconds.
const LOOK_MS_MAX: u64 = 12;
/// Newest entries of what they look at.
const LOOKED_AT: usize = 5;
/// So many look at the same time.
const WATCHES: u64 = 4;
/// How long a request may be held up on a slow machine after it was let in, in milliseconds: what
/// it reads then may be newer than all that its node knew when it came.
const HELD_MS_MAX: u64 = 600;
/// Of a thousand requests, how many are.
const HELD: u64 = 500;

type Seen = Rc<RefCell<BTreeSet<StatusId>>>;

impl Play {
    /// Does the deeds one after the other. Whoever is shut out by the first looks at home all the
    /// while, and must never have seen what was written after it was acknowledged.
    ///
    /// # Errors
    /// They have, or what another oracle has to say.
    pub async fn shut_out(&mut self, deeds: Vec<Deed>) -> Result<()> {
        let between = match deeds.first().map(|deed| (deed.actor, &deed.act)) {
            Some((me, Act::Block(other) | Act::RemoveFollower(other))) => Some((me, *other)),
            _ => None,
        };
        let other = between.map(|(_, other)| other);
        let seen = Seen::default();
        let watch = |(me, other)| (0..WATCHES).map(move |_| (me, other));
        let watches = between.into_iter().flat_map(watch);
        let watches: Vec<_> = watches
            .map(|(me, other)| self.watch(me, other, seen.clone()))
            .collect();
        if self.dice.happens(HELD) {
            // What they see first is kept where they look.
            sleep(Duration::from_millis(HELD_MS_MAX / 2)).await;
        }
        let mut is_out = false;
        for deed in deeds {
            let post = match deed.act {
                Act::Create { post, .. } => Some(post),
                _ => None,
            };
            let acknowledged = self.acknowledged;
            self.together(vec![deed.clone()], None).await?;
            if let (Some(other), Some(post), true) = (other, post, is_out) {
                sleep(Duration::from_millis(HELD_MS_MAX + LOOK_MS_MAX)).await;
                let look = Look {
                    viewer: Some(other),
                    now_ms: self.wall_ms(),
                };
                self.model.seen_by(look.viewer, self.run_ms());
                let may_see = self.model.may_see(look, post, Surface::ById).maybe();
                let id = self.model.statuses[post].id;
                let was_seen = id.is_some_and(|id| seen.borrow().contains(&id));
                ensure!(
                    may_see || !was_seen,
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

    fn watch(&self, me: Person, other: Person, seen: Seen) -> tokio::task::JoinHandle<()> {
        let nodes = self.cluster.nodes();
        let node = self.dice.one_of(&nodes).clone();
        let (dice, at) = (Dice::new(self.dice.draw(), 0), node.at);
        let author = self.model.people[me].id;
        let token = self.model.people[other].token.clone();
        self.cluster.meanwhile(at, async move {
            let Some(token) = token else { return };
            loop {
                if let Ok(ctx) = enter_with(&node, &token).await {
                    if dice.happens(HELD) {
                        sleep(Duration::from_millis(dice.below(HELD_MS_MAX))).await;
                    }
                    let views = look_at(&node, &ctx, author, &dice).await;
                    let views = views.unwrap_or_default();
                    seen.borrow_mut().extend(views.iter().map(|view| view.id));
                }
                sleep(Duration::from_millis(dice.below(LOOK_MS_MAX) + 1)).await;
            }
        })
    }
}

async fn look_at(
    node: &Node,
    ctx: &Ctx,
    author: AccountId,
    dice: &Dice,
) -> error::Result<Vec<StatusView>> {
    let page = PageRequest::first(LOOKED_AT);
    let page = match dice.below(2) {
        0 => node.timelines.home(ctx, page).await?,
        _ => statuses::of_account(ctx, author, AccountFilter::default(), page).await?,
    };
    Ok(page.items)
}

//! What was scheduled: in its author's list until its time comes, then published once; and never
//! once it is cancelled.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use petrel_model::id::Id;
use petrel_social::error::Error;
use petrel_social::page::PageRequest;
use petrel_social::statuses::{self, AccountFilter};
use petrel_social::{Ctx, scheduled};
use tokio::time::sleep;

use super::lists::answered;
use crate::act::{Act, Answer, Deed};
use crate::model::fact::UNDER_WAY;
use crate::model::gate::Surface;
use crate::model::plans::SLACK_MS;
use crate::model::{BY_A_JOB, Key, Model, Person, Post, Value};
use crate::node::Node;
use crate::plans::{PlanDeed, due_ms};
use crate::play::Play;
use crate::tri::Tri;

/// More than anybody has.
const ALL: usize = 400;
/// Longer than a job waits that failed a few times, in milliseconds.
const JOBS_MS: u64 = 90_000;

impl Play {
    /// What a command about a plan says, and whether it can be so.
    ///
    /// # Errors
    /// It cancels what was published, or refuses what waits.
    pub fn judge_plan(
        &mut self,
        deed: &Deed,
        stamp: u64,
        answer: Option<Result<&Answer, &Error>>,
    ) -> Result<()> {
        let Act::Plan(plan) = &deed.act else {
            return Ok(());
        };
        let (post, now_ms) = (plan.post(), self.wall_ms());
        let known = self.model.plans.entry(post).or_default();
        match (plan, answer) {
            (_, Some(Ok(Answer::Plan(id, at_ms)))) => {
                known.id = Some(*id);
                known.is_due_at(*at_ms, stamp, true, now_ms);
            }
            (PlanDeed::Schedule(_, later_ms) | PlanDeed::PutOff(_, later_ms), None) => {
                known.is_due_at(due_ms(now_ms, *later_ms), stamp, false, now_ms);
            }
            (PlanDeed::Cancel(_), Some(Ok(_))) => {
                let id = self.model.statuses[post].id;
                ensure!(
                    id.is_none(),
                    "status {post} was cancelled, but it is {id:?}"
                );
                self.model.fact_mut(Key::Created(post)).end(BY_A_JOB);
            }
            (PlanDeed::Cancel(_), None) => {
                // It may have been decided, and no more than that.
                let fact = self.model.fact_mut(Key::Planned(post));
                fact.doubt(Value::Off, BY_A_JOB, UNDER_WAY);
            }
            (_, Some(Err(Error::NotFound))) => {
                let known = *known;
                let waits = known.id.is_some()
                    && now_ms + SLACK_MS < known.due_ms.0
                    && self.model.truly(Key::Planned(post)).surely();
                ensure!(!waits, "{plan:?} is not found, but waits: {known:?}");
            }
            _ => {}
        }
        Ok(())
    }

    /// What somebody has scheduled, as they see it.
    ///
    /// # Errors
    /// It lacks what waits, or has what was cancelled.
    pub async fn read_plans(&mut self, node: &Node, me: Person) -> Result<()> {
        let Some(ctx) = self.enter(node, me).await? else {
            return Ok(());
        };
        let now_ms = self.now_ms(node);
        let Some(there) = waiting(&ctx).await? else {
            return Ok(());
        };
        for (post, plan) in self.model.plans_of(me) {
            let planned = self.model.on(Key::Planned(post));
            let Some(id) = plan else {
                continue;
            };
            let due_ms = self.model.plans[&post].due_ms.0;
            let is_due = now_ms + SLACK_MS >= due_ms;
            ensure!(
                if there.contains(&id) {
                    planned.maybe()
                } else {
                    is_due || !planned.surely()
                },
                "plan {post} of {me} on {}: listed {}, but {:?}, due at {due_ms}, now {now_ms}",
                node.at,
                there.contains(&id),
                self.model.fact(Key::Planned(post))
            );
        }
        Ok(())
    }

    /// All that was scheduled becomes due: each is published once then, or still waits because it
    /// cannot be published; and what was cancelled is neither.
    ///
    /// # Errors
    /// One is lost, or there in spite of being cancelled.
    pub async fn all_plans_are_due(&mut self) -> Result<()> {
        let plans = self.model.plans.values();
        let Some(last_ms) = plans.map(|plan| plan.due_ms.1).max() else {
            return Ok(());
        };
        let wait_ms = last_ms.saturating_sub(self.wall_ms()) + JOBS_MS;
        sleep(Duration::from_millis(wait_ms)).await;
        self.cluster.all_up().await?;
        for node in self.cluster.nodes() {
            node.store.catch_up().await?;
        }
        for person in 0..self.model.people.len() {
            if !self.model.suspended(person).maybe() {
                self.judge_plans_of(person).await?;
            }
        }
        Ok(())
    }

    async fn judge_plans_of(&mut self, person: Person) -> Result<()> {
        let node = self.any_node()?;
        let id = self.model.people[person].id;
        let ctx = node.acting(id);
        let page = PageRequest::first(ALL);
        let views = statuses::of_account(&ctx, id, AccountFilter::default(), page).await?;
        self.judge_all(&node, Some(person), Surface::Profile, &views.items)?;
        let there = waiting(&ctx).await?.unwrap_or_default();
        for (post, plan) in self.model.plans_of(person) {
            let is_published = self.model.statuses[post].id.is_some();
            let waits = plan.is_some_and(|id| there.contains(&id));
            let is_right = match self.model.truly(Key::Planned(post)) {
                Tri::Yes => is_published != waits,
                Tri::No => !is_published && !waits,
                Tri::Maybe => !(is_published && waits),
            };
            ensure!(
                is_right,
                "plan {post} ({plan:?}) is published: {is_published}, waits: {waits}, but {:?}: {}",
                self.model.fact(Key::Planned(post)),
                self.model.why(post)
            );
        }
        Ok(())
    }
}

async fn waiting(ctx: &Ctx) -> Result<Option<BTreeSet<Id>>> {
    let listed = answered(scheduled::list(ctx, PageRequest::first(ALL)).await)?;
    Ok(listed.map(|views| views.iter().map(|view| view.id).collect()))
}

impl Model {
    fn plans_of(&self, person: Person) -> Vec<(Post, Option<Id>)> {
        let plans = self.plans.iter();
        plans
            .filter(|(post, _)| self.statuses[**post].author == person)
            .map(|(post, plan)| (*post, plan.id))
            .collect()
    }
}

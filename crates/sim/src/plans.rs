//! Statuses for later: scheduled, put off, cancelled, and published by a job, which may happen at
//! the same moment on other nodes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::limits::SCHEDULED_AHEAD_MS_MIN;
use petrel_model::visibility::Visibility;
use petrel_social::Ctx;
use petrel_social::error::{Error, Result as Answered};
use petrel_social::scheduled::{self, PublishScheduled};
use tokio::time::sleep;

use crate::act::{Act, Answer, draft_of};
use crate::draw::Draw;
use crate::effects::Effects;
use crate::model::plans::Plan;
use crate::model::{Key, Model, Person, Post, Value};
use crate::play::Play;
use crate::wire::Written;

/// As far ahead as clocks are apart, and a command may take, in milliseconds.
const AHEAD_MS: u64 = 20_000;
/// So many are scheduled, to be due within so many milliseconds, before any fault.
const PLANS_AHEAD_MAX: u64 = 5;
const SPREAD_MS: u64 = 90_000;
/// Among so many of their newest plans somebody changes one.
const RECENT: usize = 3;

#[derive(Clone, Debug)]
pub enum PlanDeed {
    /// `post` is the place that was drafted for it. For so many milliseconds after the earliest
    /// that is allowed.
    Schedule(Post, u64),
    PutOff(Post, u64),
    Cancel(Post),
}

/// For when it is, said at this time.
pub fn due_ms(now_ms: u64, later_ms: u64) -> u64 {
    now_ms + SCHEDULED_AHEAD_MS_MIN + AHEAD_MS + later_ms
}

impl PlanDeed {
    pub fn post(&self) -> Post {
        match self {
            PlanDeed::Schedule(post, _) | PlanDeed::PutOff(post, _) | PlanDeed::Cancel(post) => {
                *post
            }
        }
    }

    /// # Errors
    /// Those of the command.
    pub async fn perform(&self, ctx: &Ctx, model: &Model) -> Answered<Answer> {
        let known = model.plans.get(&self.post()).and_then(|plan| plan.id);
        let id = || known.ok_or(Error::NotFound);
        let at_ms = |later_ms| due_ms(ctx.clock().now_ms(), later_ms);
        let view = match self {
            PlanDeed::Schedule(post, later_ms) => {
                let draft = draft_of(model, *post, None)?;
                scheduled::schedule(ctx, draft, at_ms(*later_ms)).await?
            }
            PlanDeed::PutOff(_, later_ms) => {
                scheduled::reschedule(ctx, id()?, at_ms(*later_ms)).await?
            }
            PlanDeed::Cancel(_) => {
                scheduled::cancel(ctx, id()?).await?;
                return Ok(Answer::Done);
            }
        };
        Ok(Answer::Plan(view.id, view.at_ms))
    }

    pub fn effects(&self) -> Effects {
        match self {
            PlanDeed::Schedule(post, _) => vec![(Key::Planned(*post), Value::On)],
            PlanDeed::PutOff(..) => Vec::new(),
            PlanDeed::Cancel(post) => vec![(Key::Planned(*post), Value::Off)],
        }
    }

    /// What a job does when its time comes.
    pub fn later(&self) -> Effects {
        match self {
            PlanDeed::Schedule(post, _) => vec![(Key::Created(*post), Value::On)],
            PlanDeed::PutOff(..) | PlanDeed::Cancel(_) => Vec::new(),
        }
    }
}

impl Play {
    /// Some schedule what becomes due while everything goes wrong.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn plan_ahead(&mut self) -> anyhow::Result<()> {
        let up = self.machines_up();
        for _ in 0..self.dice.below(PLANS_AHEAD_MAX) {
            let mut draw = Draw {
                dice: &self.dice,
                model: &mut self.model,
                up: &up,
                number: &mut self.number,
            };
            let actor = draw.dice.index(draw.model.people.len());
            let later_ms = draw.dice.below(SPREAD_MS);
            let plan = draw.schedule(actor, later_ms);
            let deed = draw.deed_of(actor, Act::Plan(plan));
            self.together(vec![deed], None).await?;
        }
        if !self.model.plans.is_empty() {
            let ahead_ms = SCHEDULED_AHEAD_MS_MIN + AHEAD_MS;
            sleep(Duration::from_millis(ahead_ms)).await;
        }
        Ok(())
    }
}

/// The job, of which a second try writes the same status as the first: nobody may know what became
/// of that.
pub struct Publish(pub PublishScheduled);

#[async_trait]
impl Handler for Publish {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn attempts_max(&self) -> u32 {
        self.0.attempts_max()
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        Arc::new(Written::of(true)).watch(self.0.run(job)).await
    }
}

impl Draw<'_> {
    pub fn plan_deed(&mut self, actor: Person) -> PlanDeed {
        let own = |post: &&Post| self.model.statuses[**post].author == actor;
        let plans = self.model.plans.iter().rev();
        let recent: Vec<Post> = plans
            .filter(|(_, plan)| plan.id.is_some())
            .map(|(post, _)| post)
            .filter(own)
            .take(RECENT)
            .copied()
            .collect();
        let later_ms = self.dice.below(30_000);
        if recent.is_empty() || self.dice.happens(300) {
            return self.schedule(actor, later_ms);
        }
        let post = *self.dice.one_of(&recent);
        match self.dice.happens(350) {
            true => PlanDeed::PutOff(post, later_ms),
            false => PlanDeed::Cancel(post),
        }
    }

    pub fn schedule(&mut self, actor: Person, later_ms: u64) -> PlanDeed {
        let visibility = *self.dice.one_of(&Visibility::ALL);
        let Act::Create { post, .. } = self.create(actor, Some(visibility)) else {
            unreachable!("that is what it makes");
        };
        self.model.plans.insert(post, Plan::default());
        PlanDeed::Schedule(post, later_ms)
    }
}

//! What became of commands, taken into what is known.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use petrel_social::error::Error;

use crate::act::{Act, Answer, Deed};
use crate::effects::{self, Effects};
use crate::habits::{FilterDeed, Habit, ListDeed};
use crate::looks::LookDeed;
use crate::model::fact::{Fact, Life, UNDER_WAY};
use crate::model::{BEHIND_MS, BY_A_JOB, Key, Tie, Value};
use crate::play::{Done, NOWHERE, Outcome, Play};
use crate::tri::Tri;

/// A value that a command set, by its answer.
struct Settled {
    value: Value,
    /// None if it was so already.
    stamp: Option<u64>,
    life: Life,
}

/// What several commands did that were done at once.
#[derive(Default)]
struct Taken {
    settled: BTreeMap<Key, Vec<Settled>>,
    /// What may land yet: the number of the command, and its stamp.
    doubts: Vec<(u64, Effects, u64)>,
}

impl Play {
    pub(crate) fn take_in(&mut self, done: Vec<Done>) -> Result<()> {
        for done in &done {
            if matches!(
                done.deed.act,
                Act::Update {
                    locked: Some(false),
                    ..
                }
            ) {
                self.model.lets_in.insert(done.deed.actor);
            }
        }
        let mut taken = Taken::default();
        for done in &done {
            self.take_in_one(done, &mut taken)?;
        }
        for done in &done {
            self.model.end(done.deed.number);
        }
        for (by, effects, stamp) in taken.doubts {
            for (key, value) in effects {
                self.model.fact_mut(key).doubt(value, by, stamp);
            }
        }
        let behind_ms = self.run_ms() + BEHIND_MS;
        for (key, ones) in taken.settled {
            let fact = self.model.fact_mut(key);
            match &ones[..] {
                [one] => {
                    fact.acknowledge(vec![one.value.clone()], one.stamp, one.life, behind_ms);
                }
                several => {
                    let values = several.iter().map(|one| one.value.clone()).collect();
                    fact.acknowledge(values, None, NOWHERE, behind_ms);
                }
            }
        }
        self.doubt_memberships(&done, behind_ms);
        let held = self.model.people.iter().map(|one| one.token.clone());
        let held: Vec<Option<String>> = held.collect();
        for done in &done {
            self.access(done, &held);
            self.pictures(done, behind_ms);
        }
        self.judge_holders(done.iter().map(|done| &done.deed))
    }

    fn take_in_one(&mut self, done: &Done, taken: &mut Taken) -> Result<()> {
        self.tell(done);
        if let Some(id) = done.written.created() {
            self.name(&done.deed, id)?;
        }
        if done.written.latest().is_some() {
            let effects = effects::later(&self.model, &done.deed, self.run_ms());
            taken.doubts.push((BY_A_JOB, effects, UNDER_WAY));
        }
        let stamp = done.written.latest().unwrap_or_default();
        let effects = match &done.outcome {
            Outcome::Answered(answer) => {
                let is_new = done.written.created().is_some();
                self.judge_attached(&done.deed, answer, is_new)?;
                self.judge_plan(&done.deed, stamp, Some(Ok(answer)))?;
                self.answered(done, answer)?
            }
            Outcome::Refused(error) => {
                self.judge_denied(&done.deed, error)?;
                self.judge_unattached(&done.deed, Some(error))?;
                self.judge_plan(&done.deed, stamp, Some(Err(error)))?;
                match error {
                    Error::NotFound => effects::done_unseen(&self.model, &done.deed),
                    _ => None,
                }
            }
            Outcome::Unknown => {
                self.judge_unattached(&done.deed, None)?;
                self.judge_plan(&done.deed, stamp, None)?;
                None
            }
        };
        if let Some(effects) = effects {
            for (key, one) in self.settled(done, effects) {
                taken.settled.entry(key).or_default().push(one);
            }
        } else if let Some(stamp) = done.written.latest() {
            let effects = effects::possible(&self.model, &done.deed, self.wall_ms());
            taken.doubts.push((done.deed.number, effects, stamp));
        }
        Ok(())
    }

    /// Pictures that were seen, and removed, are gone; one whose upload is in doubt has an id that
    /// nobody was told.
    fn pictures(&mut self, done: &Done, behind_ms: u64) {
        let someone = &mut self.model.people[done.deed.actor];
        match (&done.deed.act, &done.outcome) {
            (Act::Look(LookDeed::UploadAvatar), Outcome::Answered(Answer::Avatar(id))) => {
                someone.avatars.push(Some(*id));
            }
            (Act::Look(LookDeed::UploadAvatar), Outcome::Unknown) => someone.avatars.push(None),
            (Act::Look(LookDeed::RemoveAvatar), Outcome::Answered(_)) => {
                let seen = someone.avatars_seen.values_mut();
                seen.for_each(|gone| *gone = gone.or(Some(behind_ms)));
            }
            _ => {}
        }
    }

    /// What may have begun or ended a follow may have ended what stood upon it.
    fn doubt_memberships(&mut self, done: &[Done], behind_ms: u64) {
        for done in done.iter().filter(|done| done.written.latest().is_some()) {
            for (key, _) in effects::possible(&self.model, &done.deed, 0) {
                if let Key::Tie(owner, member, Tie::Follow | Tie::Request) = key {
                    self.model.doubt_memberships(owner, member, behind_ms);
                }
            }
            if let Act::Habit(Habit::List(ListDeed::Member { other, .. })) = done.deed.act {
                // A follow that is on its way is another one than that which it was made upon.
                let (owner, follow) = (done.deed.actor, Tie::Follow);
                let follow = self.model.fact(Key::Tie(owner, other, follow));
                if follow.is_some_and(Fact::is_in_doubt) {
                    self.model.doubt_memberships(owner, other, behind_ms);
                }
            }
        }
    }

    fn settled(&self, done: &Done, effects: Effects) -> Vec<(Key, Settled)> {
        let life = self.life_at(done.deed.at);
        let settle = |(key, value)| {
            let stamp = match effects::row_of(&self.model, key) {
                Some(row) => done.written.stamp_of(&row),
                None => done.written.latest(),
            };
            (key, Settled { value, stamp, life })
        };
        effects.into_iter().map(settle).collect()
    }

    fn life_at(&self, at: usize) -> Life {
        let nodes = self.cluster.nodes();
        let node = nodes.iter().find(|node| node.at == at);
        node.map_or(NOWHERE, |node| self.life(node))
    }

    fn tell(&mut self, done: &Done) {
        let became = match &done.outcome {
            Outcome::Answered(_) => {
                self.acknowledged += 1;
                "done".to_owned()
            }
            Outcome::Refused(error) => {
                self.refused += 1;
                format!("refused: {error}")
            }
            Outcome::Unknown if done.written.latest().is_some() => {
                self.doubtful += 1;
                "in doubt".to_owned()
            }
            Outcome::Unknown => "nothing".to_owned(),
        };
        let Deed {
            number,
            actor,
            at,
            act,
        } = &done.deed;
        let stamp = done.written.latest().unwrap_or_default();
        let line = format!("{number}: {actor} on {at}: {act:?}: {became} (stamp {stamp})");
        self.cluster.trace.line(line);
    }

    fn name(&mut self, deed: &Deed, id: petrel_model::id::StatusId) -> Result<()> {
        let post = match deed.act {
            Act::Create { post, .. } => post,
            Act::Reblog { reblog, .. } => reblog,
            _ => return Ok(()),
        };
        ensure!(
            self.model.name(post, id),
            "command {} wrote status {id} for what has another id: {:?}",
            deed.number,
            self.model.statuses[post].id
        );
        Ok(())
    }

    /// What an answer says, and whether it can be so.
    fn answered(&mut self, done: &Done, answer: &Answer) -> Result<Option<Effects>> {
        if let (Act::Create { post, .. }, Answer::Status(view)) = (&done.deed.act, answer) {
            ensure!(
                self.model.name(*post, view.id),
                "the same request as before was answered with another status: {} and {:?}",
                view.id,
                self.model.statuses[*post].id
            );
        }
        match (&done.deed.act, answer) {
            (Act::Habit(Habit::List(ListDeed::Make { list, .. })), Answer::List(id)) => {
                self.model.lists[*list].id = Some(*id);
            }
            (Act::Habit(Habit::Filter(deed)), Answer::Filter(id, keyword)) => {
                self.model.filters[deed.filter()].ids = Some((*id, *keyword));
            }
            (
                Act::Habit(Habit::Filter(FilterDeed::Bear { filter, post })),
                Answer::FilterStatus(id),
            ) => {
                self.model.filters[*filter].bears.insert(*post, Some(*id));
            }
            _ => {}
        }
        if let Act::Habit(Habit::Vote { post, .. }) = done.deed.act {
            let fact = self.model.fact(Key::Vote(done.deed.actor, post));
            let has_voted = fact.is_some_and(|fact| !fact.possible().any(|one| *one == Value::Off));
            ensure!(
                !has_voted,
                "{} voted in status {post} for the second time: {fact:?}",
                done.deed.actor
            );
        }
        match (&done.deed.act, answer) {
            (Act::Create { post, .. }, Answer::Status(view)) => self.take_mentions(*post, 0, view),
            (Act::Edit { post, version }, Answer::Status(view)) => {
                self.take_mentions(*post, *version, view);
            }
            _ => {}
        }
        let effects = effects::done(&self.model, &done.deed, answer);
        let as_written =
            |effects| effects::as_written(&self.model, &done.deed, &done.written, effects);
        Ok(effects.map(as_written))
    }

    /// Who is gone is not named, so whom a text names is known by its answer.
    fn take_mentions(
        &mut self,
        post: usize,
        version: u64,
        view: &petrel_social::views::StatusView,
    ) {
        let people = &self.model.people;
        let version = &mut self.model.statuses[post].versions[version as usize];
        if view.text != version.text {
            // Another version was quicker.
            return;
        }
        for (named, surely) in &mut version.mentions {
            let id = people[*named].id;
            *surely = Tri::from(view.mentions.iter().any(|mention| mention.id == id));
        }
    }

    /// What became of tokens and passwords. `held` is what everybody had before any of this: a new
    /// password ends that for sure, while a token that was handed out at the same time may be later.
    fn access(&mut self, done: &Done, held: &[Option<String>]) {
        let people = &mut self.model.people;
        let me = done.deed.actor;
        match (&done.deed.act, &done.outcome) {
            (Act::LogIn(_) | Act::Authorise, Outcome::Answered(Answer::Token(token))) => {
                people[me].token = Some(token.clone());
            }
            (Act::Revoke(token), Outcome::Answered(_)) => {
                if people[me].token.as_ref() == Some(token) {
                    people[me].token = None;
                }
                people[me].dead_tokens.push(token.clone());
            }
            (Act::Revoke(_), Outcome::Unknown) => people[me].token = None,
            (Act::ResetPassword(person, _), outcome) => {
                people[*person].token = None;
                let token = held.get(*person).cloned().flatten();
                if let (Outcome::Answered(_), Some(token)) = (outcome, token) {
                    people[*person].dead_tokens.push(token);
                }
            }
            (_, Outcome::Refused(Error::Unauthenticated)) => people[me].token = None,
            _ => {}
        }
    }
}

//! One seed: the world, its users, and what is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join_all;
use petrel_model::id::NotificationId;
use petrel_social::accounts::{self, CreateOptions};
use petrel_social::error::Error;
use petrel_social::oauth::{self, App};
use petrel_store::sim::Hostility;
use tokio::time::{Instant, sleep};

use crate::act::{Act, Answer, Deed, new_account, new_app};
use crate::cluster::Cluster;
use crate::dice::Dice;
use crate::effects::{self, Effects};
use crate::faults::Swarm;
use crate::habits::{FilterDeed, Habit, ListDeed};
use crate::looks::LookDeed;
use crate::model::fact::{Fact, Life, UNDER_WAY};
use crate::model::{BEHIND_MS, BY_A_JOB, Key, Model, Person, Someone, Tie, Value};
use crate::node::Node;
use crate::trace::Trace;
use crate::tri::Tri;
use crate::wire::Written;

/// Between two commands of one group that follow each other closely.
const CLOSE_MS_MAX: u64 = 30;
/// No node in particular.
const NOWHERE: Life = (usize::MAX, 0);

pub struct Play {
    pub swarm: Swarm,
    pub dice: Dice,
    pub cluster: Cluster,
    pub model: Model,
    pub app: App,
    pub number: u64,
    began: Instant,
    pub commands: u64,
    pub acknowledged: u64,
    pub doubtful: u64,
    pub refused: u64,
    pub faults: BTreeMap<&'static str, u64>,
    /// What each person was told of when they last looked.
    pub last_notifications: BTreeMap<Person, Vec<NotificationId>>,
}

/// What became of a command.
enum Outcome {
    Answered(Answer),
    Refused(Error),
    /// Nobody knows: the store was silent, or the node crashed.
    Unknown,
}

/// A value that a command set, by its answer.
struct Settled {
    value: Value,
    /// None if it was so already.
    stamp: Option<u64>,
    life: Life,
}

struct Done {
    deed: Deed,
    outcome: Outcome,
    written: Arc<Written>,
}

impl Play {
    /// A calm world with its users in it, and the faults of the seed from then on.
    ///
    /// # Errors
    /// If the world cannot even begin.
    pub async fn begin(seed: u64, trace: Arc<Trace>) -> Result<Play> {
        let dice = Dice::new(seed, 1);
        let swarm = Swarm::draw(&dice);
        let cluster = Cluster::new(seed, &swarm, trace);
        cluster.all_up().await.context("the first start")?;
        let nodes = cluster.nodes();
        let node = nodes.first().context("a node is up")?;
        let app = oauth::create_app(&node.system(), new_app()).await?;
        let mut model = Model::default();
        for at in 0..swarm.people {
            let someone = sign_up(&nodes[at % nodes.len()], &app, at).await?;
            let key = Key::Password(model.people.len());
            model.people.push(someone);
            *model.fact_mut(key) = Fact::new(Value::Number(0));
        }
        let mut play = Play {
            swarm,
            dice,
            cluster,
            model,
            app,
            number: 0,
            began: Instant::now(),
            commands: 0,
            acknowledged: 0,
            doubtful: 0,
            refused: 0,
            faults: BTreeMap::new(),
            last_notifications: BTreeMap::new(),
        };
        play.plan_ahead().await?;
        play.hostile_again();
        Ok(play)
    }

    pub fn fault(&mut self, what: &'static str) {
        self.cluster.trace.line(format!("-- fault: {what}"));
        *self.faults.entry(what).or_default() += 1;
    }

    /// The machine, and which of its lives this is.
    pub fn life(&self, node: &Node) -> Life {
        (
            node.at,
            node.store.token() << 16 | u64::from(node.social.clock.node().number()),
        )
    }

    pub fn now_ms(&self, node: &Node) -> u64 {
        node.social.clock.now_ms()
    }

    /// Does all of these at once, or each a little after the one before, and takes in what became
    /// of them.
    ///
    /// # Errors
    /// What an oracle has to say.
    pub async fn together(&mut self, deeds: Vec<Deed>, crash: Option<usize>) -> Result<()> {
        self.commands += deeds.len() as u64;
        for deed in &deeds {
            self.foresee(deed);
        }
        let delays: Vec<u64> = deeds
            .iter()
            .map(|_| self.dice.below(CLOSE_MS_MAX))
            .collect();
        let crash_ms = self.dice.below(CLOSE_MS_MAX * 2);
        let works = deeds.into_iter().zip(delays).map(|(deed, delay_ms)| {
            let this = &*self;
            async move {
                sleep(Duration::from_millis(delay_ms)).await;
                this.do_one(deed).await
            }
        });
        let crashing = async {
            if let Some(at) = crash {
                sleep(Duration::from_millis(crash_ms)).await;
                self.cluster.crash(at);
            }
        };
        let (done, ()) = tokio::join!(biased; join_all(works), crashing);
        self.take_in(done)
    }

    async fn do_one(&self, deed: Deed) -> Done {
        let creates = matches!(deed.act, Act::Create { .. } | Act::Reblog { .. });
        let written = Arc::new(Written::of(creates));
        let node = self
            .cluster
            .nodes()
            .into_iter()
            .find(|node| node.at == deed.at);
        let outcome = match node {
            None => Outcome::Unknown,
            Some(node) => {
                let work = written.watch(deed.perform(&node, &self.model, &self.app));
                match self.cluster.unless_crashed(deed.at, work).await {
                    Some(Ok(answer)) => Outcome::Answered(answer),
                    Some(Err(Error::Store(_))) | None => Outcome::Unknown,
                    Some(Err(error)) => Outcome::Refused(error),
                }
            }
        };
        Done {
            deed,
            outcome,
            written,
        }
    }

    /// What the command may do is in doubt while it is under way.
    fn foresee(&mut self, deed: &Deed) {
        if let Act::Reblog { reblog, .. } = deed.act {
            self.model.statuses[reblog].author = deed.actor;
        }
        let now_ms = self.wall_ms();
        for (key, value) in effects::possible(&self.model, deed, now_ms) {
            self.model.fact_mut(key).begin(value, deed.number);
        }
    }

    /// How long the run has lasted, in milliseconds.
    pub fn run_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// About what time it is.
    pub fn wall_ms(&self) -> u64 {
        let nodes = self.cluster.nodes();
        nodes
            .first()
            .map_or(0, |node| node.social.clock.wall().now_ms())
    }

    fn take_in(&mut self, done: Vec<Done>) -> Result<()> {
        let mut settled: BTreeMap<Key, Vec<Settled>> = BTreeMap::new();
        let mut doubts: Vec<(u64, Effects, u64)> = Vec::new();
        for done in &done {
            if matches!(done.deed.act, Act::Update { locked: false, .. }) {
                self.model.lets_in.insert(done.deed.actor);
            }
        }
        for done in &done {
            self.tell(done);
            if let Some(id) = done.written.created() {
                self.name(&done.deed, id)?;
            }
            if done.written.latest().is_some() {
                let effects = effects::later(&self.model, &done.deed, self.run_ms());
                doubts.push((BY_A_JOB, effects, UNDER_WAY));
            }
            let stamp = done.written.latest().unwrap_or_default();
            if let (Act::Look(LookDeed::UploadAvatar), Outcome::Unknown) =
                (&done.deed.act, &done.outcome)
            {
                self.model.people[done.deed.actor].avatars.push(None);
            }
            let effects = match &done.outcome {
                Outcome::Answered(answer) => {
                    let is_new = done.written.created().is_some();
                    self.judge_attached(&done.deed, answer, is_new)?;
                    self.judge_plan(&done.deed, stamp, Some(Ok(answer)))?;
                    self.answered(done, answer)?
                }
                Outcome::Refused(error) => {
                    self.judge_unattached(&done.deed, Some(error))?;
                    self.judge_plan(&done.deed, stamp, Some(Err(error)))?;
                    None
                }
                Outcome::Unknown => {
                    self.judge_unattached(&done.deed, None)?;
                    self.judge_plan(&done.deed, stamp, None)?;
                    None
                }
            };
            if let Some(effects) = effects {
                for (key, one) in self.settled(done, effects) {
                    settled.entry(key).or_default().push(one);
                }
            } else if let Some(stamp) = done.written.latest() {
                let effects = effects::possible(&self.model, &done.deed, self.wall_ms());
                doubts.push((done.deed.number, effects, stamp));
            }
        }
        for done in &done {
            self.model.end(done.deed.number);
        }
        for (by, effects, stamp) in doubts {
            for (key, value) in effects {
                self.model.fact_mut(key).doubt(value, by, stamp);
            }
        }
        let behind_ms = self.run_ms() + BEHIND_MS;
        for (key, ones) in settled {
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
        for done in &done {
            let is_acknowledged = matches!(done.outcome, Outcome::Answered(_));
            if let (Act::Look(LookDeed::RemoveAvatar), true) = (&done.deed.act, is_acknowledged) {
                let seen = &mut self.model.people[done.deed.actor].avatars_seen;
                seen.values_mut()
                    .for_each(|gone| *gone = gone.or(Some(behind_ms)));
            }
        }
        let held = self.model.people.iter().map(|one| one.token.clone());
        let held: Vec<Option<String>> = held.collect();
        done.iter().for_each(|done| self.access(done, &held));
        self.judge_holders(done.iter().map(|done| &done.deed))
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
            (_, Answer::Avatar(id)) => {
                self.model.people[done.deed.actor].avatars.push(Some(*id));
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
        Ok(effects::done(&self.model, &done.deed, answer))
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

    /// The whole of the run's figures in one line.
    pub fn figures(&self) -> String {
        format!(
            "{} commands ({} done, {} in doubt, {} refused), faults {:?}",
            self.commands, self.acknowledged, self.doubtful, self.refused, self.faults
        )
    }

    /// All faults stop, what is on its way lands, and the nodes come to know it.
    ///
    /// # Errors
    /// If a node does not come back.
    pub async fn heal(&mut self) -> Result<()> {
        self.cluster.trace.line("-- heal".to_owned());
        self.cluster.heal();
        self.cluster.all_up().await?;
        for _ in 0..2 {
            // Batches in doubt are sent again by whoever sent them.
            sleep(Duration::from_secs(35)).await;
            self.cluster.engine.settle();
        }
        self.cluster.engine.set_hostility(Hostility::CALM);
        self.cluster.all_up().await?;
        for node in self.cluster.nodes() {
            node.store.catch_up().await?;
        }
        Ok(())
    }

    /// As bad as the seed has it.
    pub fn hostile_again(&self) {
        self.cluster
            .engine
            .set_hostility(self.swarm.hostility.clone());
    }

    pub fn machines_up(&self) -> Vec<usize> {
        self.cluster.nodes().iter().map(|node| node.at).collect()
    }

    /// A node that is up, any of them.
    ///
    /// # Errors
    /// None is.
    pub fn any_node(&self) -> Result<Arc<Node>> {
        let nodes = self.cluster.nodes();
        if nodes.is_empty() {
            bail!("no node is up");
        }
        Ok(self.dice.one_of(&nodes).clone())
    }
}

async fn sign_up(node: &Node, app: &App, at: Person) -> Result<Someone> {
    let name = format!("p{at}");
    let options = CreateOptions {
        confirmed: true,
        ..CreateOptions::default()
    };
    let id = accounts::create(&node.system(), new_account(&name), options).await?;
    let token = oauth::issue(&node.social, app.id, id, app.scopes).await?;
    Ok(Someone {
        id,
        name,
        token: Some(token.token),
        dead_tokens: Vec::new(),
        avatars: Vec::new(),
        avatars_seen: BTreeMap::new(),
    })
}

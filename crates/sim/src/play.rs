//! One seed: the world, its users, and what is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
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
use crate::effects;
use crate::faults::Swarm;
use crate::model::fact::{Fact, Life};
use crate::model::{Key, Model, Person, Someone, Value};
use crate::node::Node;
use crate::trace::Trace;
use crate::wire::Written;

/// Between two commands of one group that follow each other closely.
const CLOSE_MS_MAX: u64 = 30;
/// No node in particular.
pub(crate) const NOWHERE: Life = (usize::MAX, 0);

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
pub(crate) enum Outcome {
    Answered(Answer),
    Refused(Error),
    /// Nobody knows: the store was silent, or the node crashed.
    Unknown,
}

pub(crate) struct Done {
    pub(crate) deed: Deed,
    pub(crate) outcome: Outcome,
    pub(crate) written: Arc<Written>,
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

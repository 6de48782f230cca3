//! A run: commands under faults (safety), then no faults any more, and everything must agree
//! (liveness).

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::act::{Act, Deed};
use crate::cluster::MACHINES;
use crate::draw::Draw;
use crate::play::Play;
use crate::trace::Trace;

/// A seed is at least so many commands, and so many faults.
pub const COMMANDS_MIN: u64 = 1_000;
pub const FAULTS_MIN: u64 = 5;
/// How long a cut may last, in milliseconds.
const CUT_MS_MAX: u64 = 8_000;
const DOWN_MS_MAX: u64 = 4_000;
/// What is older than a minute is mended.
const SETTLED_S: u64 = 65;
const MENDING_STEPS: u64 = 12;
/// Of a thousand steps, how many have a crash at least once there were commands enough.
const LATE_CRASH: u64 = 100;

/// Of a thousand steps, how many are those of the two stories that chance would hardly tell.
const SHUT_OUT: u64 = 60;
const HALF_TAKEN_BACK: u64 = 60;

/// What became of a seed.
pub struct Outcome {
    pub seed: u64,
    /// What an oracle had to say, if one had.
    pub failure: Option<String>,
    pub commands: u64,
    pub faults: u64,
    pub figures: String,
    /// Of all that happened: the same for each run of the seed.
    pub trace_hash: u64,
    pub trace_steps: u64,
    pub last_lines: Vec<String>,
}

/// Runs a seed, in a thread and an executor of its own. `aloud` prints each command.
pub fn run(seed: u64, aloud: bool) -> Outcome {
    let trace = Arc::new(Trace::new(aloud));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O can be built");
    let mut outcome = Outcome {
        seed,
        failure: None,
        commands: 0,
        faults: 0,
        figures: String::new(),
        trace_hash: 0,
        trace_steps: 0,
        last_lines: Vec::new(),
    };
    let local = tokio::task::LocalSet::new();
    let lived = local.block_on(&runtime, live(seed, trace.clone(), &mut outcome));
    outcome.failure = lived.err().map(|error| format!("{error:#}"));
    outcome.trace_hash = trace.hash();
    outcome.trace_steps = trace.steps();
    outcome.last_lines = trace.last_lines();
    outcome
}

async fn live(seed: u64, trace: Arc<Trace>, outcome: &mut Outcome) -> Result<()> {
    let mut play = Play::begin(seed, trace).await?;
    play.cluster.trace.line(format!("{:?}", play.swarm));
    let lived = safety_and_liveness(&mut play).await;
    outcome.commands = play.commands;
    outcome.faults = play.faults.values().sum();
    outcome.figures = play.figures();
    lived
}

async fn safety_and_liveness(play: &mut Play) -> Result<()> {
    let mut weather = Weather::default();
    loop {
        let faults: u64 = play.faults.values().sum();
        if play.commands >= COMMANDS_MIN && faults >= FAULTS_MIN {
            break;
        }
        weather.step(play).await?;
        play.cluster.rules.judge()?;
        if !play.cluster.nodes().is_empty() {
            step(play).await?;
        }
        let pause_ms = play.dice.below(play.swarm.pause_ms_max) + 1;
        sleep(Duration::from_millis(pause_ms)).await;
    }
    mend_meanwhile(play).await?;
    play.heal().await?;
    play.read_everything().await?;
    play.all_plans_are_due().await?;
    play.check_in_the_end().await?;
    play.cluster.rules.judge()
}

/// Facts are old enough to be mended, some of their rows are still on their way, and everybody goes
/// on.
async fn mend_meanwhile(play: &mut Play) -> Result<()> {
    sleep(Duration::from_secs(SETTLED_S)).await;
    play.cluster.take_in().await?;
    for round in 0..MENDING_STEPS {
        if play.cluster.nodes().is_empty() {
            break;
        }
        if round % 4 == 0 {
            play.check_meanwhile();
        }
        step(play).await?;
        play.cluster.rules.judge()?;
        play.cluster.take_in().await?;
    }
    Ok(())
}

/// A few commands at once, and somebody who looks at what became of them.
async fn step(play: &mut Play) -> Result<()> {
    let up = play.machines_up();
    let kind = play.dice.below(1_000);
    let Play {
        dice,
        model,
        number,
        swarm,
        ..
    } = play;
    let mut draw = Draw {
        dice,
        model,
        up: &up,
        number,
    };
    let (deeds, at_once): (Vec<Deed>, bool) = if kind < swarm.duel {
        (draw.duel(), dice.happens(400))
    } else if kind < swarm.duel + SHUT_OUT {
        let deeds = draw.shut_out();
        return play.shut_out(deeds).await;
    } else if kind < swarm.duel + SHUT_OUT + HALF_TAKEN_BACK {
        let about = draw.marking();
        return match about {
            Some((actor, post)) => play.half_taken_back(actor, post).await,
            None => Ok(()),
        };
    } else {
        let several = dice.between(1, 3);
        ((0..several).map(|_| draw.deed()).collect(), true)
    };
    // Where a seed has few faults, it does not go on for ever until they are enough.
    let crash = match play.commands >= COMMANDS_MIN {
        true => play.dice.happens(play.swarm.crash.max(LATE_CRASH)),
        false => play.dice.happens(play.swarm.crash),
    };
    let crash = crash.then(|| *play.dice.one_of(&up));
    if crash.is_some() {
        play.fault("crash");
    }
    let last = deeds.last().cloned();
    let repeated = play
        .dice
        .happens(play.swarm.twice)
        .then(|| last.clone())
        .flatten();
    match at_once {
        true => play.together(deeds, crash).await?,
        false => {
            for deed in deeds {
                play.together(
                    vec![deed.clone()],
                    crash.filter(|_| Some(deed.number) == last.as_ref().map(|last| last.number)),
                )
                .await?;
                if play.dice.happens(500) {
                    play.look_after(&deed).await?;
                }
            }
        }
    }
    if let Some(deed) = repeated.filter(|deed| deed.can_come_twice()) {
        once_more(play, deed).await?;
    }
    if let Some(deed) = last {
        play.look_after(&deed).await?;
    }
    play.look_around().await
}

/// The same request once more, wherever.
async fn once_more(play: &mut Play, mut again: Deed) -> Result<()> {
    let up = play.machines_up();
    if up.is_empty() {
        return Ok(());
    }
    again.at = *play.dice.one_of(&up);
    play.number += 1;
    again.number = play.number;
    if let Act::Reblog { reblog, .. } = &mut again.act {
        // Should the first not have been written, this one is another status.
        let second = play.model.statuses[*reblog].second();
        *reblog = play.model.draft(second);
    }
    play.together(vec![again], None).await
}

/// Faults that last a while.
#[derive(Default)]
struct Weather {
    bus_until: Option<Instant>,
    engine_until: [Option<Instant>; MACHINES],
    down_until: [Option<Instant>; MACHINES],
}

impl Weather {
    async fn step(&mut self, play: &mut Play) -> Result<()> {
        let now = Instant::now();
        let later = |play: &Play, ms_max| now + Duration::from_millis(play.dice.below(ms_max));
        if self.bus_until.is_some_and(|until| until <= now) {
            self.bus_until = None;
            play.cluster.cut_bus(false);
        }
        if self.bus_until.is_none() && play.dice.happens(play.swarm.bus_cut) {
            play.fault("bus cut");
            play.cluster.cut_bus(true);
            self.bus_until = Some(later(play, CUT_MS_MAX));
        }
        for at in 0..MACHINES {
            if self.engine_until[at].is_some_and(|until| until <= now) {
                self.engine_until[at] = None;
                play.cluster.cut_engine(at, false);
            }
            if play.cluster.is_lost(at) {
                play.fault("lease lost");
                play.cluster.crash(at);
            }
            if !play.cluster.is_up(at) && !play.cluster.is_starting(at) {
                let until = *self.down_until[at].get_or_insert(later(play, DOWN_MS_MAX));
                if until <= now {
                    self.down_until[at] = None;
                    play.cluster.start(at);
                }
            }
        }
        if play.dice.happens(play.swarm.engine_cut) {
            let at = play.dice.index(MACHINES);
            play.fault("engine cut");
            play.cluster.cut_engine(at, true);
            self.engine_until[at] = Some(later(play, CUT_MS_MAX * 2));
        }
        if play.dice.happens(play.swarm.engine_crash) {
            play.fault("engine crash");
            play.cluster.engine.crash();
        }
        if play.dice.happens(100) {
            play.cluster.release_hints();
        }
        if play.dice.happens(play.swarm.check) {
            play.check_meanwhile();
        }
        play.cluster.take_in().await
    }
}

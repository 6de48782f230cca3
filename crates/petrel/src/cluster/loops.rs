//! What a node on a cluster does all the while: one supervised task for each.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use petrel_api::RateLimits;
use petrel_bus::Topic;
use petrel_jobs::supervise;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Member, bus, clocks, rates};

/// A third of the time that a lease works, at least.
const RENEW_PERIOD: Duration = Duration::from_secs(1);
/// A renewal that takes longer is given up and sent anew.
const RENEW_TIME_MAX: Duration = Duration::from_secs(2);
const ROUND_PERIOD: Duration = Duration::from_millis(250);
const CLOCK_PERIOD: Duration = Duration::from_secs(2);
const RATES_PERIOD: Duration = Duration::from_secs(1);

/// The tasks of a member, until it ends.
pub struct Loops {
    member: Arc<Member>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Loops {
    /// Without `rates` nothing is told of them: by who serves nobody.
    pub fn start(member: Arc<Member>, rates: Option<Arc<RateLimits>>) -> Loops {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let at = |period| Beat {
            member: member.clone(),
            period,
            stop: stopped.clone(),
        };
        tasks.spawn(at(RENEW_PERIOD).run("lease", |member| async move {
            given_up(member.renew()).await
        }));
        tasks.spawn(at(RENEW_PERIOD).run("announcement", |member| async move {
            given_up(member.announce()).await
        }));
        tasks.spawn(at(ROUND_PERIOD).run("round", |member| async move {
            member.peers().round().await.map_err(text)
        }));
        tasks.spawn(at(CLOCK_PERIOD).run("clock", |member| async move {
            let ahead_us = clocks::ahead_us(&**member.store.engine()).await;
            if let Some(ahead_us) = ahead_us.map_err(text)? {
                member.judge_clock(ahead_us);
            }
            Ok(())
        }));
        if let Some(bus) = &member.bus {
            let (member, bus) = (member.clone(), bus.clone());
            tasks.spawn(kept("hints", stopped.clone(), move |stop| {
                bus::hear_hints(member.clone(), bus.clone(), stop)
            }));
        }
        if let Some((bus, rates)) = member.bus.clone().zip(rates) {
            let (hearer, ear, counts) = (member.clone(), bus.clone(), rates.clone());
            tasks.spawn(kept("rates heard", stopped.clone(), move |stop| {
                bus::hear_rates(hearer.clone(), ear.clone(), counts.clone(), stop)
            }));
            tasks.spawn(at(RATES_PERIOD).run("rates", move |_| {
                if let Some(told) = rates::told(&rates) {
                    bus.publish(Topic::Rates, told);
                }
                std::future::ready(Ok(()))
            }));
        }
        Loops {
            member,
            stop,
            tasks,
        }
    }

    /// Ends them, and this node's part in the cluster. Nothing may be written any more.
    pub async fn end(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        self.member.end().await;
    }
}

/// A supervised task that listens until it is told to stop.
async fn kept<T>(
    name: &'static str,
    stop: watch::Receiver<bool>,
    start: impl Fn(watch::Receiver<bool>) -> T,
) where
    T: Future<Output = ()> + Send + 'static,
{
    supervise(name, stop.clone(), move || start(stop.clone())).await;
}

/// Something that is done again and again.
struct Beat {
    member: Arc<Member>,
    period: Duration,
    stop: watch::Receiver<bool>,
}

impl Beat {
    async fn run<F, T>(self, name: &'static str, once: F)
    where
        F: Fn(Arc<Member>) -> T + Send + Sync + 'static,
        T: Future<Output = Result<(), String>> + Send + 'static,
    {
        let once = Arc::new(once);
        supervise(name, self.stop.clone(), move || {
            let (member, once) = (self.member.clone(), once.clone());
            let (period, mut stop) = (self.period, self.stop.clone());
            async move {
                let mut trouble = Trouble::new(name);
                while !*stop.borrow() {
                    trouble.note(once(member.clone()).await);
                    tokio::select! {
                        () = sleep(period) => {}
                        _ = stop.wait_for(|stopped| *stopped) => {}
                    }
                }
            }
        })
        .await;
    }
}

/// Says once that something fails, and once that it goes well again.
struct Trouble {
    name: &'static str,
    failures: u32,
}

/// One failure may be chance.
const FAILURES_TOLD: u32 = 3;

impl Trouble {
    fn new(name: &'static str) -> Trouble {
        Trouble { name, failures: 0 }
    }

    fn note(&mut self, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                if self.failures >= FAILURES_TOLD {
                    tracing::info!(
                        task = self.name,
                        failures = self.failures,
                        "goes well again"
                    );
                }
                self.failures = 0;
            }
            Err(why) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures == FAILURES_TOLD {
                    tracing::warn!(task = self.name, why, "fails; trying on");
                }
            }
        }
    }
}

/// A renewal or announcement, in bounded time.
async fn given_up(
    write: impl Future<Output = Result<(), petrel_store::StoreError>>,
) -> Result<(), String> {
    let answer = timeout(RENEW_TIME_MAX, write).await;
    answer.map_err(text)?.map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}

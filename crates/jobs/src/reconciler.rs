//! Periodic work without input: looks at the whole and sets right what is not.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use petrel_model::clock::HybridClock;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::leases::Post;

/// Idempotent, without input, and harmless when two run at once.
#[async_trait]
pub trait Reconciler: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    /// How long to wait between the end of one run and the start of the next.
    fn period(&self) -> Duration;

    /// Where it runs when there are several nodes.
    fn place(&self) -> Place {
        Place::Once
    }

    async fn run(&self) -> Status;
}

/// On which of several nodes a reconciler runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Place {
    /// On every node: it is about the node's own memory or files.
    EachNode,
    /// On one at a time, under a lease: it is about what is in the store.
    #[default]
    Once,
}

/// What one run came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// How many things were looked at.
    pub looked_at: u64,
    /// How many of them were set right.
    pub changed: u64,
    /// Why it could not finish, if it could not.
    pub failed: Option<String>,
}

/// What is known of a reconciler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReconcilerStatus {
    pub name: &'static str,
    pub period: Duration,
    pub running: bool,
    /// Runs that came to an end since the process started.
    pub runs: u64,
    /// Unix milliseconds.
    pub last_started_ms: Option<u64>,
    /// Unix milliseconds.
    pub last_finished_ms: Option<u64>,
    pub last: Option<Status>,
}

/// A reconciler with its status, kicked by name.
pub(crate) struct Watched {
    reconciler: Arc<dyn Reconciler>,
    clock: Arc<HybridClock>,
    status: Mutex<ReconcilerStatus>,
    kick: Notify,
    post: Arc<Post>,
}

impl Watched {
    pub(crate) fn new(
        reconciler: Arc<dyn Reconciler>,
        clock: Arc<HybridClock>,
        post: Arc<Post>,
    ) -> Watched {
        let status = ReconcilerStatus {
            name: reconciler.name(),
            period: reconciler.period(),
            running: false,
            runs: 0,
            last_started_ms: None,
            last_finished_ms: None,
            last: None,
        };
        Watched {
            reconciler,
            clock,
            status: Mutex::new(status),
            kick: Notify::new(),
            post,
        }
    }

    pub(crate) fn post(&self) -> &Arc<Post> {
        &self.post
    }

    pub(crate) fn name(&self) -> &'static str {
        self.reconciler.name()
    }

    pub(crate) fn status(&self) -> ReconcilerStatus {
        self.status.lock().clone()
    }

    pub(crate) fn kick(&self) {
        self.kick.notify_one();
    }

    pub(crate) async fn run_until(self: Arc<Watched>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let Some(term) = self.post.work() else {
                tokio::select! {
                    biased;
                    () = self.post.changed() => continue,
                    _ = stop.wait_for(|stopped| *stopped) => return,
                }
            };
            tokio::select! {
                biased;
                () = self.once() => {}
                () = self.post.lost(&term) => {
                    self.status.lock().running = false;
                    tracing::warn!(reconciler = self.name(), "a reconciler was left to another node in the middle");
                }
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
            drop(term);
            tokio::select! {
                biased;
                () = sleep(self.reconciler.period()) => {}
                () = self.kick.notified() => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    async fn once(&self) {
        {
            let mut status = self.status.lock();
            status.running = true;
            status.last_started_ms = Some(self.clock.now_ms());
        }
        let outcome = self.reconciler.run().await;
        if let Some(why) = &outcome.failed {
            tracing::warn!(
                reconciler = self.name(),
                why,
                "a reconciler could not finish"
            );
        } else if outcome.changed > 0 {
            tracing::info!(
                reconciler = self.name(),
                changed = outcome.changed,
                "a reconciler set things right"
            );
        }
        let mut status = self.status.lock();
        status.running = false;
        status.runs += 1;
        status.last_finished_ms = Some(self.clock.now_ms());
        status.last = Some(outcome);
    }
}

//! The one task that decides what runs next.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use petrel_store::StoreError;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use crate::attempt::{Finished, attempt};
use crate::enqueue::{BUCKET_MS, Queue};
use crate::lane::{Cursor, Lane, Moment};
use crate::runner::Shared;
use crate::tables::{Jobs, QueueCursors};
use crate::wake::Wake;

/// The runner looks at least so often, for jobs whose commit bore no event.
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// Commits closer together than this share one look.
const LOOK_GAP: Duration = Duration::from_millis(20);
/// The same where all commits of a cluster are heard, and a look asks it for rows.
const LOOK_GAP_SEVERAL: Duration = Duration::from_millis(200);
const TABLE_PAGE: usize = 1_000;
/// A cursor further back than this many buckets (a week) is not walked; the table is read once.
const WALKED_MAX: u64 = 7 * 24 * 60;

pub(crate) struct Scheduler {
    shared: Arc<Shared>,
    lanes: Vec<Lane>,
    running: JoinSet<Finished>,
}

/// Where each queue begins, once the whole table was read.
type FirstBuckets = [Option<u64>; Queue::ALL.len()];
type Woken = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Scheduler {
    pub(crate) fn new(shared: Arc<Shared>) -> Scheduler {
        Scheduler {
            shared,
            lanes: Queue::ALL.into_iter().map(Lane::new).collect(),
            running: JoinSet::new(),
        }
    }

    pub(crate) async fn run_until(mut self, mut stop: watch::Receiver<bool>) {
        let mut look_due = true;
        let gap = self.look_gap();
        let mut woken = woken(self.shared.wake.clone(), gap);
        while !*stop.borrow() {
            if look_due {
                look_due = self.look_and_report().await;
                woken = self::woken(self.shared.wake.clone(), gap);
            }
            self.dispatch();
            let pause = if look_due { gap } else { self.until_next_due() };
            tokio::select! {
                // In a fixed order here and in all of this crate: what a simulation sees of a seed
                // is always the same.
                biased;
                _ = stop.wait_for(|stopped| *stopped) => break,
                () = &mut woken => look_due = true,
                Some(ended) = self.running.join_next() => {
                    self.ended(ended);
                    look_due |= self.running.is_empty();
                }
                () = sleep(pause) => look_due = true,
            }
        }
        self.drain().await;
    }

    /// True if there is more to read as soon as there is room.
    async fn look_and_report(&mut self) -> bool {
        let asked = std::mem::take(&mut *self.shared.idle.lock());
        match self.look().await {
            Ok(more) => {
                if !more && self.is_idle() {
                    for told in asked {
                        // Who asked may have gone.
                        let _ = told.send(());
                    }
                } else {
                    self.shared.idle.lock().extend(asked);
                }
                more
            }
            Err(error) => {
                tracing::warn!(%error, "the queues could not be read; trying again");
                self.shared.idle.lock().extend(asked);
                false
            }
        }
    }

    /// Looks through the lanes that are this node's now.
    async fn look(&mut self) -> Result<bool, StoreError> {
        let shared = &self.shared;
        let moment = Moment::of(&shared.store, shared.head_ms());
        let mut first_buckets = None;
        let mut more = false;
        for lane in &mut self.lanes {
            let Some(term) = shared.post(lane.queue).work() else {
                lane.close();
                continue;
            };
            if lane.token() != Some(term.token()) {
                let cursor = cursor_of(shared, lane.queue, &moment, &mut first_buckets).await?;
                lane.open(term.token(), cursor);
            }
            more |= lane.look(&shared.store, &moment).await?;
            lane.save(&shared.store, &moment).await;
        }
        Ok(more)
    }

    fn look_gap(&self) -> Duration {
        match self.shared.store.peers() {
            None => LOOK_GAP,
            Some(_) => LOOK_GAP_SEVERAL,
        }
    }

    fn is_idle(&self) -> bool {
        let head_ms = self.shared.head_ms();
        let none_due = |lane: &Lane| lane.next_due_ms().is_none_or(|due_ms| due_ms > head_ms);
        self.running.is_empty() && self.lanes.iter().all(none_due)
    }

    fn dispatch(&mut self) {
        let head_ms = self.shared.head_ms();
        for lane in &mut self.lanes {
            while lane.running() < self.shared.limits.concurrency {
                // Asked for each job: a lane that is no longer this node's begins none.
                let term = self.shared.post(lane.queue).work();
                let Some(term) = term.filter(|term| lane.token() == Some(term.token())) else {
                    break;
                };
                let Some(job) = lane.next_due(head_ms) else {
                    break;
                };
                self.running.spawn(attempt(self.shared.clone(), job, term));
            }
        }
    }

    fn ended(&mut self, ended: Result<Finished, JoinError>) {
        // An attempt catches its handler's panic; if it dies itself, this task dies with it and
        // is started again from what is in the store.
        let finished = ended.expect("an attempt does not panic");
        for lane in &mut self.lanes {
            if lane.queue == finished.queue {
                lane.finished(finished);
                return;
            }
        }
    }

    fn until_next_due(&self) -> Duration {
        let head_ms = self.shared.head_ms();
        let full = |lane: &&Lane| lane.running() < self.shared.limits.concurrency;
        let lanes = self.lanes.iter().filter(full);
        let next_ms = lanes.filter_map(Lane::next_due_ms).min();
        let wait = next_ms.map(|due_ms| Duration::from_millis(due_ms.saturating_sub(head_ms)));
        wait.map_or(LOOK_PERIOD, |wait| wait.min(LOOK_PERIOD))
    }

    async fn drain(mut self) {
        let ended = timeout(self.shared.limits.drain, async {
            while self.running.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            let left = self.running.len();
            tracing::warn!(
                left,
                "jobs did not end in time; they run again at the next start"
            );
        }
    }
}

/// Ends when a commit was made, though not sooner than `gap` after the last look.
fn woken(wake: Arc<Wake>, gap: Duration) -> Woken {
    Box::pin(async move {
        sleep(gap).await;
        wake.woken().await;
    })
}

/// Where a lane begins: where it was left, or at the first job if that is too far back.
async fn cursor_of(
    shared: &Shared,
    queue: Queue,
    moment: &Moment,
    first_buckets: &mut Option<FirstBuckets>,
) -> Result<Cursor, StoreError> {
    let head = moment.head_ms / BUCKET_MS;
    let row = shared
        .store
        .get::<QueueCursors>(&(queue as u8), &())
        .await?;
    // A row of before its rows were in doubt for long has one place for both.
    let saved = row.map(|row| Cursor {
        first: row.value.bucket,
        done: row.value.done.unwrap_or(row.value.bucket),
    });
    if let Some(saved) = saved.filter(|saved| saved.done + WALKED_MAX >= head) {
        return Ok(Cursor {
            first: saved.first.min(head),
            done: saved.done.min(head),
        });
    }
    let firsts = match first_buckets {
        Some(firsts) => firsts,
        None => first_buckets.insert(read_first_buckets(shared).await?),
    };
    let done = firsts[queue as usize].map_or(head, |first| first.min(head));
    let first = saved.map_or_else(|| moment.first_in_doubt(), |saved| saved.first);
    Ok(Cursor {
        first: first.min(done),
        done,
    })
}

/// Where each queue begins, by reading the whole table: at the first start ever, and after a
/// long downtime.
async fn read_first_buckets(shared: &Shared) -> Result<FirstBuckets, StoreError> {
    let mut first = [None; Queue::ALL.len()];
    let mut token = None;
    loop {
        let (rows, next) = shared.store.scan_table::<Jobs>(token, TABLE_PAGE).await?;
        for ((queue, bucket), _) in rows {
            if let Some(first) = first.get_mut(usize::from(queue)) {
                *first = Some(first.map_or(bucket, |known: u64| known.min(bucket)));
            }
        }
        match next {
            None => return Ok(first),
            next => token = next,
        }
    }
}

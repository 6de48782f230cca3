//! The one thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fjall::AbstractTree;
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::RawOutcome;

use crate::database::Open;
use crate::done::Done;
use crate::group::Group;
use crate::options::{
    FRESH_RUNS_MAX, GROUP_BYTES_MAX, LULL_PART, LULL_US_MAX, MEMTABLE_BYTES, REOPEN_FORGOTTEN_US,
    REOPEN_TRIES_MAX, SEALED_MEMTABLES_MAX, TICK_BEHIND_US, TICK_US,
};
use crate::queue::{Job, Reply};
use crate::room::full_text;
use crate::row::{Change, Last};
use crate::shared::Shared;
use crate::sweep::Sweep;

/// How long the writer looks away while background work catches up.
const CATCH_UP: Duration = Duration::from_millis(2);
/// How often it looks for room before it takes the disk for full, while a memtable is being
/// flushed, and otherwise: what was just flushed frees a journal a moment later.
const LOOKS_FLUSHING_MAX: u32 = 2_500;
const LOOKS_MAX: u32 = 50;

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) last: Last,
    done: Done,
    pub(crate) sweep: Sweep,
    /// The number of this start, if it is not durable yet.
    pub(crate) boot: Option<u64>,
    /// When the next sweep is due, by the monotonic clock, in microseconds.
    sweep_due_us: u64,
    sweep_pause_us: u64,
    reopened: u32,
    /// When that was last, by the monotonic clock, in microseconds.
    reopened_us: u64,
    /// The last write was refused for want of room.
    is_full: bool,
}

/// The jobs that share a commit, and what they will be told after it.
struct Round<'a> {
    group: Group<'a>,
    answers: Vec<Answer>,
    /// Stamps asked for and given.
    noted: Vec<(Stamp, Stamp)>,
}

enum Answer {
    Written(Reply<Stamp>, Stamp),
    Decided(Reply<RawOutcome>, RawOutcome),
    Mended(Reply<bool>, bool),
}

impl Writer {
    pub fn new(shared: Arc<Shared>, last: Last) -> Writer {
        Writer {
            shared,
            last,
            done: Done::new(last.stamp),
            sweep: Sweep::new(),
            boot: None,
            sweep_due_us: 0,
            sweep_pause_us: TICK_US,
            reopened: 0,
            reopened_us: 0,
            is_full: false,
        }
    }

    /// Runs until the queue is stopped and empty. A panic here would leave everybody waiting for
    /// ever, so it ends the process.
    pub fn run_or_abort(self) {
        let shared = Arc::clone(&self.shared);
        if catch_unwind(AssertUnwindSafe(|| self.run())).is_err() {
            abort(&shared.store, "its writer panicked");
        }
    }

    fn run(mut self) {
        let clock = Arc::clone(&self.shared.options.clock);
        let (mut served, mut lull_us) = (0, 0);
        while let Some(jobs) = self.shared.queue.take(
            GROUP_BYTES_MAX,
            Duration::from_micros(self.sweep_pause_us),
            served,
            Duration::from_micros(lull_us),
        ) {
            let begun_us = clock.monotonic_us();
            served = jobs.len();
            if !jobs.is_empty() {
                self.serve(jobs);
            }
            let took_us = clock.monotonic_us().saturating_sub(begun_us);
            lull_us = (took_us / LULL_PART).min(LULL_US_MAX);
            self.sweep_if_due();
        }
    }

    fn serve(&mut self, jobs: Vec<Job>) {
        if let Err(error) = self.require_writable() {
            for job in jobs {
                job.refuse(error.clone());
            }
            return;
        }
        let shared = Arc::clone(&self.shared);
        let served = shared.with_open(|open, _| {
            self.commit_all(open, jobs);
            Ok(())
        });
        debug_assert!(served.is_ok(), "only the writer empties the slot");
    }

    fn commit_all(&mut self, open: &Open, jobs: Vec<Job>) {
        let now_s = self.shared.now_s();
        let mut round = Round::new(open, self.last, now_s);
        for job in jobs {
            match job {
                Job::Write {
                    stamp,
                    retry,
                    changes,
                    reply,
                } => self.stage(&mut round, stamp, retry, changes, reply),
                Job::WriteIf { write, reply } => match round.group.write_if(write) {
                    Ok(outcome) => round.answers.push(Answer::Decided(reply, outcome)),
                    Err(error) => tell(reply, Err(error)),
                },
                Job::Mend { mend, reply } => match round.group.mend(mend) {
                    Ok(applied) => round.answers.push(Answer::Mended(reply, applied)),
                    Err(error) => tell(reply, Err(error)),
                },
                alone => {
                    self.finish(round);
                    self.serve_alone(open, alone);
                    round = Round::new(open, self.last, now_s);
                }
            }
        }
        self.finish(round);
    }

    fn stage(
        &self,
        round: &mut Round<'_>,
        asked: Stamp,
        retry: bool,
        changes: Vec<Change>,
        reply: Reply<Stamp>,
    ) {
        let earlier = if retry { self.find(round, asked) } else { None };
        let stamp = earlier.unwrap_or_else(|| {
            let stamp = round.group.write(asked, changes);
            round.noted.push((asked, stamp));
            stamp
        });
        round.answers.push(Answer::Written(reply, stamp));
    }

    fn find(&self, round: &Round<'_>, asked: Stamp) -> Option<Stamp> {
        let in_round = round
            .noted
            .iter()
            .find(|(earlier, used)| *earlier == asked || *used == asked);
        in_round
            .map(|(_, used)| *used)
            .or_else(|| self.done.find(asked))
    }

    fn serve_alone(&mut self, open: &Open, job: Job) {
        match job {
            Job::DeletePartition {
                table,
                partition,
                stamp,
                reply,
            } => tell(reply, self.delete_partition(open, table, &partition, stamp)),
            Job::Load { table, rows, reply } => tell(reply, self.load(open, table, &rows)),
            Job::Sweep { reply } => tell(reply, self.sweep_once(open)),
            Job::Write { .. } | Job::WriteIf { .. } | Job::Mend { .. } => {
                unreachable!("these share a round")
            }
        }
    }

    fn finish(&mut self, round: Round<'_>) {
        let committed = self.commit(round.group);
        if committed.is_ok() {
            for (asked, used) in round.noted {
                self.done.note(asked, used);
            }
        }
        for answer in round.answers {
            answer.tell(&committed);
        }
    }

    /// Commits a group. An error means that nothing of it was written. Where that is not certain,
    /// the process ends: it has acknowledged nothing, and the next start finds out.
    pub(crate) fn commit(&mut self, mut group: Group<'_>) -> Result<(), StoreError> {
        if group.is_empty() && group.last == self.last {
            return Ok(());
        }
        if let Some(boot) = self.boot {
            group.note_boot(boot);
        }
        let earliest_expiry_s = group.earliest_expiry_s;
        match group.commit() {
            Ok(last) => {
                self.last = last;
                self.boot = None;
                self.shared.set_last_stamp(last.stamp);
                if let Some(at_s) = earliest_expiry_s {
                    self.sweep.note(at_s);
                }
                Ok(())
            }
            // Noticed before anything was written.
            Err(fjall::Error::Poisoned) => Err(StoreError::Unavailable(
                "its background work failed; it is being opened anew".to_owned(),
            )),
            Err(error) => abort(
                &self.shared.store,
                &format!("a write to its journal failed: {error}"),
            ),
        }
    }

    /// Whether the database takes writes and there is room for them. Waits while background work
    /// is far behind, because the engine would wait without looking whether that still goes on,
    /// and while a flush may be about to make the room that is missing.
    fn require_writable(&mut self) -> Result<(), StoreError> {
        let mut looks = 0;
        loop {
            let state = self
                .shared
                .with_open(|open, _| Ok(Background::of(open)))
                .unwrap_or(Background::Failed);
            let room = self.require_room();
            let was_full = self.is_full;
            self.is_full &= room.is_err();
            match (&state, room) {
                (Background::Failed, Ok(())) => self.reopen()?,
                (Background::Failed, Err(full)) => return Err(full),
                (Background::Behind, _) => std::thread::sleep(CATCH_UP),
                (_, Ok(())) => return Ok(()),
                (_, Err(full)) if was_full || looks >= state.looks_max() => {
                    self.is_full = true;
                    return Err(full);
                }
                (_, Err(_)) => std::thread::sleep(CATCH_UP),
            }
            looks += 1;
        }
    }

    fn require_room(&self) -> Result<(), StoreError> {
        match self.shared.room() {
            Some(room) if room.free_bytes < room.reserve_bytes => {
                Err(StoreError::Full(full_text(room)))
            }
            _ => Ok(()),
        }
    }

    /// Background work fails for want of room before a write does. All that was acknowledged lies
    /// in the journal, so the database can be opened anew once there is room.
    fn reopen(&mut self) -> Result<(), StoreError> {
        let now_us = self.shared.options.clock.monotonic_us();
        if now_us.saturating_sub(self.reopened_us) > REOPEN_FORGOTTEN_US {
            self.reopened = 0;
        }
        self.reopened_us = now_us;
        self.reopened += 1;
        if self.reopened > REOPEN_TRIES_MAX {
            abort(
                &self.shared.store,
                "its background work fails again and again; run `petrel check`",
            );
        }
        tracing::warn!(store = %self.shared.store.display(), "background work failed; opening the database anew");
        match self.shared.reopen() {
            Ok(last) if last == self.last => Ok(()),
            Ok(last) => abort(
                &self.shared.store,
                &format!(
                    "opened anew it ends at {last:?}, but {:?} was acknowledged",
                    self.last
                ),
            ),
            Err(error) => {
                tracing::error!(%error, "the database cannot be opened anew");
                Err(StoreError::Unavailable(error.to_string()))
            }
        }
    }

    fn sweep_if_due(&mut self) {
        let now_us = self.shared.options.clock.monotonic_us();
        if now_us < self.sweep_due_us || self.require_room().is_err() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let swept = shared.with_open(|open, _| self.sweep_some(open));
        self.sweep_pause_us = match swept {
            Ok(swept) if swept.is_behind() => TICK_BEHIND_US,
            Ok(_) => TICK_US,
            Err(error) => {
                tracing::warn!(%error, "expired rows cannot be removed");
                TICK_US
            }
        };
        self.sweep_due_us = now_us + self.sweep_pause_us;
    }
}

impl<'a> Round<'a> {
    fn new(open: &'a Open, last: Last, now_s: u64) -> Round<'a> {
        Round {
            group: Group::new(open, last, now_s),
            answers: Vec::new(),
            noted: Vec::new(),
        }
    }
}

impl Answer {
    fn tell(self, committed: &Result<(), StoreError>) {
        let committed = committed.clone();
        match self {
            Answer::Written(reply, stamp) => tell(reply, committed.map(|()| stamp)),
            Answer::Decided(reply, outcome) => tell(reply, committed.map(|()| outcome)),
            Answer::Mended(reply, applied) => tell(reply, committed.map(|()| applied)),
        }
    }
}

/// Who asked may have gone; there is nobody else to tell.
fn tell<T>(reply: Reply<T>, answer: Result<T, StoreError>) {
    let _ = reply.send(answer);
}

/// How the engine's own threads are doing.
enum Background {
    Idle,
    /// A memtable is on its way to a file.
    Flushing,
    Behind,
    /// One of them has ended with an error.
    Failed,
}

impl Background {
    fn looks_max(&self) -> u32 {
        match self {
            Background::Flushing => LOOKS_FLUSHING_MAX,
            _ => LOOKS_MAX,
        }
    }

    fn of(open: &Open) -> Background {
        let tree = &open.rows.tree;
        let sealed = tree.sealed_memtable_count();
        if open.is_poisoned() {
            Background::Failed
        } else if sealed >= SEALED_MEMTABLES_MAX || tree.l0_run_count() >= FRESH_RUNS_MAX {
            Background::Behind
        } else if sealed > 0 || tree.active_memtable().size() >= MEMTABLE_BYTES {
            Background::Flushing
        } else {
            Background::Idle
        }
    }
}

/// Ends the process, because it can no longer keep what it promises.
fn abort(store: &Path, why: &str) -> ! {
    let store = store.display();
    tracing::error!(%store, why, "the store stops");
    // The log may be written by a thread that does not live to see it.
    eprintln!(
        "petrel: the store in {store} stops: {why}. All that was acknowledged is on disk; look at the disk and the system's log, then start again."
    );
    std::process::abort();
}

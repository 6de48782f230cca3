use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::{FullRow, RawConditional, RawMend, RawOutcome};
use tokio::sync::{Semaphore, oneshot};

use crate::options::QUEUE_BYTES_MAX;
use crate::row::Change;

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub(crate) enum Job {
    Write {
        stamp: Stamp,
        retry: bool,
        changes: Vec<Change>,
        reply: Reply<Stamp>,
    },
    WriteIf {
        write: RawConditional,
        reply: Reply<RawOutcome>,
    },
    Mend {
        mend: RawMend,
        reply: Reply<bool>,
    },
    DeletePartition {
        table: u16,
        partition: Bytes,
        stamp: Stamp,
        reply: Reply<()>,
    },
    Load {
        table: u16,
        rows: Vec<FullRow>,
        reply: Reply<()>,
    },
    /// Removes expired rows now; answers how many.
    Sweep {
        reply: Reply<usize>,
    },
}

impl Job {
    pub fn refuse(self, error: StoreError) {
        // Who asked may have gone; there is nobody else to tell.
        match self {
            Job::Write { reply, .. } => drop(reply.send(Err(error))),
            Job::WriteIf { reply, .. } => drop(reply.send(Err(error))),
            Job::Mend { reply, .. } => drop(reply.send(Err(error))),
            Job::DeletePartition { reply, .. } | Job::Load { reply, .. } => {
                drop(reply.send(Err(error)));
            }
            Job::Sweep { reply } => drop(reply.send(Err(error))),
        }
    }
}

/// Jobs on their way to the writer, bounded by their bytes.
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    room: Semaphore,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(Job, u32)>,
    is_stopping: bool,
    /// The writer sleeps until so many jobs are there; 0 if it is awake.
    wanted: usize,
}

impl Queue {
    pub fn new() -> Queue {
        Queue {
            state: Mutex::default(),
            arrived: Condvar::new(),
            room: Semaphore::new(QUEUE_BYTES_MAX),
        }
    }

    /// Waits for room in the queue. An error means that the job was not taken.
    pub async fn submit(&self, job: Job, bytes: usize) -> Result<(), StoreError> {
        let bytes = u32::try_from(bytes.clamp(1, QUEUE_BYTES_MAX)).unwrap_or(u32::MAX);
        let permit = self
            .room
            .acquire_many(bytes)
            .await
            .map_err(|_| stopping())?;
        let mut state = self.state.lock();
        if state.is_stopping {
            return Err(stopping());
        }
        // Given back when the writer takes the job.
        permit.forget();
        state.jobs.push_back((job, bytes));
        if state.wanted > 0 && state.jobs.len() >= state.wanted {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// The jobs of the next group, `bytes_max` of them or a little more; none after `patience`,
    /// and `None` when the queue is empty for good. `served` have just been answered: for at most
    /// `lull` it waits until so many more have come.
    pub fn take(
        &self,
        bytes_max: usize,
        patience: Duration,
        served: usize,
        lull: Duration,
    ) -> Option<Vec<Job>> {
        let mut state = self.state.lock();
        let expected = state.jobs.len() + served;
        if state.jobs.is_empty() && !state.is_stopping {
            state.wanted = 1;
            self.arrived.wait_for(&mut state, patience);
        }
        if !lull.is_zero() && !state.jobs.is_empty() && state.jobs.len() < expected {
            state.wanted = expected;
            self.arrived.wait_for(&mut state, lull);
        }
        state.wanted = 0;
        if state.jobs.is_empty() && state.is_stopping {
            return None;
        }
        let mut jobs = Vec::with_capacity(state.jobs.len());
        let mut bytes = 0;
        while bytes < bytes_max
            && let Some((job, job_bytes)) = state.jobs.pop_front()
        {
            jobs.push(job);
            bytes += job_bytes as usize;
        }
        drop(state);
        self.room.add_permits(bytes);
        Some(jobs)
    }

    /// Takes no more jobs. Those that are there are still done.
    pub fn stop(&self) {
        self.state.lock().is_stopping = true;
        self.room.close();
        self.arrived.notify_one();
    }
}

pub(crate) fn stopping() -> StoreError {
    StoreError::Unavailable("it is stopping".to_owned())
}

//! Durable work. A job is a row in the batch of the command that wants it done; nothing happens
//! "after the commit" that is not such a row. If the process dies, the rows are still there and
//! the next start picks them up, so a job may run more than once: handlers are idempotent. With
//! several nodes over one engine, each queue and most reconcilers belong to one node at a time,
//! by a lease; a node that lost one may still be at the last jobs that it began.

mod attempt;
mod dead;
mod enqueue;
mod handler;
mod lane;
pub mod leases;
mod reconciler;
mod runner;
mod scheduler;
mod supervise;
mod tables;
mod wake;

pub use dead::{DeadLetter, DeadLetterRow, dead_letters};
pub use enqueue::{Job, NewJob, Queue, enqueue, pending};
pub use handler::{Handler, JobError};
pub use leases::{NodeLease, NodeLeaseError};
pub use reconciler::{Place, Reconciler, ReconcilerStatus, Status};
pub use runner::{Handle, Limits, Runner, run_due};
pub use supervise::{see_off, supervise};
pub use tables::TABLES;
pub use wake::Wake;

//! The embedded engine of Petrel's store: one machine, one folder, one writer.
//!
//! Rows lie in a log-structured store (fjall). One thread writes: it takes what has queued up,
//! applies it in order as one atomic write, syncs once, and only then acknowledges all of it. So
//! a write is done or not done, stamps rise in commit order, and a reader, who reads through one
//! snapshot, never sees half a batch.
//!
//! `fjall` is named nowhere but here.

mod chunks;
mod database;
mod done;
mod engine;
mod error;
mod folder;
mod group;
mod journal;
mod manifest;
mod moment;
mod options;
mod queue;
mod read;
mod repair;
mod room;
mod row;
mod shared;
mod sweep;
mod writer;

pub use engine::Embedded;
pub use error::OpenError;
pub use options::Options;
pub use repair::{Cut, Report, repair_journal, survey_journal};

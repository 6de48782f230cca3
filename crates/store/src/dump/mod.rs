//! Dump and restore, the same for every engine: one file with all rows, their revisions and
//! expiries, as of one moment. A restore reads the whole file before it loads anything, so that
//! a damaged or unfinished one changes nothing.
//!
//! File operations here block; they are for the command line and for tasks of their own.

mod format;
mod live;
mod read;
mod write;

use std::io::Write;

use crate::StoreError;
use crate::catalogue::Catalogue;
use crate::store::Store;

pub use read::{restore, verify};
pub use write::write;

/// Writes all tables of the catalogue: as of one moment where there is one machine, else as said in
/// `live.rs`. `now_ms` is noted in the dump, in Unix milliseconds. The caller makes it durable, and
/// puts the file in place when it is whole.
///
/// # Errors
/// The store's, and `Restless` if writes come too quickly to be followed.
pub async fn write_store(
    store: &Store,
    catalogue: &Catalogue,
    now_ms: u64,
    out: &mut (dyn Write + Send),
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    match store.peers() {
        Some(peers) => live::write(store, peers.core(), catalogue, now_ms, out, progress).await,
        None => write(&**store.engine(), catalogue, now_ms, out, progress).await,
    }
}

/// How far a dump or a restore has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    pub phase: Phase,
    /// The table at hand.
    pub table: &'a str,
    /// Rows of all tables so far, in this phase.
    pub rows: u64,
    /// Bytes of the file so far, in this phase.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Writing,
    Verifying,
    Loading,
}

pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// When it was begun, in Unix milliseconds.
    pub begun_ms: u64,
    /// Nothing that was forbidden before this moment, in Unix milliseconds, is shown in it. Of a
    /// dump that is read it is when it was begun: the file says no more.
    pub closed_ms: u64,
    /// The engine that it came from.
    pub engine: String,
    /// Names of tables and their rows. Where writes went on, a row may be in the file several
    /// times, and counts as often.
    pub tables: Vec<(String, u64)>,
    pub bytes: u64,
}

impl Summary {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("so much was written meanwhile that the dump could not follow")]
    Restless,
    #[error("this is not a dump of Petrel")]
    NotADump,
    #[error("the dump is of version {found}, which this Petrel does not know")]
    Version { found: u16 },
    #[error("the dump holds records of version {found}, which this Petrel does not know")]
    RecordVersion { found: u8 },
    #[error("the dump ends at byte {at}, before its end")]
    Truncated { at: u64 },
    #[error("the dump is damaged at byte {at}: {why}")]
    Corrupt { at: u64, why: String },
    #[error("the dump holds a table that this Petrel does not know: {id} {name}")]
    UnknownTable { id: u16, name: String },
    #[error("a dump is restored into an empty store, but {table} has rows")]
    NotEmpty { table: &'static str },
}

impl DumpError {
    fn corrupt(at: u64, why: &str) -> DumpError {
        let why = why.to_owned();
        DumpError::Corrupt { at, why }
    }
}

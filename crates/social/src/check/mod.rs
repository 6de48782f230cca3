//! `petrel check`: every row decodes, and every list row and its fact agree, both ways. What
//! differs is named, and mended where only its fact decides about it.
//!
//! Whole tables are read page by page, facts are looked up in batches, and what is kept in memory
//! is a page and the report. It may run while the server does: a difference counts only if it is
//! still there on a second look.

mod access;
mod claims;
mod conversations;
mod facts;
mod files;
mod lists;
mod look;
mod repair;
mod report;
mod rows;

pub use files::{Files, FilesError, check_files};
pub use report::{Difference, NAMED_MAX, Repair, Report, TableRows, What};

use petrel_model::clock::Stamp;
use petrel_store::Store;

use crate::error::Result;

/// How a check is to go.
pub struct CheckOptions<'a> {
    /// Also mends what can be mended.
    pub repair: bool,
    /// Told of the work as it goes on.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// How far a check has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is being done, in a few words.
    pub stage: &'static str,
    /// Rows read in this stage so far.
    pub rows: u64,
}

/// Reads everything there is and says what does not agree.
///
/// # Errors
/// Those of the store, but for rows that do not decode: they are in the report.
pub async fn check(store: &Store, options: CheckOptions<'_>) -> Result<Report> {
    let mut checker = Checker {
        store,
        options,
        report: Report::default(),
        stage: Progress { stage: "", rows: 0 },
    };
    rows::decode(&mut checker).await?;
    lists::facts_to_rows(&mut checker).await?;
    lists::rows_to_facts(&mut checker).await?;
    conversations::check(&mut checker).await?;
    access::check(&mut checker).await?;
    claims::check(&mut checker).await?;
    Ok(checker.report)
}

struct Checker<'a> {
    store: &'a Store,
    options: CheckOptions<'a>,
    report: Report,
    stage: Progress,
}

impl Checker<'_> {
    fn begin(&mut self, stage: &'static str) {
        self.stage = Progress { stage, rows: 0 };
        (self.options.progress)(self.stage);
    }

    fn advance(&mut self, rows: usize) {
        self.stage.rows += rows as u64;
        (self.options.progress)(self.stage);
    }

    /// Whether the stamp is at least so many seconds old.
    fn is_older(&self, stamp: Stamp, than_s: u64) -> bool {
        let clock = self.store.clock();
        // A wall clock that was set back does not make what is written now a thing to come.
        let now_us = clock.wall().now_us().max(clock.last_stamp().0);
        stamp.0.saturating_add(than_s.saturating_mul(1_000_000)) <= now_us
    }
}

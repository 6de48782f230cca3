//! The contract in tests: one function for each clause, and for each rule under it that an
//! engine can keep or break. Every engine runs the same list ([`CLAUSES`]) and [`random`].
//! A clause panics where the engine breaks it.
//!
//! Clauses know that a write may be in doubt and that a read may fail: they try again as the
//! contract allows, so the hostile engine passes too.

mod bench;
mod conditional;
mod events;
mod isolation;
mod limits;
mod maintenance;
mod mend;
pub mod random;
mod reads;
mod stamps;
mod tables;
mod writes;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use petrel_model::clock::Clock;

use crate::Engine;

pub use bench::Bench;
pub use tables::{Other, Plains, RawKey, RawValue, Serials, TABLES};

/// Makes engines for the suite.
#[async_trait]
pub trait Harness: Send + Sync {
    /// A fresh, empty engine that goes by this wall clock.
    async fn open(&self, wall: Arc<dyn Clock>) -> Arc<dyn Engine>;

    /// Ends the engine as its process would and starts it again on what it keeps. `engine` is
    /// the only reference left.
    async fn reopen(&self, engine: Arc<dyn Engine>, wall: Arc<dyn Clock>) -> Arc<dyn Engine>;

    /// Decides what is in doubt in the engine last opened: it has landed now or never will.
    /// Engines on which a write is done or not have nothing to do.
    async fn settle(&self) {}
}

pub type ClauseFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
pub type Clause = for<'a> fn(&'a dyn Harness) -> ClauseFuture<'a>;

/// Runs all clauses, naming each, and stops at the first that is broken.
pub async fn run(harness: &dyn Harness) {
    for (name, clause) in CLAUSES {
        eprintln!("clause {name}");
        clause(harness).await;
    }
}

/// Runs all clauses, and those of an engine whose snapshots are one moment.
pub async fn run_with_snapshots(harness: &dyn Harness) {
    run(harness).await;
    maintenance::a_snapshot_is_one_moment(harness).await;
}

/// A clause is an async function; a list of them needs one type.
macro_rules! clauses {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$((
            concat!(stringify!($module), "::", stringify!($name)),
            |harness| Box::pin($module::$name(harness)),
        )),*]
    };
}

pub const CLAUSES: &[(&str, Clause)] = clauses![
    reads::a_row_comes_back_as_it_was_written,
    reads::what_was_never_written_is_absent,
    reads::get_many_answers_each_key_in_order,
    reads::a_scan_is_in_the_order_of_bytes,
    reads::a_scan_keeps_its_bounds_direction_and_limit,
    reads::a_scan_stays_in_its_partition,
    reads::scan_many_answers_each_scan_in_order,
    reads::keys_are_any_bytes,
    reads::extreme_sizes_are_stored_whole,
    writes::an_acknowledged_write_is_read,
    writes::all_rows_of_a_batch_bear_one_stamp,
    writes::a_deleted_row_is_gone_and_can_come_again,
    writes::an_expired_row_is_gone,
    writes::expiry_belongs_to_the_write,
    writes::a_dropped_partition_is_gone_and_can_come_again,
    writes::a_dropped_partition_spares_later_rows,
    writes::what_was_acknowledged_outlives_the_process,
    stamps::the_latest_stamp_wins,
    stamps::in_a_tie_a_delete_wins,
    stamps::the_same_batch_twice_is_once,
    stamps::a_repeated_batch_does_not_undo_an_overwrite,
    stamps::a_repeated_batch_does_not_undo_a_delete,
    stamps::put_take_back_put_again_through_two_clocks,
    stamps::the_last_stamp_is_no_less_than_any_used,
    stamps::a_clock_set_back_between_two_starts_loses_nothing,
    isolation::a_partition_is_never_seen_half_written,
    isolation::concurrent_batches_all_land,
    conditional::absent_holds_once,
    conditional::present_holds_while_the_row_is_there,
    conditional::revision_holds_for_that_revision_only,
    conditional::a_conflict_shows_the_rows_as_they_are,
    conditional::all_conditions_hold_or_nothing_happens,
    conditional::an_expired_row_counts_as_absent,
    conditional::revisions_rise_whatever_the_clock_says,
    conditional::acknowledged_increments_are_all_applied,
    conditional::one_of_many_claims_wins,
    conditional::it_stays_in_one_partition,
    mend::it_puts_rows_with_the_revision_of_their_fact,
    mend::a_changed_premise_means_nothing_happens,
    mend::a_put_loses_to_a_newer_row,
    mend::an_orphan_is_deleted_at_its_own_revision,
    limits::values,
    limits::keys,
    limits::operations_in_one_partition,
    limits::bytes_in_one_partition,
    limits::operations_across_partitions,
    limits::bytes_across_partitions,
    limits::conditional_writes,
    limits::two_operations_on_one_row_are_refused,
    maintenance::scan_table_is_complete_with_any_limit,
    maintenance::scan_table_leaves_out_what_is_gone,
    maintenance::a_snapshot_holds_what_was_there_before_it,
    maintenance::load_keeps_revisions_and_expiry,
    events::they_are_numbered_densely,
    events::another_node_hears_them_by_reading,
];

//! How long what was switched off is remembered.

use petrel_store::Store;

/// A day, in seconds.
const DAY_S: u64 = 24 * 3_600;

/// When a row that says `off` may go, in Unix seconds: a day after no earlier `on` can land any
/// more.
pub fn of_off(store: &Store) -> u64 {
    store.clock().now_s() + store.engine().late_bound_s() + DAY_S
}

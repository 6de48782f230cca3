//! Search: a view in memory of the names of accounts and hashtags, found by what they begin with.
//! What is found is judged by the gate before it is shown, so the view need not know who may see
//! what. Statuses are found by their address only.

mod accounts;
mod changed;
mod keep;
mod names;
mod search;
mod tags;

pub use keep::KeepSearch;
pub use search::Search;

//! Lists of accounts that somebody keeps for reading: what the API calls a list. (An index of rows
//! is a [list](crate::lists) too, which this has nothing to do with.)
//!
//! Who is on one is a fact of its own, but counts only while the follow stands that it was made
//! upon: an unfollow takes an account off all lists at once, on every node, and nothing is copied.

mod change;
mod clean_up;
mod members;
mod read;
pub mod table;

pub use change::{ListUpdate, NewList, create, delete, update};
pub use clean_up::CleanUpAccountList;
pub use members::{Counting, MemberPage, accounts, add, remove};
pub use read::{AccountListView, all, get, of_account};

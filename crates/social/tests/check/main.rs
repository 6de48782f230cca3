//! `petrel check` in a small world: nothing to say of what the commands made, and a name and a
//! cure for each row that is missing or should not be there.

#![allow(clippy::unwrap_used)]

mod access;
mod checked;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod lists;
mod statuses;
#[path = "../common/watched.rs"]
mod watched;

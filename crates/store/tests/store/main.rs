//! The store over an engine that can be watched.

#![allow(clippy::unwrap_used)]

mod cache;
mod commit;
mod dump;
mod live_dump;
mod nodes;
mod peers;
mod scan;
mod sim;
mod support;

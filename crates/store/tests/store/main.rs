//! The store over an engine that can be watched.

mod cache;
mod commit;
mod support;

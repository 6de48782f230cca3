//! Tests of the embedded engine, in one binary; some start it again as a child process.
#![allow(clippy::unwrap_used)]

mod common;
mod contract;
mod crash;
mod damage;
mod folder;
mod full;
mod journal;
mod sync;
mod writes;

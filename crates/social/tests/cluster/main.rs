//! The domain on several nodes over one hostile engine, with clocks that disagree and hints that
//! are lost.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod house;

mod at_once;
mod commands;
mod latest;
mod once;
mod polls;
mod privacy;

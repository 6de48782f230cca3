//! The API as clients meet it, in process, over the simulated store.
// A test's helpers are tests too.
#![allow(clippy::unwrap_used)]

mod access;
mod cluster;
mod edges;
mod fragments;
mod house;
mod life;
mod limits;
mod media;
mod openapi;
mod pages;
mod paging;
mod parts;
mod small;
mod streaming;
mod uploads;

//! Tests against a real cluster. `PETREL_TEST_CQL` says where it is (`cql://host,host`); without
//! it they are skipped, and with `PETREL_REQUIRE_CLUSTER=1` that is a failure.
#![allow(clippy::unwrap_used)]

mod common;
mod contract;
mod opening;
mod races;
mod rows;

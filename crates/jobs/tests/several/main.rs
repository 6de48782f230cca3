//! Several nodes over one simulated engine: who holds which lease, and who does which jobs.

#![allow(clippy::unwrap_used)]

mod leases;
mod numbers;
mod runner;
mod support;

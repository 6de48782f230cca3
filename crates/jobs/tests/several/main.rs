//! Several nodes over one simulated engine: who holds which lease, and who does which jobs.

mod leases;
mod numbers;
mod runner;
mod support;

//! The binary: command line, configuration, wiring. No logic of the domain lives here.

mod cli;
mod config;
mod system;
mod version;

fn main() {}

//! The binary: command line, configuration, wiring. No logic of the domain lives here.

mod admin;
mod backup;
mod cli;
mod cluster;
mod command;
mod config;
mod control;
mod demo;
mod engine;
mod folder;
mod front;
mod ground;
mod http;
mod logging;
mod media;
mod node;
mod output;
mod routes;
mod serve;
mod system;
mod totals;
mod version;
mod views;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match command::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("petrel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

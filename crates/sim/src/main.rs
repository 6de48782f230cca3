//! `make sim`: many seeds, or one of them aloud.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use petrel_sim::{Outcome, run};

/// What the environment asks for.
struct Wanted {
    /// How many seeds (`SEEDS`), from which one on (`FROM`).
    seeds: u64,
    from: u64,
    /// Seeds at the same time, each in a thread of its own (`THREADS`).
    threads: u64,
    /// To go on after a failure (`ALL=1`).
    all: bool,
}

fn main() -> ExitCode {
    let wanted = Wanted {
        seeds: number("SEEDS").unwrap_or(200),
        from: number("FROM").unwrap_or(1),
        threads: number("THREADS").unwrap_or(2),
        all: number("ALL").is_some(),
    };
    match number("PETREL_SEED") {
        Some(seed) => one(seed),
        None => many(&wanted),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn one(seed: u64) -> ExitCode {
    let outcome = run(seed, true);
    println!(
        "seed {seed}: {}, trace {:016x}",
        outcome.figures, outcome.trace_hash
    );
    match outcome.failure {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            println!("FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn many(wanted: &Wanted) -> ExitCode {
    let bar = ProgressBar::new(wanted.seeds);
    let style = "{bar:40} {pos}/{len} seeds, {elapsed} (another {eta}) {msg}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is right"));
    let next = AtomicU64::new(0);
    let (commands, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= wanted.seeds || (!wanted.all && !failed.lock().is_empty()) {
                return;
            }
            let outcome = run(wanted.from + at, false);
            let done = commands.fetch_add(outcome.commands, Ordering::Relaxed) + outcome.commands;
            let rate = done as f64 / bar.elapsed().as_secs_f64().max(0.001);
            bar.set_message(format!("{rate:.0} commands a second"));
            bar.inc(1);
            if outcome.failure.is_some() {
                bar.suspend(|| report(&outcome));
                failed.lock().push(outcome.seed);
            }
        }
    };
    std::thread::scope(|scope| {
        (0..wanted.threads).for_each(|_| drop(scope.spawn(work)));
    });
    bar.abandon();
    let failed = failed.into_inner();
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{} seeds failed: {failed:?}", failed.len());
    ExitCode::FAILURE
}

fn report(outcome: &Outcome) {
    for line in &outcome.last_lines {
        println!("  {line}");
    }
    let failure = outcome.failure.as_deref().unwrap_or_default();
    println!("seed {}: {}", outcome.seed, outcome.figures);
    println!("FAILED: {failure}");
    println!("again: PETREL_SEED={} make sim", outcome.seed);
}

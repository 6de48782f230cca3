//! The seeds of CI, two at a time: each is a world of its own in one thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use petrel_sim::run;
use petrel_sim::run::{COMMANDS_MIN, FAULTS_MIN};

/// More by `make sim SEEDS=…`.
const SEEDS: u64 = 60;
const THREADS: usize = 2;

#[test]
fn every_seed_holds() {
    let (next, failed) = (AtomicU64::new(1), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > SEEDS {
                return;
            }
            let outcome = run(seed, false);
            match outcome.failure {
                Some(failure) => {
                    let lines = outcome.last_lines.join("\n");
                    let again = format!("again: PETREL_SEED={seed} make sim");
                    let text = format!("{lines}\nseed {seed}: {failure}\n{again}");
                    failed.lock().expect("nobody panics").push(text);
                }
                None => {
                    assert!(outcome.commands >= COMMANDS_MIN, "seed {seed}");
                    assert!(outcome.faults >= FAULTS_MIN, "seed {seed}");
                }
            }
        }
    };
    std::thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(work)));
    });
    let failed = failed.into_inner().expect("nobody panics");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (one, other) = (run(7, false), run(7, false));
    assert!(one.trace_steps > 10_000, "{}", one.trace_steps);
    assert_eq!(one.trace_steps, other.trace_steps);
    assert_eq!(one.trace_hash, other.trace_hash);
    assert_ne!(one.trace_hash, run(8, false).trace_hash);
}

//! The seeds of CI, two at a time: each is a world of its own in one thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use petrel_sim::run;
use petrel_sim::run::{COMMANDS_MIN, FAULTS_MIN};

/// More by `make sim SEEDS=…`.
const SEEDS: u64 = 200;
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

/// Seeds of which some once were another run each time, by the order of a map or a turn of a
/// scheduler; `PETREL_STEPS=1 PETREL_SEED=… make sim` twice shows the first step that differs.
const REPLAYED: [u64; 3] = [3, 7, 19];

#[test]
fn the_same_seed_is_the_same_run() {
    let again = |seed| {
        let (one, other) = (run(seed, false), run(seed, false));
        assert!(one.trace_steps > 10_000, "{}", one.trace_steps);
        assert_eq!(one.trace_steps, other.trace_steps, "seed {seed}");
        assert_eq!(one.trace_hash, other.trace_hash, "seed {seed}");
        one.trace_hash
    };
    let hashes: Vec<u64> = std::thread::scope(|scope| {
        let runs = REPLAYED.map(|seed| scope.spawn(move || again(seed)));
        let joined = runs.map(|run| run.join().expect("the seed replays"));
        joined.into_iter().collect()
    });
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
}

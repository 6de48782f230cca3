//! kill -9 at a random moment: what was acknowledged is there, and nothing is torn.

use std::time::Duration;

use crate::common::child::{Acknowledged, Work, command, lines, run_if_child, verify};
use crate::common::{Random, open, seed};

const ROUNDS: u64 = 50;
/// Every so many rounds the values are so large that memtables are flushed meanwhile.
const LARGE_EVERY: u64 = 10;
const LATER_MAX_US: u64 = 3_000;

#[test]
fn kill_9_loses_nothing_acknowledged_and_tears_nothing() {
    if run_if_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(seed());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut total = 0;
    for round in 0..ROUNDS {
        let is_large = round % LARGE_EVERY == LARGE_EVERY - 1;
        let work = Work {
            round,
            value_bytes: if is_large { 20_000 } else { 100 },
            batches: u64::MAX,
        };
        let acks = if is_large {
            700 + random.below(700)
        } else {
            random.below(400)
        };
        let name = "crash::kill_9_loses_nothing_acknowledged_and_tears_nothing";
        let mut child = command(name, folder.path(), work).spawn().unwrap();
        let mut lines = lines(&mut child);
        let mut acknowledged = Acknowledged::default();
        acknowledged.read(&mut lines, acks);
        // Not to wait for anything: so that the moment has nothing to do with an acknowledgement.
        std::thread::sleep(Duration::from_micros(random.below(LATER_MAX_US)));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.read(&mut lines, u64::MAX);
        let engine = open(folder.path());
        total += runtime.block_on(verify(&engine, round, &acknowledged));
    }
    assert!(total > ROUNDS * 50, "the children did too little: {total}");
}

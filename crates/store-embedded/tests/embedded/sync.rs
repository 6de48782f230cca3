//! kill -9 does not test that anything was synced: the kernel keeps what was written. Here a shim
//! under the process writes down in which order it writes, syncs and acknowledges, and can make
//! these fail. It needs a C compiler, as building Petrel does.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::child::{Acknowledged, CLIENTS, Work, command, run_if_child, verify};
use crate::common::open;

const SIGABRT: i32 = 6;
const WORK: Work = Work {
    round: 1,
    value_bytes: 100,
    batches: 50,
};

fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/embedded/shim/shim.c");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .status()
        .expect("this test needs a C compiler, cc");
    assert!(status.success());
    library
}

/// Runs a child under the shim to its end.
fn run(test: &str, folder: &Path, work: Work, settings: &[(&str, &str)]) -> Output {
    command(test, &folder.join("data"), work)
        .env("LD_PRELOAD", shim(folder))
        .env("SHIM_LOG", folder.join("log"))
        .envs(settings.iter().copied())
        .stderr(Stdio::piped())
        .output()
        .unwrap()
}

fn acknowledged(output: &Output) -> Acknowledged {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut acknowledged = Acknowledged::default();
    acknowledged.read(&mut text.lines().map(str::to_owned), u64::MAX);
    acknowledged
}

/// The first acknowledgement before which its batch was not written and then synced, if any.
fn first_unsynced(log: &[String]) -> Option<&String> {
    log.iter().enumerate().find_map(|(at, line)| {
        let batch = line.strip_prefix("ack ")?.strip_suffix(" end")?;
        let written = log[..at]
            .iter()
            .rposition(|line| *line == format!("journal {batch}"));
        let is_synced =
            written.is_some_and(|from| log[from..at].iter().any(|line| line == "synced"));
        (!is_synced).then_some(line)
    })
}

#[test]
fn a_sync_of_the_journal_comes_before_each_acknowledgement() {
    if run_if_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "sync::a_sync_of_the_journal_comes_before_each_acknowledgement";
    let output = run(name, folder.path(), WORK, &[]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(acknowledged(&output).total(), CLIENTS * WORK.batches);
    let log: Vec<String> = std::fs::read_to_string(folder.path().join("log"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(first_unsynced(&log), None);
    let syncs = log.iter().filter(|line| *line == "synced").count() as u64;
    assert!(
        syncs < CLIENTS * WORK.batches,
        "one sync serves a whole group: {syncs}"
    );
    // The check itself can fail: take one sync away, and an acknowledgement stands bare.
    let last = log
        .iter()
        .rposition(|line| line.starts_with("ack "))
        .unwrap();
    let written = log[..last]
        .iter()
        .rposition(|line| line.starts_with("journal "))
        .unwrap();
    let mut without = log.clone();
    let sync = (written..last).find(|&at| log[at] == "synced").unwrap();
    without.remove(sync);
    assert!(first_unsynced(&without).is_some());
}

#[test]
fn a_failed_sync_ends_the_process_and_acknowledges_nothing() {
    if run_if_child() {
        return;
    }
    dies_of(
        "sync::a_failed_sync_ends_the_process_and_acknowledges_nothing",
        "SHIM_SYNCS_MAX",
    );
}

#[test]
fn a_failed_write_of_the_journal_ends_the_process_and_acknowledges_nothing() {
    if run_if_child() {
        return;
    }
    dies_of(
        "sync::a_failed_write_of_the_journal_ends_the_process_and_acknowledges_nothing",
        "SHIM_JOURNAL_WRITES_MAX",
    );
}

fn dies_of(test: &str, setting: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = run(test, folder.path(), WORK, &[(setting, "40")]);
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("data/store stops"), "{text}");
    let acknowledged = acknowledged(&output);
    assert!(acknowledged.total() > 0 && acknowledged.total() < CLIENTS * WORK.batches);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let engine = open(&folder.path().join("data"));
    runtime.block_on(verify(&engine, WORK.round, &acknowledged));
}

#[test]
fn background_work_that_fails_for_want_of_room_costs_nothing() {
    if run_if_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "sync::background_work_that_fails_for_want_of_room_costs_nothing";
    // Enough to fill a memtable, whose flush then fails at its first write.
    let work = Work {
        round: 1,
        value_bytes: 20_000,
        batches: 150,
    };
    let output = run(
        name,
        folder.path(),
        work,
        &[("SHIM_TABLE_WRITES_FAIL", "1")],
    );
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("table refused"), "the flush was never tried");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let acknowledged = acknowledged(&output);
    assert_eq!(acknowledged.total(), CLIENTS * work.batches);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let engine = open(&folder.path().join("data"));
    runtime.block_on(verify(&engine, work.round, &acknowledged));
}

//! A full disk: refused before the write, reads go on, nothing acknowledged is lost, and it
//! recovers by itself when there is room.
//!
//! The disk is a small tmpfs in a mount namespace of the test's own (`unshare`). Where that is not
//! allowed the test says so, and a reserve stands in for the edge of the disk: of the memory that
//! is mounted for all, where there is enough, because other tests write to the disk meanwhile.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::{clock, first_try, put, scan, value};
use petrel_store::{Engine, StoreError};
use petrel_store_embedded::{Embedded, Options};
use tempfile::TempDir;

const TMPFS: &str = "PETREL_FULL_TMPFS";
const NAME: &str = "full::a_full_disk_is_refused_before_the_write_and_recovers";
const DISK_BYTES: u64 = 300 * MIB;
const RESERVE_BYTES: u64 = 8 * MIB;
const FILLER_BYTES: u64 = 60 * MIB;
const MIB: u64 = 1024 * 1024;
const SHARED_MEMORY: &str = "/dev/shm";
const ROW_BYTES: usize = 30_000;
/// So many refusals in a row, so far apart, are for good.
const REFUSED_MAX: u32 = 100;
const AGAIN: Duration = Duration::from_millis(10);
/// More than the disk can hold by far.
const BATCHES_MAX: u64 = 20_000;

#[test]
fn a_full_disk_is_refused_before_the_write_and_recovers() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(disk) = std::env::var_os(TMPFS) {
        runtime.block_on(fill(Path::new(&disk), RESERVE_BYTES));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size={DISK_BYTES} tmpfs \"${TMPFS}\" && exec \"$0\" {NAME} --exact --nocapture"
    );
    let is_allowed = Command::new("unshare")
        .args([
            "--map-root-user",
            "--mount",
            "mount",
            "-t",
            "tmpfs",
            "tmpfs",
        ])
        .arg(folder.path())
        .status()
        .is_ok_and(|status| status.success());
    if is_allowed {
        let output = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .arg(std::env::current_exe().unwrap())
            .env(TMPFS, folder.path())
            .output()
            .unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && text.contains("the disk was full"),
            "{text}"
        );
        return;
    }
    eprintln!("NO TMPFS MAY BE MOUNTED HERE: a reserve stands in for the edge of the disk");
    let folder = in_memory().unwrap_or(folder);
    let reserve_bytes = free_bytes(folder.path()).saturating_sub(DISK_BYTES);
    runtime.block_on(fill(folder.path(), reserve_bytes));
}

fn in_memory() -> Option<TempDir> {
    let folder = tempfile::tempdir_in(SHARED_MEMORY).ok()?;
    (free_bytes(folder.path()) > 2 * DISK_BYTES).then_some(folder)
}

fn free_bytes(folder: &Path) -> u64 {
    let disk = rustix::fs::statvfs(folder).unwrap();
    disk.f_bavail * disk.f_frsize
}

async fn fill(disk: &Path, reserve_bytes: u64) {
    let data = disk.join("data");
    let options = Options {
        reserve_bytes: Some(reserve_bytes),
        ..Options::new(clock())
    };
    let filler = disk.join("filler");
    let mut file = File::create(&filler).unwrap();
    for _ in 0..FILLER_BYTES / MIB {
        file.write_all(&vec![1; MIB as usize]).unwrap();
    }
    file.sync_all().unwrap();

    // Given back at the end, so that there is room again.
    std::fs::create_dir(disk.join("ballast")).unwrap();
    std::fs::write(disk.join("ballast/1"), vec![1; FILLER_BYTES as usize]).unwrap();

    let engine = Embedded::open(&data, options.clone()).unwrap();
    let first = write_until_full(&engine, "first").await;
    assert!(first > 100, "it was full at once: {first}");
    assert_eq!(rows(&engine, "first").await, first, "reads go on");
    let room = engine.room().unwrap();
    assert!(
        room.free_bytes < room.reserve_bytes && room.free_bytes > MIB,
        "{room:?}"
    );

    let late = first_try(1, vec![put("late", "a", "1")]);
    assert!(matches!(engine.write(late).await, Err(StoreError::Full(_))));

    // Full means full after a restart too, and the restart itself needs no room.
    drop(engine);
    let engine = Embedded::open(&data, options.clone()).unwrap();
    assert_eq!(rows(&engine, "first").await, first);
    println!("the disk was full after {first} batches, {room:?}");

    drop(file);
    std::fs::remove_file(&filler).unwrap();
    let second = write_until_full(&engine, "second").await;
    assert!(second > 100, "it did not recover: {second}");
    restart_without_a_byte_left(engine, disk, &options).await;
    let engine = Embedded::open(&data, options).unwrap();
    assert_eq!(rows(&engine, "first").await, first);
    assert_eq!(rows(&engine, "second").await, second);
    assert_eq!(
        value(&engine, "late", "a").await,
        None,
        "refused, so never written"
    );
}

/// Others may fill the disk to the brim. The store still opens and is read.
async fn restart_without_a_byte_left(engine: Embedded, disk: &Path, options: &Options) {
    let boot = engine.boot();
    drop(engine);
    let filler = disk.join("brim");
    let mut file = File::create(&filler).unwrap();
    let is_small = std::env::var_os(TMPFS).is_some();
    while is_small && file.write_all(&[1; 4_096]).is_ok() {}
    let engine = Embedded::open(&disk.join("data"), options.clone()).unwrap();
    assert!(rows(&engine, "second").await > 100);
    let batch = |number| first_try(1, vec![put("brim", "a", number)]);
    if is_small {
        assert!(engine.room().unwrap().free_bytes < 100_000);
        assert!(matches!(
            engine.write(batch("1")).await,
            Err(StoreError::Full(_))
        ));
    }
    let later = engine.boot();
    assert!(later > boot);
    drop((engine, file));
    std::fs::remove_file(&filler).unwrap();
    std::fs::remove_dir_all(disk.join("ballast")).unwrap();
    let engine = Embedded::open(&disk.join("data"), options.clone()).unwrap();
    engine.write(batch("2")).await.unwrap();
    assert_eq!(value(&engine, "brim", "a").await.as_deref(), Some("2"));
    drop(engine);
    let engine = Embedded::open(&disk.join("data"), options.clone()).unwrap();
    assert!(engine.boot() > later);
}

/// How many batches were acknowledged before the disk was full for good. A flush or compaction
/// that is still going on may free room, so a refused batch is tried again for a while.
async fn write_until_full(engine: &Embedded, partition: &str) -> u64 {
    let mut refused = 0;
    let mut number = 0;
    while number < BATCHES_MAX {
        let sort = format!("{number:05}");
        let ops = vec![
            put(partition, &sort, vec![number as u8; ROW_BYTES]),
            put(&format!("{partition} too"), &sort, "x"),
        ];
        match engine.write(first_try(1, ops)).await {
            Ok(_) => (number, refused) = (number + 1, 0),
            Err(StoreError::Full(text)) => {
                assert!(text.contains("MiB free"), "{text}");
                refused += 1;
                if refused == REFUSED_MAX {
                    return number;
                }
                tokio::time::sleep(AGAIN).await;
            }
            Err(error) => panic!("batch {number}: {error}"),
        }
    }
    panic!("the disk never was full");
}

/// How many whole batches there are.
async fn rows(engine: &Embedded, partition: &str) -> u64 {
    let rows = scan(engine, partition).await;
    let halves = scan(engine, &format!("{partition} too")).await;
    assert_eq!(rows.len(), halves.len(), "torn");
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row.value, vec![number as u8; ROW_BYTES]);
    }
    rows.len() as u64
}

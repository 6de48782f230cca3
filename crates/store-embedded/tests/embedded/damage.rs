//! Flipped bits anywhere in the store's files: refused or answered by an error that says what to
//! do, or harmless; never a panic, and never a row that was not written.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use petrel_store::engine::{Direction, RawScan};
use petrel_store::{Engine, Mode, StoreError};
use petrel_store_embedded::{Embedded, repair_journal};

use crate::common::{Random, clock, first_try, key, open, options, put, seed};
use crate::journal::copy;

const ROWS: u64 = 70;
const ROW_BYTES: usize = 6_400;
/// Enough to be flushed at the end of a process, so that there are tables.
const BATCHES: u64 = 10;
/// The last of them are left in the journal.
const BATCHES_LATE: u64 = 2;
const ROUNDS: usize = 40;

fn value_of(batch: u64, row: u64) -> Vec<u8> {
    (batch * ROWS + row).to_le_bytes().repeat(ROW_BYTES / 8)
}

async fn make(path: &Path) {
    for batches in [0..BATCHES - BATCHES_LATE, BATCHES - BATCHES_LATE..BATCHES] {
        let engine = open(path);
        for batch in batches {
            let ops = (0..ROWS)
                .map(|row| {
                    put(
                        &format!("p{row}"),
                        &format!("{batch:04}"),
                        value_of(batch, row),
                    )
                })
                .collect();
            engine.write(first_try(batch + 1, ops)).await.unwrap();
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.metadata().unwrap().len() > 0 {
            found.push(path);
        }
    }
}

fn flip(file: &Path, random: &mut Random) {
    let mut bytes = std::fs::read(file).unwrap();
    let at = random.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << random.below(8);
    std::fs::write(file, bytes).unwrap();
}

/// Reads all; what is read must be what was written. Answers how many rows were read.
async fn read_all(engine: &Embedded) -> Result<u64, StoreError> {
    let mut count = 0;
    for row in 0..ROWS {
        let scan = RawScan {
            table: 7,
            mode: Mode::Plain,
            partition: Bytes::from(format!("p{row}")),
            from: None,
            to: None,
            direction: Direction::Ascending,
            limit: usize::MAX,
        };
        for found in engine.scan(&scan).await? {
            let batch = String::from_utf8_lossy(&found.sort).parse().unwrap();
            assert!(
                found.value == value_of(batch, row),
                "a row that was never written"
            );
            count += 1;
        }
        engine
            .get(Mode::Plain, &key(&format!("p{row}"), "0000"))
            .await?;
    }
    Ok(count)
}

#[tokio::test]
async fn a_flipped_bit_in_any_file_is_an_error_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    make(&whole).await;
    assert_eq!(read_all(&open(&whole)).await.unwrap(), ROWS * BATCHES);
    let mut names = Vec::new();
    files(&whole.join("store"), &mut names);
    let is_table = |path: &PathBuf| path.parent().unwrap().ends_with("1/tables");
    assert!(names.iter().any(is_table), "nothing was flushed");
    let mut random = Random(seed());
    let mut noticed = 0;
    for round in 0..ROUNDS {
        let path = folder.path().join("flipped");
        copy(&whole, &path);
        let name = &names[round % names.len()];
        let file = path.join(name.strip_prefix(&whole).unwrap());
        flip(&file, &mut random);
        let mut opened = Embedded::open(&path, options(&clock()));
        let mut is_cut = false;
        if opened.is_err() && !repair_journal(&path).unwrap().cuts.is_empty() {
            (noticed, is_cut) = (noticed + 1, true);
            opened = Embedded::open(&path, options(&clock()));
        }
        match opened {
            Ok(engine) => match read_all(&engine).await {
                Ok(count) => assert!(
                    is_cut || count == ROWS * BATCHES,
                    "{name:?}: rows lost in silence: {count}"
                ),
                Err(error) => {
                    assert!(error.to_string().contains("petrel check"), "{error}");
                    noticed += 1;
                }
            },
            Err(error) => {
                assert!(
                    error.to_string().contains("flipped"),
                    "it names the file: {error}"
                );
                noticed += 1;
            }
        }
        std::fs::remove_dir_all(&path).unwrap();
    }
    assert!(noticed > ROUNDS / 4, "{noticed} of {ROUNDS} noticed");
}

//! A flipped bit in the journal: refused by name, cut by the repair, and nothing torn after it.

use std::path::{Path, PathBuf};

use crate::common::{Random, clock, first_try, open, options, put, scan, seed, value};
use petrel_store::Engine;
use petrel_store_embedded::{Embedded, OpenError, repair_journal, survey_journal};

const BATCHES: u64 = 40;
const ROWS: u64 = 4;

/// Each batch is a group of its own, because the next is written only after it.
async fn write_batches(path: &Path) {
    let engine = open(path);
    for batch in 0..BATCHES {
        let ops = (0..ROWS).map(|row| {
            put(
                &format!("p{row}"),
                &format!("{batch:04}"),
                vec![row as u8; 200],
            )
        });
        engine
            .write(first_try(batch + 1, ops.collect()))
            .await
            .unwrap();
    }
}

fn journal(path: &Path) -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir(path.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jnl"))
        .collect();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How many batches there are; all before are there too, all whole.
async fn whole_batches(engine: &Embedded) -> u64 {
    let mut counts = Vec::new();
    for row in 0..ROWS {
        let rows = scan(engine, &format!("p{row}")).await;
        for (batch, found) in rows.iter().enumerate() {
            assert_eq!(found.sort, format!("{batch:04}"), "a prefix");
            assert_eq!(found.value, vec![row as u8; 200]);
        }
        counts.push(rows.len() as u64);
    }
    assert!(
        counts.iter().all(|count| *count == counts[0]),
        "torn: {counts:?}"
    );
    counts[0]
}

#[tokio::test]
async fn any_flipped_bit_is_refused_and_repaired_up_to_the_last_whole_batch() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    write_batches(&whole).await;
    let bytes = std::fs::read(journal(&whole)).unwrap();
    let data_len = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    let mut random = Random(seed());
    for round in 0..60 {
        let path = folder.path().join("flipped");
        copy(&whole, &path);
        // The boot row of the last start and the batches; every tenth time near the very end.
        let at = match round % 10 {
            0 => data_len - 1 - random.below(100) as usize,
            _ => random.below(data_len as u64) as usize,
        };
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << random.below(8);
        std::fs::write(journal(&path), &flipped).unwrap();

        let refused = Embedded::open(&path, options(&clock())).err();
        let surveyed = survey_journal(&path).unwrap();
        let report = repair_journal(&path).unwrap();
        let engine = open(&path);
        let kept = whole_batches(&engine).await;
        if let Some(refused) = refused {
            let text = refused.to_string();
            assert!(
                text.contains("petrel check --repair") && text.contains(".jnl"),
                "{text}"
            );
            let cut = &report.cuts[0];
            assert_eq!(cut.offset_bytes, surveyed.cuts[0].offset_bytes);
            assert!(
                cut.offset_bytes as usize <= at,
                "all before the flip is kept"
            );
            assert_eq!(cut.cut_bytes, data_len as u64 - cut.offset_bytes);
            let copy = std::fs::read(cut.kept_as.as_ref().unwrap()).unwrap();
            assert_eq!(copy, flipped[cut.offset_bytes as usize..data_len]);
            if cut.groups_beyond > 0 && kept > 0 {
                assert_eq!(cut.batches_lost, Some(BATCHES - kept), "{report}");
            }
        } else {
            // The sequence number of the very last batch may differ: nothing is lost by that.
            assert!(
                report.cuts.is_empty() && kept == BATCHES,
                "byte {at}: {report}"
            );
        }
        engine
            .write(first_try(1, vec![put("after", "a", "1")]))
            .await
            .unwrap();
        drop(engine);
        assert_eq!(
            value(&open(&path), "after", "a").await.as_deref(),
            Some("1")
        );
        std::fs::remove_dir_all(&path).unwrap();
    }
}

#[tokio::test]
async fn a_whole_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    write_batches(folder.path()).await;
    let before = std::fs::read(journal(folder.path())).unwrap();
    let report = repair_journal(folder.path()).unwrap();
    assert!(
        report.cuts.is_empty() && report.groups_kept >= BATCHES,
        "{report}"
    );
    assert_eq!(std::fs::read(journal(folder.path())).unwrap(), before);
}

#[tokio::test]
async fn a_batch_cut_short_by_a_power_cut_was_never_acknowledged_and_goes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    write_batches(folder.path()).await;
    let file = journal(folder.path());
    let bytes = std::fs::read(&file).unwrap();
    let data_len = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    // As written half, and as allocated ahead: with zeros behind.
    let mut torn = bytes[..data_len - 300].to_vec();
    torn.resize(data_len + 10_000, 0);
    std::fs::write(&file, &torn).unwrap();
    let report = survey_journal(folder.path()).unwrap();
    assert!(report.cuts.is_empty() && report.torn_bytes > 0, "{report}");
    let engine = open(folder.path());
    assert_eq!(whole_batches(&engine).await, BATCHES - 1);
}

#[tokio::test]
async fn journals_after_the_damage_are_set_aside_whole() {
    let folder = tempfile::tempdir().unwrap();
    write_batches(folder.path()).await;
    let file = journal(folder.path());
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.iter().rposition(|&byte| byte != 0).unwrap() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let later = file.with_file_name("77.jnl");
    std::fs::write(&later, b"").unwrap();
    assert!(matches!(
        Embedded::open(folder.path(), options(&clock())),
        Err(OpenError::Journal { .. })
    ));
    let report = repair_journal(folder.path()).unwrap();
    assert_eq!(report.cuts.len(), 2, "{report}");
    assert!(!later.exists() && report.cuts[1].kept_as.as_ref().unwrap().exists());
    let kept = whole_batches(&open(folder.path())).await;
    assert!(kept > 0 && kept < BATCHES);
}

//! The folder: who has it, what it was made as, what a start finds.

use crate::common::{NOW_MS, clock, first_try, open, options, put, value};
use petrel_model::clock::{HybridClock, Node, Stamp};
use petrel_store::Engine;
use petrel_store::MadeIn;
use petrel_store_embedded::{Embedded, OpenError, Options, repair_journal};

#[tokio::test]
async fn what_was_written_is_there_after_a_restart_and_stamps_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let stamp = engine
        .write(first_try(50, vec![put("p", "a", "1")]))
        .await
        .unwrap();
    assert_eq!(stamp, Stamp(50));
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(engine.last_stamp().await.unwrap(), Stamp(50));
    assert_eq!(value(&engine, "p", "a").await.as_deref(), Some("1"));
    let stamp = engine
        .write(first_try(7, vec![put("p", "a", "2")]))
        .await
        .unwrap();
    assert_eq!(
        stamp,
        Stamp(51),
        "later than what is there, though asked for earlier"
    );
}

#[tokio::test]
async fn a_clock_set_back_an_hour_between_two_starts_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wall = clock();
    let mut last = Stamp::MIN;
    for (round, at_ms) in [NOW_MS, NOW_MS - 3_600_000, NOW_MS - 7_200_000]
        .into_iter()
        .enumerate()
    {
        wall.set_ms(at_ms);
        let engine = Embedded::open(folder.path(), options(&wall)).unwrap();
        let clock = HybridClock::new(
            wall.clone(),
            Node::Single,
            engine.last_stamp().await.unwrap(),
        );
        for write in 0..20 {
            let stamp = clock.next_stamp(Stamp::MIN);
            let text = format!("{round} {write}");
            let used = engine
                .write(first_try(stamp.0, vec![put("p", "same", text)]))
                .await
                .unwrap();
            assert!(used > last, "stamps rise");
            last = used;
        }
        assert_eq!(
            value(&engine, "p", "same").await,
            Some(format!("{round} 19"))
        );
    }
    wall.set_ms(NOW_MS - 3_600_000);
    let engine = Embedded::open(folder.path(), options(&wall)).unwrap();
    assert_eq!(value(&engine, "p", "same").await.as_deref(), Some("2 19"));
    assert_eq!(engine.last_stamp().await.unwrap(), last);
}

#[test]
fn each_start_has_a_number_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let boots: Vec<u64> = (0..4).map(|_| open(folder.path()).boot()).collect();
    assert!(boots.is_sorted_by(|a, b| a < b), "{boots:?}");
}

#[test]
fn a_folder_is_opened_once_and_the_error_names_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let text = Embedded::open(folder.path(), options(&clock()))
        .err()
        .unwrap()
        .to_string();
    assert!(
        text.contains(&format!("process {}", std::process::id())),
        "{text}"
    );
    assert!(matches!(
        repair_journal(folder.path()),
        Err(OpenError::Locked { .. })
    ));
    drop(engine);
    open(folder.path());
}

#[test]
fn a_folder_keeps_the_mode_that_it_was_made_in() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |made_in| Options {
        made_in,
        ..options(&clock())
    };
    drop(Embedded::open(folder.path(), asked(Some(MadeIn::Standard))).unwrap());
    let refused = Embedded::open(folder.path(), asked(Some(MadeIn::Dev)))
        .err()
        .unwrap();
    assert!(matches!(
        refused,
        OpenError::MadeIn {
            made: MadeIn::Standard,
            ..
        }
    ));
    assert_eq!(
        Embedded::open(folder.path(), asked(None))
            .unwrap()
            .made_in(),
        MadeIn::Standard
    );
}

#[test]
fn a_store_that_was_only_half_made_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("store.new/keyspaces/0")).unwrap();
    std::fs::write(folder.path().join("store.new/0.jnl"), b"half").unwrap();
    open(folder.path());
}

/// No damage may panic, start over silently, or be taken for an empty store.
#[test]
fn a_damaged_folder_is_refused_by_name() {
    for name in [
        "FORMAT",
        "version",
        "keyspaces/0/current",
        "keyspaces/1/current",
    ] {
        for damage in ["delete", "empty", "rubbish"] {
            let folder = tempfile::tempdir().unwrap();
            drop(open(folder.path()));
            let file = folder.path().join("store").join(name);
            match damage {
                "delete" => std::fs::remove_file(&file).unwrap(),
                "empty" => std::fs::write(&file, b"").unwrap(),
                _ => std::fs::write(&file, [0xA5; 64]).unwrap(),
            }
            let refused = Embedded::open(folder.path(), options(&clock())).err();
            let text = refused
                .unwrap_or_else(|| panic!("{name} {damage}"))
                .to_string();
            assert!(
                text.contains(&folder.path().display().to_string()),
                "{name} {damage}: {text}"
            );
        }
    }
}

#[test]
fn stray_files_are_refused_or_ignored_but_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    std::fs::write(folder.path().join("store/notes.txt"), b"hello").unwrap();
    drop(open(folder.path()));
    for stray in ["store/x.jnl", "store/keyspaces/mine"] {
        let stray = folder.path().join(stray);
        std::fs::create_dir_all(&stray).unwrap();
        assert!(Embedded::open(folder.path(), options(&clock())).is_err());
        std::fs::remove_dir(&stray).unwrap();
    }
    drop(open(folder.path()));
}

//! Rows of lists and the facts that they are made of.

use crate::checked::{Checked, HOUR_MS};
use crate::common::{id, post};
use petrel_model::clock::ManualClock;
use petrel_model::event::MarkKind;
use petrel_model::id::{AccountId, Id};
use petrel_model::visibility::Visibility;
use petrel_social::check::{Repair, What};
use petrel_social::lists::{Entry, List, ListRow, Lists, Owner};
use petrel_social::marks;
use petrel_social::marks::table::{Mark, Marks, partition as mark_partition};
use petrel_social::statuses::table::{StatusRow, StatusSort, Statuses};
use petrel_store::Stamp;
use petrel_store::engine::{Op, RawBatch, RowKey};
use petrel_store::sim::BEGIN_MS;
use petrel_store::{Engine, Key, Record, Table};
use std::collections::HashSet;
use std::sync::Arc;

#[tokio::test]
async fn a_world_made_by_commands_has_nothing_to_mend() {
    let checked = Checked::new().await;
    let chapters: HashSet<_> = checked
        .all::<Lists>()
        .await
        .into_iter()
        .map(|(p, _)| p)
        .collect();
    let lists: HashSet<List> = chapters.iter().map(|(list, ..)| *list).collect();
    assert_eq!(
        lists.len(),
        List::ALL.iter().filter(|list| list.is_of_lists()).count(),
        "each list but those with a table of their own has rows"
    );
    let begun = chapters
        .iter()
        .filter(|(.., chapter)| *chapter != Id::MIN)
        .count();
    assert!(begun >= 4, "too few chapters: {begun}");
    checked.assert_clean("at once").await;
    checked.run_jobs().await;
    checked.assert_clean("after the jobs").await;
    checked.pass_the_late_bound();
    checked.run_jobs().await;
    checked.assert_clean("after the late bound").await;
    checked.world.wall.advance_ms(30 * HOUR_MS);
    checked.assert_clean("after what is off has expired").await;
    assert_eq!(checked.check(true).await.mended_count, 0);
    assert!(checked.engine.mends.lock().is_empty());
}

#[tokio::test]
async fn a_row_that_is_missing_is_named_and_mended() {
    let checked = Checked::new().await;
    checked.run_jobs().await;
    for list in List::ALL.into_iter().filter(|list| list.is_of_lists()) {
        let row = checked.some_row(list).await;
        let before = checked
            .store()
            .get::<Lists>(&row.partition(), &row.id)
            .await
            .unwrap();
        checked.remove::<Lists>(&row.partition(), &row.id).await;
        let named = checked.difference(false).await;
        assert_eq!(
            (named.what, named.repair),
            (What::Missing, Repair::NotAsked)
        );
        assert_eq!((named.table, named.list), ("lists", Some(list.name())));
        assert_eq!(named.id, row.id.to_string());
        assert!(named.text.contains(list.name()), "{}", named.text);
        // The delete is later than the fact and hides what is put, as long as it is remembered.
        checked.pass_the_late_bound();
        assert_eq!(checked.difference(true).await.repair, Repair::Done);
        checked.assert_clean(list.name()).await;
        let after = checked
            .store()
            .get::<Lists>(&row.partition(), &row.id)
            .await
            .unwrap();
        let (before, after) = (before.unwrap(), after.unwrap());
        assert_eq!(after.value, before.value);
        assert_eq!(after.revision, before.revision, "{}", list.name());
    }
}

#[tokio::test]
async fn a_row_without_a_fact_is_named_and_removed() {
    let checked = Checked::new().await;
    checked.run_jobs().await;
    for list in List::ALL {
        let like = match list {
            list if !list.is_of_lists() => ListRow {
                list,
                owner: Owner::Account(id(&checked.people[0])),
                ..checked.some_row(List::Followers).await
            },
            list => checked.some_row(list).await,
        };
        // Of the same fact, but of an earlier time that it was on.
        let orphan = ListRow {
            id: Id(like.id.0 + 1),
            ..like
        };
        checked
            .put::<Lists>(&orphan.partition(), &orphan.id, &orphan.entry)
            .await;
        let named = checked.difference(true).await;
        assert_eq!((named.what, named.repair), (What::Orphan, Repair::Later));
        assert_eq!(named.list, Some(list.name()));
        assert_eq!(named.id, orphan.id.to_string());
        checked.pass_the_late_bound();
        assert_eq!(checked.difference(true).await.repair, Repair::Done);
        checked.assert_clean(list.name()).await;
    }
}

/// There nothing is ever in doubt: an orphan goes at once, and nothing hides what is put.
#[tokio::test]
async fn the_embedded_engine_is_mended_in_one_go() {
    let folder = tempfile::tempdir().unwrap();
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let mut options = petrel_store_embedded::Options::new(wall.clone());
    options.reserve_bytes = Some(0);
    let engine = petrel_store_embedded::Embedded::open(folder.path(), options).unwrap();
    let checked = Checked::over(Arc::new(engine), wall).await;
    checked.run_jobs().await;
    checked.assert_clean("at once").await;
    checked.world.wall.advance_ms(61_000);
    let mut rows = Vec::new();
    for list in List::ALL {
        if list.is_of_lists() {
            let row = checked.some_row(list).await;
            checked.remove::<Lists>(&row.partition(), &row.id).await;
            rows.push((row.clone(), What::Missing));
            let orphan = ListRow {
                id: Id(row.id.0 + 1),
                ..row
            };
            let partition = orphan.partition();
            checked
                .put::<Lists>(&partition, &orphan.id, &orphan.entry)
                .await;
            rows.push((orphan, What::Orphan));
        }
    }
    let all = checked.all::<Lists>().await.into_iter();
    let mut tagged = all.filter(|((list, ..), _)| *list == List::StatusesByTag);
    let (partition, row) = tagged.next().unwrap();
    let wrong = Entry {
        visibility: Some(Visibility::Direct),
        ..row.value
    };
    checked.put::<Lists>(&partition, &row.sort, &wrong).await;
    let expected = rows.iter();
    let mut expected: HashSet<_> = expected
        .map(|(row, what)| (Some(row.list.name()), row.id.to_string(), *what))
        .collect();
    let name = List::StatusesByTag.name();
    expected.insert((Some(name), row.sort.to_string(), What::Wrong));
    for (repair, done) in [(false, Repair::NotAsked), (true, Repair::Done)] {
        let report = checked.check(repair).await;
        let named = report.differences.iter();
        let named = named.map(|d| (d.list, d.id.clone(), d.what)).collect();
        assert_eq!(expected, named);
        let repairs = report.differences.iter().map(|d| d.repair);
        assert!(repairs.clone().all(|found| found == done), "{repairs:?}");
    }
    checked.assert_clean("after the repair").await;
}

#[tokio::test]
async fn nothing_is_added_for_a_fact_that_is_young() {
    let checked = Checked::new().await;
    let (ann, bob) = (&checked.people[0], &checked.people[2]);
    let status = post(ann, "Fresh").await.id;
    checked.world.wall.advance_ms(10 * HOUR_MS);
    // The row is gone before the fact is written, so nothing hides it.
    marks::favourite(bob, status).await.unwrap();
    let row = checked.some_row(List::FavouritesByStatus).await;
    assert_eq!(row.owner, Owner::Status(status));
    let revision = checked
        .store()
        .get::<Lists>(&row.partition(), &row.id)
        .await
        .unwrap()
        .unwrap()
        .revision;
    let raw = RowKey {
        table: Lists::ID,
        partition: row.partition().to_bytes().into(),
        sort: row.id.to_bytes().into(),
    };
    let delete = RawBatch {
        stamp: revision,
        retry: false,
        ops: vec![Op::Delete { key: raw }],
    };
    checked.engine.write(delete).await.unwrap();
    assert_eq!(checked.difference(true).await.repair, Repair::Later);
    assert!(
        checked.engine.mends.lock().is_empty(),
        "the fact is a moment old"
    );
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
}

#[tokio::test]
async fn a_row_that_says_something_else_is_replaced() {
    let checked = Checked::new().await;
    let row = checked.some_row(List::StatusesByTag).await;
    let wrong = Entry {
        visibility: Some(Visibility::Direct),
        ..row.entry.clone()
    };
    checked
        .put::<Lists>(&row.partition(), &row.id, &wrong)
        .await;
    assert_eq!(checked.difference(false).await.what, What::Wrong);
    checked.pass_the_late_bound();
    // First it goes; what takes its place is hidden until that is forgotten.
    assert_eq!(checked.difference(true).await.repair, Repair::Later);
    assert_eq!(checked.difference(false).await.what, What::Missing);
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked.assert_clean("after two rounds").await;
    let mended = checked
        .store()
        .get::<Lists>(&row.partition(), &row.id)
        .await
        .unwrap();
    assert_eq!(mended.unwrap().value, row.entry);
}

/// Whatever a repair was decided on may change before it is done; then nothing is done.
#[tokio::test]
async fn a_repair_stands_on_all_that_it_was_decided_on() {
    for table in [Marks::ID, Statuses::ID, Lists::ID] {
        let checked = Checked::new().await;
        let bob = id(&checked.people[1]);
        let status = post(&checked.people[0], "Marked").await.id;
        marks::favourite(&checked.people[1], status).await.unwrap();
        let row = checked.some_row(List::FavouritesByStatus).await;
        assert_eq!(row.owner, Owner::Status(status));
        let fact = checked
            .store()
            .get::<Lists>(&row.partition(), &row.id)
            .await
            .unwrap();
        let fact = fact.unwrap().revision;
        checked.remove::<Lists>(&row.partition(), &row.id).await;
        checked.pass_the_late_bound();
        let stamp = match table {
            // Even one that the mended row would win over.
            Lists::ID => Stamp(fact.0 - 1),
            _ => checked.social.clock.next_stamp(Stamp::MIN),
        };
        let (partition, sort, value) = match table {
            Marks::ID => (
                mark_partition(bob, status).to_bytes(),
                (status, MarkKind::Favourite).to_bytes(),
                Mark::off(bob).to_value(),
            ),
            Statuses::ID => (
                status.to_bytes(),
                StatusSort::Deleted.to_bytes(),
                StatusRow::Deleted.to_value(),
            ),
            _ => (
                row.partition().to_bytes(),
                row.id.to_bytes(),
                Entry::of(AccountId(Id(1))).to_value(),
            ),
        };
        let key = RowKey {
            table,
            partition: partition.into(),
            sort: sort.into(),
        };
        *checked.engine.before_mend.lock() = Some(RawBatch {
            stamp,
            retry: false,
            ops: vec![Op::Put {
                key,
                value: value.into(),
                expires_at_s: None,
            }],
        });
        let report = checked.check(true).await;
        assert_eq!(report.differences[0].what, What::Missing, "{table}");
        assert_eq!(report.differences[0].repair, Repair::Later, "{table}");
        let now = checked
            .store()
            .get::<Lists>(&row.partition(), &row.id)
            .await
            .unwrap();
        assert!(
            now.is_none_or(|now| now.value != row.entry),
            "{table}: mended over"
        );
    }
}

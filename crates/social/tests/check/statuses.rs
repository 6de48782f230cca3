//! Statuses, what is left of them, and what cannot be read.

use crate::checked::{Checked, HOUR_MS};
use crate::common::{id, post};
use petrel_model::event::{About, MarkKind};
use petrel_model::id::{Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::accounts::table::{AccountSort, Accounts};
use petrel_social::check::{Repair, What};
use petrel_social::conversations::table::Conversations;
use petrel_social::lists::{List, Lists, Owner};
use petrel_social::marks::table::{Marks, partition as mark_partition};
use petrel_social::page::PageRequest;
use petrel_social::statuses::table::{
    StatusContent, StatusCreated, StatusRow, StatusSort, Statuses,
};
use petrel_social::{marks, statuses};
use petrel_store::Stamp;
use petrel_store::engine::{FullRow, RawRow};
use petrel_store::{Engine, Key, Table};
use std::collections::HashSet;

#[tokio::test]
async fn a_reblog_and_its_own_status_belong_together() {
    let checked = Checked::new().await;
    checked.run_jobs().await;
    let bob = &checked.people[1];
    let status = post(&checked.people[0], "To be reblogged").await.id;
    // What a lost race leaves: a status that is a reblog, and a mark that bears another.
    let reblog = StatusId(checked.social.clock.next_id());
    let created = StatusCreated {
        account: id(bob),
        visibility: Visibility::Public,
        about: About::Reblog {
            status,
            account: id(&checked.people[0]),
        },
        thread: status,
        content: StatusContent::default(),
        app: None,
        account_chapter: Id::MIN,
        replies_chapter: Id::MIN,
    };
    checked
        .put::<Statuses>(&reblog, &StatusSort::Created, &StatusRow::Created(created))
        .await;
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("statuses", What::Orphan, Repair::Later)
    );
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked.assert_clean("after the orphan").await;

    let reblog = marks::reblog(bob, status, None).await.unwrap().id;
    checked
        .remove::<Statuses>(&reblog, &StatusSort::Created)
        .await;
    let report = checked.check(true).await;
    let named: HashSet<_> = report
        .differences
        .iter()
        .map(|d| (d.table, d.what, d.repair))
        .collect();
    let missing = ("statuses", What::Missing, Repair::Never);
    let listed = ("lists", What::Orphan, Repair::Later);
    assert_eq!(named, HashSet::from([missing, listed]));
    marks::unreblog(bob, status).await.unwrap();
    checked.pass_the_late_bound();
    checked.check(true).await;
    checked.assert_clean("after it was taken back").await;
}

#[tokio::test]
async fn what_does_not_decode_is_named_and_left_alone() {
    let checked = Checked::new().await;
    let (ann, bob) = (&checked.people[0], &checked.people[1]);
    let damage = async |table, partition: Vec<u8>, sort: Vec<u8>| {
        let row = RawRow {
            sort: sort.into(),
            value: b"\x01\xFF".to_vec().into(),
            revision: checked.social.clock.next_stamp(Stamp::MIN),
            expires_at_s: None,
        };
        let partition = partition.into();
        let rows = vec![FullRow { partition, row }];
        checked.engine.load(table, rows).await.unwrap();
    };
    // A list row, marks that have list rows, a version of a status that has list rows.
    let listed = post(ann, "Listed").await.id;
    marks::favourite(bob, listed).await.unwrap();
    let row = checked.some_row(List::FavouritesByStatus).await;
    assert_eq!(row.owner, Owner::Status(listed));
    damage(Lists::ID, row.partition().to_bytes(), row.id.to_bytes()).await;
    let marked = post(ann, "Marked").await.id;
    marks::favourite(bob, marked).await.unwrap();
    marks::reblog(bob, marked, None).await.unwrap();
    let edited = post(ann, "Edited #common").await.id;
    for kind in [MarkKind::Favourite, MarkKind::Reblog] {
        let partition = mark_partition(id(bob), marked).to_bytes();
        damage(Marks::ID, partition, (marked, kind).to_bytes()).await;
    }
    let sort = StatusSort::Edit(Id(7)).to_bytes();
    damage(Statuses::ID, edited.to_bytes(), sort).await;
    damage(Accounts::ID, b"nonsense".to_vec(), vec![]).await;

    checked.pass_the_late_bound();
    let fresh = checked.reopened();
    let report = fresh.check(true).await;
    let named = report.differences.iter();
    let mut named: Vec<_> = named.map(|d| (d.table, d.what, d.repair)).collect();
    named.sort_by_key(|(table, ..)| *table);
    let damaged = |table| (table, What::Undecodable, Repair::Never);
    let tables = ["accounts", "lists", "marks", "marks", "statuses"];
    assert_eq!(named, tables.map(damaged));
    assert!(checked.engine.mends.lock().is_empty());
    assert_eq!(report.left_count(), 5);
}

#[tokio::test]
async fn a_chapter_without_its_beginning_is_told() {
    let checked = Checked::new().await;
    let row = checked
        .all::<Lists>()
        .await
        .into_iter()
        .find(|((list, _, chapter), _)| *list == List::Followers && *chapter != Id::MIN);
    let ((list, owner, chapter), _) = row.unwrap();
    let Owner::Account(account) = owner else {
        panic!("{owner:?}")
    };
    checked
        .remove::<Accounts>(&account, &AccountSort::Chapter(list, chapter))
        .await;
    let named = checked.difference(true).await;
    assert_eq!((named.what, named.repair), (What::Missing, Repair::Never));
    assert!(named.text.contains("no beginning"), "{}", named.text);
}

#[tokio::test]
async fn what_was_left_of_a_deleted_status_is_told_when_its_time_is_up() {
    let checked = Checked::new().await;
    // Nobody runs the job that cleans up.
    checked.world.wall.advance_ms(20 * HOUR_MS);
    checked.assert_clean("the job may still come").await;
    checked.world.wall.advance_ms(20 * HOUR_MS);
    let report = checked.check(true).await;
    let lists: HashSet<_> = report
        .differences
        .iter()
        .map(|d| (d.list, d.what, d.repair))
        .collect();
    let told = |list: List| (Some(list.name()), What::Orphan, Repair::Done);
    assert_eq!(
        lists,
        HashSet::from([told(List::FavouritesByStatus), told(List::ReblogsByStatus)])
    );
    checked.assert_clean("after the repair").await;
    let page = PageRequest::first(20);
    let kept = marks::favourites(&checked.people[7], page).await.unwrap();
    assert!(
        kept.items
            .iter()
            .all(|status| status.text != "Gone soon #goes")
    );
}

#[tokio::test]
async fn direct_statuses_and_conversations_are_held_against_each_other() {
    let checked = Checked::new().await;
    checked.run_jobs().await;
    let [ann, bob] = [0, 1].map(|at| checked.people[at].clone());
    let draft = statuses::Draft {
        visibility: Some(Visibility::Direct),
        ..crate::common::draft("psst, nobody")
    };
    let status = statuses::create(&ann, draft).await.unwrap().id;
    checked.assert_clean("with a direct status").await;
    let all = checked.all::<Conversations>().await;
    let (partition, row) = all.into_iter().find(|(_, row)| row.sort == status).unwrap();
    checked.remove::<Conversations>(&partition, &status).await;
    let named = checked.difference(false).await;
    assert_eq!((named.table, named.what), ("conversations", What::Missing));
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked.assert_clean("after the repair").await;
    let mended = checked.store().get::<Conversations>(&partition, &status);
    assert_eq!(mended.await.unwrap().unwrap().revision, row.revision);
    // Somebody whom it does not name.
    let stray = (id(&bob), Id::MIN);
    checked
        .put::<Conversations>(&stray, &status, &row.value)
        .await;
    let named = checked.difference(true).await;
    assert_eq!((named.what, named.repair), (What::Orphan, Repair::Later));
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked.assert_clean("without the stray").await;
}

//! `petrel check` in a small world: nothing to say of what the commands made, and a name and a
//! cure for each row that is missing or should not be there.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/watched.rs"]
mod watched;

use std::collections::HashSet;
use std::sync::Arc;

use common::{World, id, post, reply};
use parking_lot::Mutex;
use petrel_jobs::Reconciler;
use petrel_model::clock::ManualClock;
use petrel_model::entropy::SeededEntropy;
use petrel_model::event::{About, MarkKind};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::scope::Scopes;
use petrel_model::visibility::Visibility;
use petrel_social::accounts::claims::{Emails, Names};
use petrel_social::accounts::table::{AccountSort, Accounts};
use petrel_social::check::{CheckOptions, Difference, Repair, Report, What, check};
use petrel_social::conversations::table::Conversations;
use petrel_social::lists::{Entry, List, ListRow, Lists, Owner};
use petrel_social::marks::table::{Mark, Marks, partition as mark_partition};
use petrel_social::oauth::table::{
    AccessByAccount, AccessEntry, AccessKind, AccessTokens, AppsByClientId, Sessions,
};
use petrel_social::oauth::{self, NewApp};
use petrel_social::page::PageRequest;
use petrel_social::polls::{self, NewPoll};
use petrel_social::relations::{FollowOptions, MuteOptions};
use petrel_social::statuses::table::{
    StatusContent, StatusCreated, StatusRow, StatusSort, Statuses,
};
use petrel_social::statuses::{CleanUp, Edit, NotifyBells, NotifyEdited, NotifyMentions};
use petrel_social::{Ctx, marks, relations, statuses};
use petrel_store::engine::{FullRow, Op, RawBatch, RawRow, RowKey};
use petrel_store::sim::{BEGIN_MS, LATE_BOUND_S, SimEngine};
use petrel_store::{Engine, Key, Plain, Record, Row, Stamp, Store, Table};
use watched::Watched;

const HOUR_MS: u64 = 3_600_000;

struct Checked {
    world: World,
    engine: Arc<Watched>,
    people: Vec<Ctx>,
}

impl std::ops::Deref for Checked {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Checked {
    /// People who have done all that there is to do, and taken half of it back.
    async fn new() -> Checked {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        Checked::over(SimEngine::calm(wall.clone(), 1), wall).await
    }

    async fn over(engine: Arc<dyn Engine>, wall: Arc<ManualClock>) -> Checked {
        let engine = Watched::new(engine);
        let world = World::over(engine.clone(), wall, 10);
        let mut people = Vec::new();
        for number in 0..14 {
            people.push(world.person(&format!("p{number}")).await);
        }
        people.push(world.locked_person("locked").await);
        let checked = Checked {
            world,
            engine,
            people,
        };
        checked.relate().await;
        checked.mark().await;
        checked.edit_and_delete().await;
        checked.let_in().await;
        checked
    }

    /// The same rows, and nothing of them in memory.
    fn reopened(&self) -> Checked {
        let (engine, wall) = (self.engine.clone(), self.world.wall.clone());
        Checked {
            world: World::over(engine.clone(), wall, 10),
            engine,
            people: Vec::new(),
        }
    }

    fn store(&self) -> &Store {
        &self.world.social.store
    }

    fn locked(&self) -> &Ctx {
        &self.people[14]
    }

    async fn relate(&self) {
        let (ann, locked) = (&self.people[0], self.locked());
        let keeper = self.world.keeper();
        for other in &self.people[1..14] {
            let bell = FollowOptions {
                notify: Some(true),
                ..FollowOptions::default()
            };
            relations::follow(other, id(ann), bell).await.unwrap();
            relations::follow(other, id(locked), FollowOptions::default())
                .await
                .unwrap();
            keeper.run().await;
        }
        relations::authorize_request(locked, id(&self.people[1]))
            .await
            .unwrap();
        relations::reject_request(locked, id(&self.people[2]))
            .await
            .unwrap();
        relations::unfollow(&self.people[3], id(ann)).await.unwrap();
        let silent = FollowOptions {
            notify: Some(false),
            ..FollowOptions::default()
        };
        relations::follow(&self.people[4], id(ann), silent)
            .await
            .unwrap();
        relations::block(ann, id(&self.people[5])).await.unwrap();
        relations::block(ann, id(&self.people[6])).await.unwrap();
        relations::unblock(ann, id(&self.people[6])).await.unwrap();
        let mute = MuteOptions {
            notifications: true,
            duration_s: 60,
        };
        relations::mute(ann, id(&self.people[7]), mute)
            .await
            .unwrap();
        relations::set_note(ann, id(&self.people[7]), "Loud".into())
            .await
            .unwrap();
    }

    async fn mark(&self) {
        let (ann, bob) = (&self.people[0], &self.people[1]);
        let status = post(ann, "Hello @p1 #first #common").await.id;
        let keeper = self.world.keeper();
        for other in &self.people[7..14] {
            marks::favourite(other, status).await.unwrap();
            marks::reblog(other, status, None).await.unwrap();
            reply(other, status, "Indeed #common").await;
            marks::favourite(bob, post(other, "Mine #common").await.id)
                .await
                .unwrap();
            keeper.run().await;
        }
        for _ in 0..12 {
            let mine = post(ann, "And on #common").await.id;
            marks::favourite(bob, mine).await.unwrap();
            marks::bookmark(bob, mine).await.unwrap();
            keeper.run().await;
        }
        let asked = petrel_social::statuses::Draft {
            poll: Some(NewPoll {
                options: vec!["a".into(), "b".into()],
                expires_in_s: Some(86_400),
                ..NewPoll::default()
            }),
            ..common::draft("Which one?")
        };
        let asked = statuses::create(ann, asked).await.unwrap().id;
        for other in &self.people[7..14] {
            polls::vote(other, asked, &[1]).await.unwrap();
        }
        marks::pin(ann, status).await.unwrap();
        marks::mute_thread(ann, status).await.unwrap();
        let (taken_back, again) = (&self.people[8], &self.people[9]);
        marks::unfavourite(taken_back, status).await.unwrap();
        marks::unreblog(taken_back, status).await.unwrap();
        marks::unreblog(again, status).await.unwrap();
        marks::reblog(again, status, None).await.unwrap();
        let other = post(ann, "Once pinned").await.id;
        marks::pin(ann, other).await.unwrap();
        marks::unpin(ann, other).await.unwrap();
        marks::bookmark(bob, other).await.unwrap();
        marks::unbookmark(bob, other).await.unwrap();
    }

    async fn edit_and_delete(&self) {
        let (ann, bob) = (&self.people[0], &self.people[1]);
        let changed = post(ann, "Old #stays #goes @p1").await.id;
        let edit = Edit {
            text: Some("New #stays #comes @p2".into()),
            ..Edit::default()
        };
        statuses::edit(ann, changed, edit).await.unwrap();
        let gone = post(ann, "Gone soon #goes").await.id;
        for other in &self.people[7..14] {
            marks::favourite(other, gone).await.unwrap();
            marks::reblog(other, gone, None).await.unwrap();
            reply(other, gone, "Stay").await;
        }
        marks::bookmark(bob, gone).await.unwrap();
        statuses::delete(ann, gone).await.unwrap();
    }

    async fn let_in(&self) {
        let new = NewApp {
            name: "A client".to_owned(),
            redirect_uris: vec![oauth::OUT_OF_BAND.to_owned()],
            scopes: Scopes::parse("read write").unwrap(),
            website: None,
            fixed: None,
        };
        let app = oauth::create_app(&self.world.anonymous(), new)
            .await
            .unwrap();
        let (social, ann) = (&self.world.social, id(&self.people[0]));
        for _ in 0..2 {
            oauth::issue(social, app.id, ann, app.scopes).await.unwrap();
        }
        let cookie = oauth::start_session(social, ann).await.unwrap();
        oauth::start_session(social, ann).await.unwrap();
        oauth::end_session(social, &cookie).await.unwrap();
    }

    async fn run_jobs(&self) {
        let social = &self.world.social;
        let handlers: Vec<Arc<dyn petrel_jobs::Handler>> = vec![
            Arc::new(CleanUp(social.clone())),
            Arc::new(NotifyMentions(social.clone())),
            Arc::new(NotifyBells(social.clone())),
            Arc::new(NotifyEdited(social.clone())),
        ];
        let entropy = Arc::new(SeededEntropy::new(1));
        petrel_jobs::run_due(&social.store, entropy, handlers)
            .await
            .unwrap();
    }

    async fn check(&self, repair: bool) -> Report {
        let stages = Mutex::new(HashSet::new());
        let options = CheckOptions {
            repair,
            progress: &|progress| {
                stages.lock().insert(progress.stage);
            },
        };
        let report = check(self.store(), options).await.unwrap();
        assert!(stages.lock().len() >= 5);
        report
    }

    async fn assert_clean(&self, when: &str) {
        let report = self.check(false).await;
        assert_eq!(report.differences, [], "{when}");
        assert!(report.is_clean() && report.rows_count() > 300);
    }

    /// The one difference that there is.
    async fn difference(&self, repair: bool) -> Difference {
        let mut report = self.check(repair).await;
        assert_eq!(report.differences.len(), 1, "{:#?}", report.differences);
        report.differences.pop().unwrap()
    }

    async fn all<T: Table>(&self) -> Vec<(T::Partition, Row<T>)> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let (rows, next) = self.store().scan_table::<T>(token, 1_000).await.unwrap();
            all.extend(rows);
            match next {
                None => return all,
                next => token = next,
            }
        }
    }

    /// A row of this list that is neither the first nor in the first chapter, if there are such.
    async fn some_row(&self, list: List) -> ListRow {
        let rows = self.all::<Lists>().await.into_iter();
        let mut of_list = rows.filter(|((found, ..), _)| *found == list);
        let ((_, owner, chapter), row) = of_list.next_back().unwrap();
        ListRow {
            list,
            owner,
            chapter,
            id: row.sort,
            entry: row.value,
        }
    }

    async fn put<T: Table<Mode = Plain>>(
        &self,
        partition: &T::Partition,
        sort: &T::Sort,
        value: &T::Value,
    ) {
        let mut batch = self.store().batch();
        batch.put::<T>(partition, sort, value);
        batch.commit().await.unwrap();
    }

    async fn remove<T: Table<Mode = Plain>>(&self, partition: &T::Partition, sort: &T::Sort) {
        let mut batch = self.store().batch();
        batch.delete::<T>(partition, sort);
        batch.commit().await.unwrap();
    }

    fn pass_the_late_bound(&self) {
        self.world.wall.advance_ms(LATE_BOUND_S * 1_000 + 1);
    }
}

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
async fn the_indexes_of_access_are_mended() {
    let checked = Checked::new().await;
    let ann = id(&checked.people[0]);
    let entries = checked.all::<AccessByAccount>().await;
    assert_eq!(entries.len(), 3, "two tokens and a session");
    for (account, entry) in &entries {
        checked
            .remove::<AccessByAccount>(account, &entry.sort)
            .await;
        let named = checked.difference(false).await;
        assert_eq!(
            (named.table, named.what),
            ("access_by_account", What::Missing)
        );
        checked.pass_the_late_bound();
        assert_eq!(checked.difference(true).await.repair, Repair::Done);
        let mended = checked
            .store()
            .get::<AccessByAccount>(account, &entry.sort)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (mended.value, mended.expires_at_s),
            (entry.value.clone(), entry.expires_at_s)
        );
    }
    for kind in [AccessKind::Token, AccessKind::Session] {
        let entry = AccessEntry {
            kind,
            hash: [7; 32],
            app: None,
        };
        checked.put::<AccessByAccount>(&ann, &Id(99), &entry).await;
        let named = checked.difference(true).await;
        assert_eq!(
            (named.table, named.what, named.repair),
            ("access_by_account", What::Orphan, Repair::Later)
        );
        checked.pass_the_late_bound();
        assert_eq!(checked.difference(true).await.repair, Repair::Done);
    }
    let (client_id, app) = checked.all::<AppsByClientId>().await.pop().unwrap();
    checked.remove::<AppsByClientId>(&client_id, &()).await;
    assert_eq!(checked.difference(false).await.what, What::Missing);
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked
        .put::<AppsByClientId>(&"stray".to_owned(), &(), &app.value)
        .await;
    assert_eq!(checked.difference(false).await.what, What::Orphan);
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked.assert_clean("indexes of access").await;
    let tokens = checked.all::<AccessTokens>().await.len() + checked.all::<Sessions>().await.len();
    assert_eq!(tokens, 4, "with the session that ended");
}

#[tokio::test]
async fn names_and_emails_are_told_and_left_alone() {
    let checked = Checked::new().await;
    let store = checked.store();
    let name = "p13".to_owned();
    let claim = store.get::<Names>(&name, &()).await.unwrap().unwrap();
    let account = claim.value.account;
    let email = "p13@example.com".to_owned();
    store
        .write_if::<Emails>(&email)
        .present(&())
        .delete(&())
        .commit()
        .await
        .unwrap();
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("emails", What::Missing, Repair::Never)
    );
    assert!(!named.text.contains(&email));
    store
        .write_if::<Names>(&name)
        .present(&())
        .delete(&())
        .commit()
        .await
        .unwrap();
    checked
        .assert_clean("the job may still drop the account")
        .await;
    checked
        .world
        .wall
        .advance_ms(LATE_BOUND_S * 1_000 + 2 * HOUR_MS);
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("accounts", What::Orphan, Repair::Never)
    );
    store
        .write_if::<Names>(&name)
        .absent(&())
        .put(&(), &claim.value)
        .commit()
        .await
        .unwrap();
    checked
        .remove::<Accounts>(&account, &AccountSort::Created)
        .await;
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("names", What::Orphan, Repair::Never)
    );
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
        ..common::draft("psst, nobody")
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

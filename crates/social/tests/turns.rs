//! Two commands at once about one thing, on the engine that people have: what they leave behind is
//! what one after the other would have left, index rows and counts included.

mod common;

use std::sync::Arc;

use common::{World, draft, id, post};
use petrel_model::clock::ManualClock;
use petrel_model::event::Event;
use petrel_model::id::Id;
use petrel_social::accounts::ProfileUpdate;
use petrel_social::counts::Counts;
use petrel_social::lists::{Entry, List, ListRow, Lists, Owner};
use petrel_social::notifications::NotificationFilter;
use petrel_social::relations::FollowOptions;
use petrel_social::settings::Settings;
use petrel_social::statuses::table::{StatusRow, StatusSort, Statuses};
use petrel_social::statuses::{Draft, Edit};
use petrel_social::{accounts, marks, notifications, relations, statuses};
use petrel_store::sim::BEGIN_MS;
use tokio::join;

/// Each pair is tried so often: the engine's own thread decides how they meet.
const TRIES: usize = 10;

/// The folder goes when it is dropped.
struct House {
    world: World,
    _folder: tempfile::TempDir,
}

impl House {
    fn open() -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let mut options = petrel_store_embedded::Options::new(wall.clone());
        options.reserve_bytes = Some(0);
        let engine = petrel_store_embedded::Embedded::open(folder.path(), options);
        House {
            world: World::over(
                Arc::new(engine.expect("it opens")),
                wall,
                Settings::CHAPTER_ROWS,
            ),
            _folder: folder,
        }
    }

    async fn rows_of(&self, list: List, owner: Owner) -> usize {
        let store = &self.world.social.store;
        let rows = store.scan::<Lists>(&(list, owner, Id::MIN)).limit(100);
        rows.await.expect("it is read").len()
    }

    async fn events(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        let store = &self.world.social.store;
        let node = store.clock().node().number();
        let events = store.events(node, store.token(), 0, 1_000).await;
        let events = events.expect("they are read");
        let events = events.iter().map(|happened| &happened.event);
        events.filter(|event| wanted(event)).count()
    }
}

#[tokio::test]
async fn a_favourite_and_its_end_leave_nothing_behind() {
    let house = House::open();
    let store = &house.world.social.store;
    let (ann, bob) = (
        house.world.person("ann").await,
        house.world.person("bob").await,
    );
    for _ in 0..TRIES {
        let status = post(&ann, "hello").await.id;
        house
            .world
            .social
            .counts
            .status(store, status)
            .await
            .unwrap();
        let (on, off) = join!(
            marks::favourite(&bob, status),
            marks::unfavourite(&bob, status)
        );
        on.unwrap();
        off.unwrap();
        let counts = &house.world.social.counts;
        let counted = counts.status(store, status).await.unwrap();
        assert_eq!(counted.favourites, 0);
        let rows = house.rows_of(List::FavouritesByStatus, Owner::Status(status));
        assert_eq!(rows.await, 0);
        let counted_anew = Counts::default().status(store, status).await.unwrap();
        assert_eq!(counted_anew.favourites, 0);
    }
}

#[tokio::test]
async fn who_reblogs_twice_at_once_reblogs_once() {
    let house = House::open();
    let (ann, bob) = (
        house.world.person("ann").await,
        house.world.person("bob").await,
    );
    for _ in 0..TRIES {
        let status = post(&ann, "hello").await.id;
        let (one, other) = join!(
            marks::reblog(&bob, status, None),
            marks::reblog(&bob, status, None)
        );
        assert_eq!(one.unwrap().id, other.unwrap().id);
        let rows = house.rows_of(List::ReblogsByStatus, Owner::Status(status));
        assert_eq!(rows.await, 1);
    }
}

#[tokio::test]
async fn a_follow_and_a_block_leave_no_follower_to_be_counted() {
    let house = House::open();
    let store = &house.world.social.store;
    let counts = &house.world.social.counts;
    for number in 0..TRIES {
        let ann = house.world.person(&format!("ann{number}")).await;
        let bob = house.world.person(&format!("bob{number}")).await;
        let options = FollowOptions::default();
        let (_, blocked) = join!(
            relations::follow(&bob, id(&ann), options),
            relations::block(&ann, id(&bob))
        );
        blocked.unwrap();
        let rows = house.rows_of(List::Followers, Owner::Account(id(&ann)));
        assert_eq!(rows.await, 0);
        assert_eq!(counts.account(store, id(&ann)).await.unwrap().followers, 0);
    }
}

#[tokio::test]
async fn of_two_edits_the_later_knows_the_hashtags_of_the_earlier() {
    let house = House::open();
    let ann = house.world.person("ann").await;
    let to = |text: &str| Edit {
        text: Some(text.to_owned()),
        ..Edit::default()
    };
    for _ in 0..TRIES {
        let status = post(&ann, "a #gull").await.id;
        let before = house.rows_of(List::StatusesByTag, Owner::Tag("gull".to_owned()));
        let before = before.await;
        let (one, other) = join!(
            statuses::edit(&ann, status, to("a bird")),
            statuses::edit(&ann, status, to("a white #gull"))
        );
        one.unwrap();
        other.unwrap();
        let after = house.rows_of(List::StatusesByTag, Owner::Tag("gull".to_owned()));
        assert_eq!(after.await, before, "it bears the hashtag still");
    }
}

#[tokio::test]
async fn nothing_is_edited_after_it_was_deleted() {
    let house = House::open();
    let store = &house.world.social.store;
    let ann = house.world.person("ann").await;
    for _ in 0..TRIES {
        let status = post(&ann, "secret").await.id;
        let edit = Edit {
            text: Some("still secret".to_owned()),
            ..Edit::default()
        };
        let (deleted, edited) = join!(
            statuses::delete(&ann, status),
            statuses::edit(&ann, status, edit)
        );
        deleted.unwrap();
        assert!(edited.is_err());
        let rows = store.partition::<Statuses>(&status).await.unwrap();
        let is_edit = |sort| matches!(sort, StatusSort::Edit(_));
        assert!(!rows.iter().any(|row| is_edit(row.sort)));
    }
}

#[tokio::test]
async fn what_comes_after_the_clearing_away_is_cleared_away_too() {
    let house = House::open();
    let social = &house.world.social;
    let ann = house.world.person("ann").await;
    let status = post(&ann, "secret").await.id;
    let run_jobs = async || {
        let handler = Arc::new(statuses::CleanUp(social.clone()));
        petrel_jobs::run_due(&social.store, social.entropy.clone(), vec![handler]).await
    };
    statuses::delete(&ann, status).await.unwrap();
    run_jobs().await.unwrap();
    // An edit that found the status, and took its time.
    let mut late = social.store.batch();
    let (sort, row) = (StatusSort::Edit(Id(7)), StatusRow::Edit(Default::default()));
    late.put::<Statuses>(&status, &sort, &row);
    late.commit().await.unwrap();
    house.world.wall.advance_ms(61_000);
    run_jobs().await.unwrap();
    let rows = social.store.partition::<Statuses>(&status).await.unwrap();
    let sorts: Vec<_> = rows.iter().map(|row| row.sort).collect();
    assert_eq!(sorts, [StatusSort::Deleted]);
}

#[tokio::test]
async fn a_second_row_of_one_account_keeps_nobody_from_being_told() {
    let house = House::open();
    let social = &house.world.social;
    let ann = house.world.person("ann").await;
    let bob = house.world.person("bob").await;
    let ring = FollowOptions {
        notify: Some(true),
        ..FollowOptions::default()
    };
    relations::follow(&bob, id(&ann), ring).await.unwrap();
    let left_behind = ListRow {
        list: List::Bells,
        owner: Owner::Account(id(&ann)),
        chapter: Id::MIN,
        id: Id(7),
        entry: Entry::of(id(&bob)),
    };
    let mut batch = social.store.batch();
    left_behind.put(&mut batch);
    batch.commit().await.unwrap();
    post(&ann, "hear, hear").await;
    let handler = Arc::new(statuses::NotifyBells(social.clone()));
    let jobs = petrel_jobs::run_due(&social.store, social.entropy.clone(), vec![handler]);
    jobs.await.unwrap();
    let unread = notifications::unread_count(&bob, NotificationFilter::default(), 9);
    assert_eq!(unread.await.unwrap(), 1);
}

#[tokio::test]
async fn two_changes_of_a_profile_are_both_kept() {
    let house = House::open();
    let ann = house.world.person("ann").await;
    let name = ProfileUpdate {
        display_name: Some("Ann".to_owned()),
        ..ProfileUpdate::default()
    };
    let note = ProfileUpdate {
        note: Some("a gull".to_owned()),
        ..ProfileUpdate::default()
    };
    let (one, other) = join!(accounts::update(&ann, name), accounts::update(&ann, note));
    one.unwrap();
    other.unwrap();
    let profile = &accounts::get(&ann, id(&ann)).await.unwrap().profile;
    assert_eq!(
        (profile.display_name.as_str(), profile.note.as_str()),
        ("Ann", "a gull")
    );
}

#[tokio::test]
async fn two_tries_with_one_key_write_once() {
    let house = House::open();
    let ann = house.world.person("ann").await;
    for number in 1..=TRIES {
        let once = Draft {
            idempotency_key: Some(format!("key {number}")),
            ..draft("once")
        };
        let (one, other) = join!(
            statuses::create(&ann, once.clone()),
            statuses::create(&ann, once)
        );
        assert_eq!(one.unwrap().id, other.unwrap().id);
        let told = house.events(|event| matches!(event, Event::StatusCreated(_)));
        assert_eq!(told.await, number);
    }
}

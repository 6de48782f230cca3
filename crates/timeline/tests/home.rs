//! Home, out of a log that may hold little or have been rebuilt, against the plain words of
//! `model::home` over all facts of the store.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::life::{PEOPLE, something_happens};
use common::naive::Naive;
use common::{Dice, TINY, World, draft, id, post};
use petrel_model::id::{Id, StatusId};
use petrel_social::page::PageRequest;
use petrel_social::relations::FollowOptions;
use petrel_social::statuses::Draft;
use petrel_social::{Ctx, relations, statuses};
use petrel_timeline::Rebuilt;
use petrel_timeline::log::LogSettings;

fn some_page(dice: &Dice, known: &[StatusId]) -> PageRequest {
    let cursor = |sides| {
        let some = dice.below(sides) == 0 && !known.is_empty();
        some.then(|| dice.one_of(known).0)
    };
    PageRequest {
        max_id: cursor(2),
        since_id: cursor(4),
        min_id: cursor(3),
        limit: 1 + dice.below(9),
    }
}

async fn homes_are_right(
    what: &str,
    world: &World,
    people: &[Ctx],
    known: &[StatusId],
    dice: &Dice,
) {
    for person in people {
        let ctx = world.acting(id(person));
        let naive = Naive::of(&ctx, people).await;
        let mut pages = vec![PageRequest::first(20), PageRequest::first(1_000)];
        pages.extend((0..4).map(|_| some_page(dice, known)));
        for page in pages {
            let ids = world.timelines.home_ids(&ctx, page).await.unwrap().items;
            assert_eq!(
                ids,
                naive.ids(&page),
                "{what}: ids for {:?} at {page:?}",
                id(person)
            );
            let views = world.timelines.home(&ctx, page).await.unwrap().items;
            let shown: Vec<StatusId> = views.iter().map(|view| view.id).collect();
            assert_eq!(
                shown,
                naive.shown(&page),
                "{what}: page for {:?} at {page:?}",
                id(person)
            );
        }
        lists_are_right(what, world, naive, known, dice).await;
    }
}

async fn lists_are_right(
    what: &str,
    world: &World,
    mut naive: Naive,
    known: &[StatusId],
    dice: &Dice,
) {
    let ctx = world.acting(naive.viewer);
    for place in 0..naive.lists.len() {
        naive = naive.of_list(place);
        let list = naive.lists[place].0.id;
        let mut pages = vec![PageRequest::first(20), PageRequest::first(1_000)];
        pages.extend((0..2).map(|_| some_page(dice, known)));
        for page in pages {
            let what = format!("{what}: list {list} of {:?} at {page:?}", naive.viewer);
            let ids = world.timelines.list_ids(&ctx, list, page).await;
            assert_eq!(ids.unwrap().items, naive.ids(&page), "{what}: ids");
            let views = world.timelines.list(&ctx, list, page).await;
            let shown: Vec<_> = views.unwrap().items.iter().map(|view| view.id).collect();
            assert_eq!(shown, naive.shown(&page), "{what}: page");
        }
    }
}

async fn a_random_life(seed: u64, settings: LogSettings) {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(settings, Some(folder.path().join("timeline")));
    world.timelines.rebuild(&world.social.store).await.unwrap();
    let dice = Dice::new(seed);
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(world.person(&format!("p{number}")).await);
        world.tick();
    }
    let mut known = Vec::new();
    for step in 0..160 {
        something_happens(&world.system(), &dice, &people, &mut known).await;
        world.tick();
        let what = format!("seed {seed}, step {step}");
        if step % 40 == 39 {
            homes_are_right(&what, &world, &people, &known, &dice).await;
        }
        if [60, 90, 120].contains(&step) {
            // In good order, by a crash, and after somebody deleted the log's files.
            match step {
                60 => world.flush(),
                120 => std::fs::remove_dir_all(folder.path()).unwrap(),
                _ => {}
            }
            let (next, rebuilt) = world.restarted(settings).await;
            assert_eq!(rebuilt == Rebuilt::FromStore, step == 120);
            world = next;
            people = people
                .iter()
                .map(|person| world.acting(id(person)))
                .collect();
            homes_are_right(
                &format!("{what}, restarted"),
                &world,
                &people,
                &known,
                &dice,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn home_is_what_the_model_says() {
    for seed in 0..12 {
        a_random_life(seed, LogSettings::default()).await;
    }
}

#[tokio::test]
async fn home_goes_on_out_of_the_store_where_the_log_ends() {
    for seed in 100..112 {
        a_random_life(seed, TINY).await;
    }
}

#[tokio::test]
async fn pages_joined_are_the_whole() {
    for settings in [LogSettings::default(), TINY] {
        let world = World::new(settings, None);
        let (ann, bob) = (world.person("ann").await, world.person("bob").await);
        relations::follow(&ann, id(&bob), FollowOptions::default())
            .await
            .unwrap();
        let mut posted = Vec::new();
        for number in 0..90 {
            posted.push(post(&bob, &format!("number {number}")).await);
            world.tick();
        }
        assert_eq!(
            world.timelines.log().start() > StatusId::MIN,
            settings.slots_max == 64
        );
        let mut down = Vec::new();
        let mut page = PageRequest::first(7);
        loop {
            let found = world.timelines.home(&ann, page).await.unwrap();
            down.extend(found.items.iter().map(|view| view.id));
            page.max_id = found.next_max_id;
            if page.max_id.is_none() {
                break;
            }
        }
        let mut up = Vec::new();
        let mut page = PageRequest::first(7);
        page.min_id = Some(Id::MIN);
        loop {
            let found = world.timelines.home(&ann, page).await.unwrap();
            if found.items.is_empty() {
                break;
            }
            up.extend(found.items.iter().rev().map(|view| view.id));
            page.min_id = found.prev_min_id;
        }
        assert_eq!(up, posted);
        posted.reverse();
        assert_eq!(down, posted);
    }
}

#[tokio::test]
async fn a_page_far_below_the_one_before_begins_where_it_was_asked_for() {
    let world = World::new(TINY, None);
    let ann = world.person("ann").await;
    let mut posted = Vec::new();
    for number in 0..250 {
        posted.push(post(&ann, &format!("number {number}")).await);
        world.tick();
    }
    let home = async |below: StatusId| {
        let page = PageRequest {
            max_id: Some(below.0),
            ..PageRequest::first(3)
        };
        let found = world.timelines.home(&ann, page).await.unwrap();
        found.items.iter().map(|view| view.id).collect::<Vec<_>>()
    };
    // Out of the store, and kept for the next page.
    assert_eq!(
        home(posted[150]).await,
        [posted[149], posted[148], posted[147]]
    );
    assert_eq!(home(posted[4]).await, [posted[3], posted[2], posted[1]]);
    assert_eq!(
        home(posted[147]).await,
        [posted[146], posted[145], posted[144]]
    );
}

#[tokio::test]
async fn a_page_looks_at_a_thousand_rows_and_says_where_to_go_on() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    relations::follow(&ann, id(&bob), FollowOptions::default())
        .await
        .unwrap();
    let first = post(&bob, "at the bottom").await;
    world.tick();
    relations::follow(
        &ann,
        id(&bob),
        FollowOptions {
            languages: Some(vec!["de".to_owned()]),
            ..FollowOptions::default()
        },
    )
    .await
    .unwrap();
    for _ in 0..1_100 {
        let english = Draft {
            language: Some("en".to_owned()),
            ..draft("hello")
        };
        statuses::create(&bob, english).await.unwrap();
    }
    let page = world
        .timelines
        .home(&ann, PageRequest::first(5))
        .await
        .unwrap();
    assert!(page.items.is_empty());
    let next = PageRequest {
        max_id: Some(page.next_max_id.expect("there is more")),
        ..PageRequest::first(5)
    };
    let page = world.timelines.home(&ann, next).await.unwrap();
    assert_eq!(
        page.items.iter().map(|view| view.id).collect::<Vec<_>>(),
        [first]
    );
    assert_eq!(page.next_max_id, None);
}

#[tokio::test]
async fn the_log_comes_back_from_its_files_and_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timeline");
    let world = World::new(LogSettings::default(), Some(path.clone()));
    assert_eq!(
        world.timelines.rebuild(&world.social.store).await.unwrap(),
        Rebuilt::FromStore
    );
    let ann = world.person("ann").await;
    let mut posted = vec![post(&ann, "one").await];
    world.flush();
    posted.push(post(&ann, "two, after the last flush").await);
    statuses::delete(&ann, posted.remove(0)).await.unwrap();
    let (world, rebuilt) = world.restarted(LogSettings::default()).await;
    assert!(
        matches!(rebuilt, Rebuilt::FromFiles { events } if events >= 2),
        "{rebuilt:?}"
    );
    let ann = world.acting(id(&ann));
    let home = world
        .timelines
        .home(&ann, PageRequest::first(9))
        .await
        .unwrap();
    assert_eq!(
        home.items.iter().map(|view| view.id).collect::<Vec<_>>(),
        posted
    );
    world.flush();
    let file = std::fs::read_dir(&path)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (world, rebuilt) = world.restarted(LogSettings::default()).await;
    assert_eq!(rebuilt, Rebuilt::FromStore);
    let ann = world.acting(id(&ann));
    let home = world
        .timelines
        .home(&ann, PageRequest::first(9))
        .await
        .unwrap();
    assert_eq!(
        home.items.iter().map(|view| view.id).collect::<Vec<_>>(),
        posted
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_seen_by_the_next_reading_however_many_read() {
    let world = std::sync::Arc::new(World::new(LogSettings::default(), None));
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&bob, "here or not").await;
    let done = std::sync::Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (world, ann, done) = (world.clone(), ann.clone(), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Acquire) {
                    let page = PageRequest::first(5);
                    world.timelines.home(&ann, page).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for round in 0..300 {
        let expected = match round % 4 {
            0 => {
                let follow = FollowOptions::default();
                relations::follow(&ann, id(&bob), follow).await.unwrap();
                vec![status]
            }
            1 => {
                relations::block(&bob, id(&ann)).await.unwrap();
                Vec::new()
            }
            2 => {
                relations::unblock(&bob, id(&ann)).await.unwrap();
                let follow = FollowOptions::default();
                relations::follow(&ann, id(&bob), follow).await.unwrap();
                vec![status]
            }
            _ => {
                relations::unfollow(&ann, id(&bob)).await.unwrap();
                Vec::new()
            }
        };
        let page = PageRequest::first(5);
        let home = world.timelines.home_ids(&ann, page).await.unwrap();
        assert_eq!(home.items, expected, "round {round}");
        world.tick();
    }
    done.store(true, Ordering::Release);
    for reader in readers {
        reader.await.unwrap();
    }
}

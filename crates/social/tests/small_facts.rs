//! Markers, domain blocks, reports, and familiar followers.

#![allow(clippy::unwrap_used)]

mod common;

use petrel_model::id::{Id, StatusId};
use petrel_model::limits::DOMAIN_BLOCKS_MAX;
use petrel_model::visibility::Visibility;
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::error::Error;
use petrel_social::markers::{self, MarkedTimeline, Marker};
use petrel_social::page::PageRequest;
use petrel_social::relations::{self, FollowOptions};
use petrel_social::reports::{self, Category, NewReport};
use petrel_social::{Ctx, domain_blocks};

use common::{World, id, post, post_for};

const BOTH: [MarkedTimeline; 2] = MarkedTimeline::ALL;

async fn marker(ctx: &Ctx, timeline: MarkedTimeline) -> Option<Marker> {
    let found = markers::get(ctx, &[timeline]).await.unwrap();
    found.into_iter().next().map(|(_, marker)| marker)
}

#[tokio::test]
async fn a_marker_counts_its_changes() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    assert_eq!(markers::get(&ann, &BOTH).await.unwrap(), []);
    let move_to = |last_read| [(MarkedTimeline::Home, Id(last_read))];
    for (last_read, version) in [(7, 1), (9, 2), (9, 2), (8, 3)] {
        let moved = markers::set(&ann, &move_to(last_read)).await.unwrap();
        let (timeline, marker) = &moved[0];
        assert_eq!(*timeline, MarkedTimeline::Home);
        assert_eq!((marker.last_read, marker.version), (Id(last_read), version));
    }
    assert_eq!(marker(&ann, MarkedTimeline::Home).await.unwrap().version, 3);
    assert_eq!(marker(&ann, MarkedTimeline::Notifications).await, None);
    assert_eq!(marker(&bob, MarkedTimeline::Home).await, None);
    let nobody = markers::set(&world.anonymous(), &move_to(1)).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated)));
}

/// Several devices at once: each change is counted once, and who lost is told so.
#[tokio::test]
async fn of_changes_at_one_moment_none_is_lost_unsaid() {
    let world = World::new();
    let ann = world.person("ann").await;
    let tries = (1..=20).map(|last_read| {
        let ann = ann.clone();
        tokio::spawn(async move {
            let moves = [(MarkedTimeline::Home, Id(last_read))];
            match markers::set(&ann, &moves).await {
                Ok(_) => 1,
                Err(Error::Stale) => 0,
                Err(error) => panic!("{error}"),
            }
        })
    });
    let tries: Vec<_> = tries.collect();
    let mut done = 0;
    for one in tries {
        done += one.await.unwrap();
    }
    let version = marker(&ann, MarkedTimeline::Home).await.unwrap().version;
    assert_eq!(version, done);
    assert!(done >= 1);
}

async fn blocked(ctx: &Ctx) -> Vec<String> {
    let page = domain_blocks::list(ctx, PageRequest::first(200)).await;
    page.unwrap().items
}

#[tokio::test]
async fn domains_are_blocked_and_unblocked_twice_as_once() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    for domain in ["gull.example", "Tern.Example", "gull.example"] {
        domain_blocks::block(&ann, domain).await.unwrap();
    }
    assert_eq!(blocked(&ann).await, ["tern.example", "gull.example"]);
    assert_eq!(blocked(&bob).await, Vec::<String>::new());
    for _ in 0..2 {
        domain_blocks::unblock(&ann, "tern.example").await.unwrap();
    }
    domain_blocks::unblock(&ann, "never.example").await.unwrap();
    assert_eq!(blocked(&ann).await, ["gull.example"]);
    domain_blocks::block(&ann, "tern.example").await.unwrap();
    let page = PageRequest::first(1);
    let first = domain_blocks::list(&ann, page).await.unwrap();
    assert_eq!(first.items, ["tern.example"]);
    let page = PageRequest {
        max_id: first.next_max_id,
        ..page
    };
    let second = domain_blocks::list(&ann, page).await.unwrap();
    assert_eq!(second.items, ["gull.example"]);
    let wrong = domain_blocks::block(&ann, "no domain").await;
    assert!(matches!(wrong, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn domain_blocks_are_bounded_those_taken_back_too() {
    let world = World::new();
    let ann = world.person("ann").await;
    for number in 0..DOMAIN_BLOCKS_MAX {
        let domain = format!("d{number}.example");
        domain_blocks::block(&ann, &domain).await.unwrap();
    }
    domain_blocks::unblock(&ann, "d0.example").await.unwrap();
    let more = domain_blocks::block(&ann, "more.example").await;
    assert!(matches!(more, Err(Error::Invalid(_))));
    domain_blocks::unblock(&ann, "more.example").await.unwrap();
    domain_blocks::block(&ann, "d0.example").await.unwrap();
    let first = domain_blocks::list(&ann, PageRequest::first(2)).await;
    assert_eq!(first.unwrap().items[0], "d0.example");
}

fn about(statuses: Vec<StatusId>) -> NewReport {
    NewReport {
        statuses,
        comment: "look".to_owned(),
        category: Category::Spam,
        ..NewReport::default()
    }
}

#[tokio::test]
async fn what_is_reported_must_be_visible_to_the_reporter_and_of_that_account() {
    let world = World::new();
    let (ann, bob, eve) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("eve").await,
    );
    let open = post(&bob, "open").await.id;
    let closed = post_for(&bob, "closed", Visibility::Private).await.id;
    let other = post(&eve, "other").await.id;
    let report = reports::create(&ann, id(&bob), about(vec![open]), 0).await;
    let report = report.unwrap();
    assert_eq!(report.report.statuses, [open]);
    assert_eq!(report.target.username, "bob");
    for unseen in [closed, other, StatusId(Id(1))] {
        let refused = reports::create(&ann, id(&bob), about(vec![open, unseen]), 0).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{unseen}");
    }
    let system = world.system();
    let listed = reports::list(&system, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id, report.id);
    let names = (listed[0].account.as_deref(), listed[0].target.as_deref());
    assert_eq!(names, (Some("ann"), Some("bob")));
    assert!(matches!(
        reports::list(&ann, 10).await,
        Err(Error::Forbidden(_))
    ));
    // Whom one is blocked by one may still report, without what is hidden from then on.
    relations::block(&bob, id(&ann)).await.unwrap();
    assert!(
        reports::create(&ann, id(&bob), about(Vec::new()), 0)
            .await
            .is_ok()
    );
    let hidden = reports::create(&ann, id(&bob), about(vec![open]), 0).await;
    assert!(matches!(hidden, Err(Error::NotFound)));
}

#[tokio::test]
async fn reports_are_judged_and_listed_from_new_to_old() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let broken = |rules: Vec<u32>| NewReport {
        rules,
        ..NewReport::default()
    };
    for wrong in [
        broken(vec![0]),
        broken(vec![3]),
        NewReport {
            comment: "a".repeat(1_001),
            ..NewReport::default()
        },
        about(vec![StatusId(Id(1)); 101]),
    ] {
        let refused = reports::create(&ann, id(&bob), wrong, 2).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    let mut made = Vec::new();
    for _ in 0..3 {
        let report = reports::create(&ann, id(&bob), broken(vec![2]), 2).await;
        let report = report.unwrap();
        assert_eq!(report.report.category, Category::Violation);
        made.push(report.id);
        world.wall.advance_ms(8 * 24 * 3_600 * 1_000);
    }
    made.reverse();
    let listed = reports::list(&world.system(), 10).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|report| report.id).collect();
    assert_eq!(ids, made);
    assert_eq!(reports::list(&world.system(), 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn familiar_are_those_whom_i_follow_and_who_follow_them() {
    let world = World::new();
    let mut people = Vec::new();
    for name in ["ann", "bob", "cat", "dan", "eve"] {
        people.push(world.person(name).await);
    }
    let [ann, bob, cat, dan, eve] = &people[..] else {
        unreachable!()
    };
    let follow = async |from: &Ctx, to: &Ctx| {
        relations::follow(from, id(to), FollowOptions::default())
            .await
            .unwrap();
    };
    for (from, to) in [(ann, bob), (ann, cat), (bob, eve), (cat, eve), (dan, eve)] {
        follow(from, to).await;
    }
    let familiar = async |of: &Ctx| {
        let found = relations::familiar_followers(ann, &[id(of)]).await.unwrap();
        let names = found.iter().flat_map(|(_, accounts)| accounts.iter());
        names
            .map(|account| account.username.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(familiar(eve).await, ["cat", "bob"]);
    assert_eq!(familiar(bob).await, Vec::<String>::new());
    let hide = || ProfileUpdate {
        hide_collections: Some(true),
        ..ProfileUpdate::default()
    };
    // Who keeps to themselves whom they follow is not told here either.
    accounts::update(cat, hide()).await.unwrap();
    assert_eq!(familiar(eve).await, ["bob"]);
    relations::unfollow(bob, id(eve)).await.unwrap();
    assert_eq!(familiar(eve).await, Vec::<String>::new());
    follow(bob, eve).await;
    accounts::update(eve, hide()).await.unwrap();
    assert_eq!(familiar(eve).await, Vec::<String>::new());
    let unknown = relations::familiar_followers(ann, &[petrel_model::id::AccountId(Id(1))]).await;
    assert!(unknown.unwrap().is_empty());
}

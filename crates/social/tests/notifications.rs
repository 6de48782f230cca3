//! Who is told of what, and what stands of it.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use petrel_model::entropy::SeededEntropy;
use petrel_model::id::{Id, StatusId};
use petrel_social::markers::{self, MarkedTimeline};
use petrel_social::notifications::table::Notifications;
use petrel_social::notifications::{self, NotificationFilter, RemoveCleared};
use petrel_social::page::PageRequest;
use petrel_social::relations::{self, FollowOptions, MuteOptions};
use petrel_social::statuses::{self, Edit, NotifyBells, NotifyEdited, NotifyMentions};
use petrel_social::views::{NotificationKind, NotificationView};
use petrel_social::{Ctx, marks};

use common::{World, id, post, reply};

async fn run_jobs(world: &World) {
    let (social, store) = (&world.social, &world.social.store);
    let entropy = Arc::new(SeededEntropy::new(1));
    let handlers: Vec<Arc<dyn petrel_jobs::Handler>> = vec![
        Arc::new(NotifyMentions(social.clone())),
        Arc::new(NotifyBells(social.clone())),
        Arc::new(NotifyEdited(social.clone())),
        Arc::new(RemoveCleared(social.clone())),
    ];
    petrel_jobs::run_due(store, entropy, handlers)
        .await
        .unwrap();
    assert_eq!(petrel_jobs::dead_letters(store, 9).await.unwrap(), []);
}

async fn told(ctx: &Ctx) -> Vec<NotificationView> {
    let page = PageRequest::first(40);
    let list = notifications::list(ctx, NotificationFilter::default(), page).await;
    list.unwrap().items
}

/// What they were told, newest first: of which kind, and of which status.
async fn news(ctx: &Ctx) -> Vec<(NotificationKind, Option<StatusId>)> {
    let told = told(ctx).await.into_iter();
    told.map(|view| (view.kind, view.status.map(|status| status.id)))
        .collect()
}

async fn edit(ctx: &Ctx, status: StatusId, text: &str) {
    let edit = Edit {
        text: Some(text.to_owned()),
        ..Edit::default()
    };
    statuses::edit(ctx, status, edit).await.unwrap();
}

/// Follows, and asks to be told of each status.
async fn ring(ctx: &Ctx, other: &Ctx) {
    let options = FollowOptions {
        notify: Some(true),
        ..FollowOptions::default()
    };
    relations::follow(ctx, id(other), options).await.unwrap();
}

#[tokio::test]
async fn the_bell_does_not_ring_over_a_mention() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    ring(&bob, &ann).await;
    let lunch = post(&ann, "@bob lunch?").await.id;
    run_jobs(&world).await;
    assert_eq!(news(&bob).await, [(NotificationKind::Mention, Some(lunch))]);
    world.tick();
    let all = post(&ann, "lunch was good").await.id;
    run_jobs(&world).await;
    assert_eq!(news(&bob).await[0], (NotificationKind::Status, Some(all)));
}

#[tokio::test]
async fn who_is_named_no_more_keeps_the_bell() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    ring(&bob, &ann).await;
    let status = post(&ann, "@bob lunch?").await.id;
    edit(&ann, status, "lunch?").await;
    run_jobs(&world).await;
    let rung = [(NotificationKind::Status, Some(status))];
    assert_eq!(news(&bob).await, rung);
    // The mention was not told, so a job looks whether there is one to take back.
    let (cat, dan) = (world.person("cat").await, world.person("dan").await);
    let root = post(&cat, "root").await.id;
    ring(&dan, &cat).await;
    marks::mute_thread(&dan, root).await.unwrap();
    let status = reply(&cat, root, "@dan lunch?").await.id;
    edit(&cat, status, "lunch?").await;
    marks::unmute_thread(&dan, root).await.unwrap();
    run_jobs(&world).await;
    let rung = [(NotificationKind::Status, Some(status))];
    assert_eq!(news(&dan).await, rung);
}

#[tokio::test]
async fn an_own_thread_rings_and_an_answer_to_others_does_not() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cat = world.person("cat").await;
    ring(&bob, &ann).await;
    let first = post(&ann, "1/2").await.id;
    world.tick();
    let second = reply(&ann, first, "2/2").await.id;
    let theirs = post(&cat, "hello").await.id;
    reply(&ann, theirs, "hello you").await;
    run_jobs(&world).await;
    let rung = [second, first].map(|id| (NotificationKind::Status, Some(id)));
    assert_eq!(news(&bob).await, rung);
    marks::mute_thread(&bob, first).await.unwrap();
    reply(&ann, second, "3/2").await;
    run_jobs(&world).await;
    assert_eq!(news(&bob).await, rung);
}

#[tokio::test]
async fn the_bell_rings_for_who_follows_alone() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.locked_person("bob").await);
    let cat = world.person("cat").await;
    ring(&ann, &bob).await;
    ring(&cat, &bob).await;
    post(&bob, "they wait").await;
    run_jobs(&world).await;
    assert_eq!(news(&ann).await, []);
    relations::reject_request(&bob, id(&ann)).await.unwrap();
    relations::authorize_request(&bob, id(&cat)).await.unwrap();
    let status = post(&bob, "one of them follows").await.id;
    run_jobs(&world).await;
    assert_eq!(news(&ann).await, []);
    assert_eq!(news(&cat).await, [(NotificationKind::Status, Some(status))]);
    // What was asked with the request that was rejected is not part of a later follow.
    relations::follow(&ann, id(&bob), FollowOptions::default())
        .await
        .unwrap();
    let let_in = relations::authorize_request(&bob, id(&ann)).await.unwrap();
    assert!(let_in.followed_by);
    post(&bob, "both follow").await;
    run_jobs(&world).await;
    assert_eq!(news(&ann).await, []);
    assert_eq!(news(&cat).await.len(), 2);
}

#[tokio::test]
async fn who_lets_somebody_in_is_told_of_the_follow() {
    let world = World::new();
    let (ann, bob) = (world.locked_person("ann").await, world.person("bob").await);
    let options = FollowOptions::default();
    relations::follow(&bob, id(&ann), options).await.unwrap();
    relations::authorize_request(&ann, id(&bob)).await.unwrap();
    let [follow] = &told(&ann).await[..] else {
        panic!("the request is answered, and the follow is told of");
    };
    assert_eq!(
        (follow.kind, follow.account.id),
        (NotificationKind::Follow, id(&bob))
    );
    relations::unfollow(&bob, id(&ann)).await.unwrap();
    assert_eq!(news(&ann).await, []);
}

#[tokio::test]
async fn a_mention_brings_nobody_along_who_is_blocked_or_muted() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let (cat, dan) = (world.person("cat").await, world.person("dan").await);
    ring(&dan, &cat).await;
    let theirs = post(&bob, "who thinks so?").await.id;
    world.tick();
    let naming = post(&cat, "@bob @ann and you two?").await.id;
    world.tick();
    let answering = reply(&cat, theirs, "@ann and you?").await.id;
    world.tick();
    let harmless = post(&cat, "@ann and you?").await.id;
    run_jobs(&world).await;
    let all = [harmless, answering, naming].map(|id| (NotificationKind::Mention, Some(id)));
    assert_eq!(news(&ann).await, all);
    let mute = |notifications| MuteOptions {
        notifications,
        duration_s: 0,
    };
    relations::mute(&ann, id(&bob), mute(false)).await.unwrap();
    assert_eq!(news(&ann).await, all);
    relations::mute(&ann, id(&bob), mute(true)).await.unwrap();
    assert_eq!(news(&ann).await, all[..1]);
    relations::unmute(&ann, id(&bob)).await.unwrap();
    relations::block(&ann, id(&bob)).await.unwrap();
    assert_eq!(news(&ann).await, all[..1]);
    let hidden = petrel_model::id::NotificationId(naming.0);
    assert!(notifications::get(&ann, hidden).await.is_err());
    relations::unblock(&ann, id(&bob)).await.unwrap();
    assert_eq!(news(&ann).await, all);
    // The bell rings for what home shows.
    let rung = [harmless, naming].map(|id| (NotificationKind::Status, Some(id)));
    assert_eq!(news(&dan).await, rung);
    relations::mute(&dan, id(&bob), mute(false)).await.unwrap();
    assert_eq!(news(&dan).await, rung[..1]);
}

#[tokio::test]
async fn of_several_edits_the_last_is_told() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&ann, "frist").await.id;
    marks::reblog(&bob, status, None).await.unwrap();
    let mut earlier = None;
    for text in ["fist", "firs", "first"] {
        world.tick();
        edit(&ann, status, text).await;
        if text != "fist" {
            // Two edits lie before this look at them.
            run_jobs(&world).await;
            let [last] = &told(&bob).await[..] else {
                panic!("{text} is not told alone");
            };
            assert_eq!(last.kind, NotificationKind::Update);
            assert!(earlier < Some(last.id), "{text}");
            earlier = Some(last.id);
        }
    }
}

#[tokio::test]
async fn unread_is_what_the_list_shows() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cat = world.person("cat").await;
    let options = FollowOptions::default();
    relations::follow(&cat, id(&ann), options).await.unwrap();
    let own = post(&ann, "heart me").await.id;
    for number in 0..4 {
        post(&bob, &format!("@ann {number}")).await;
    }
    // Who is blocked was the last to be told of, and keeps no older ones from being counted.
    for who in [&bob, &cat] {
        marks::favourite(who, own).await.unwrap();
    }
    relations::block(&ann, id(&cat)).await.unwrap();
    let only = |kind| NotificationFilter {
        types: vec![kind],
        ..NotificationFilter::default()
    };
    let but_for = NotificationFilter {
        exclude_types: vec![NotificationKind::Mention],
        ..NotificationFilter::default()
    };
    let by = |who: &Ctx| NotificationFilter {
        account: Some(id(who)),
        ..NotificationFilter::default()
    };
    for (filter, up_to, unread) in [
        (NotificationFilter::default(), 100, 5),
        (NotificationFilter::default(), 5, 5),
        (NotificationFilter::default(), 3, 3),
        (NotificationFilter::default(), 0, 0),
        (only(NotificationKind::Mention), 100, 4),
        (only(NotificationKind::Mention), 2, 2),
        (only(NotificationKind::Follow), 100, 0),
        (but_for, 100, 1),
        (by(&bob), 100, 5),
        (by(&cat), 100, 0),
    ] {
        let counted = notifications::unread_count(&ann, filter.clone(), up_to).await;
        assert_eq!(counted.unwrap(), unread, "{filter:?} up to {up_to}");
    }
}

/// All rows of an account, those too that it is not shown.
async fn rows(world: &World, ctx: &Ctx) -> usize {
    let partition = (id(ctx), Id::MIN);
    let rows = world.social.store.scan::<Notifications>(&partition);
    rows.limit(100).await.unwrap().len()
}

#[tokio::test]
async fn whom_an_edit_names_is_told_as_of_then() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let monday = post(&ann, "a walk?").await.id;
    world.tick();
    post(&ann, "@bob hello").await;
    let read = told(&bob).await[0].id;
    let marker = [(MarkedTimeline::Notifications, read.into())];
    markers::set(&bob, &marker).await.unwrap();
    world.wall.advance_ms(60_000);
    edit(&ann, monday, "a walk, @bob?").await;
    let first = told(&bob).await.remove(0);
    assert_eq!(first.kind, NotificationKind::Mention);
    assert!(first.id > read && first.created_at_ms == ann.clock().now_ms());
    let unread = notifications::unread_count(&bob, NotificationFilter::default(), 9);
    assert_eq!(unread.await.unwrap(), 1);
    // Who is named already is not told again.
    edit(&ann, monday, "a long walk, @bob?").await;
    assert_eq!(told(&bob).await[0].id, first.id);
    world.wall.advance_ms(60_000);
    notifications::clear(&bob).await.unwrap();
    edit(&ann, monday, "a long walk?").await;
    world.tick();
    edit(&ann, monday, "a very long walk, @bob?").await;
    run_jobs(&world).await;
    let again = told(&bob).await;
    assert!(again.len() == 1 && again[0].id > first.id, "{again:?}");
    edit(&ann, monday, "a very long walk").await;
    assert_eq!(news(&bob).await, []);
    edit(&ann, monday, "a very long walk, @bob").await;
    assert_eq!(news(&bob).await.len(), 1);
    let before = rows(&world, &bob).await;
    statuses::delete(&ann, monday).await.unwrap();
    assert_eq!(rows(&world, &bob).await, before - 1);
}

/// More than a command tells by itself.
const NAMED: usize = 40;

#[tokio::test]
async fn those_whom_a_job_tells_of_an_edit_are_told_as_of_then_too_and_untold() {
    let world = World::new();
    let ann = world.person("ann").await;
    let mut crowd = Vec::new();
    for number in 0..NAMED {
        crowd.push(world.person(&format!("p{number}")).await);
    }
    let names = (0..NAMED).map(|number| format!("@p{number} "));
    let (names, backwards): (String, String) = (names.clone().collect(), names.rev().collect());
    let status = post(&ann, "who comes?").await.id;
    world.tick();
    let cleared_ms = ann.clock().now_ms();
    edit(&ann, status, &names).await;
    run_jobs(&world).await;
    for ctx in &crowd {
        let [mention] = &told(ctx).await[..] else {
            panic!("each is told once");
        };
        assert!(mention.created_at_ms >= cleared_ms);
    }
    // Named no more, and anew before a job has taken back what it told.
    edit(&ann, status, "nobody").await;
    world.tick();
    let again_ms = ann.clock().now_ms();
    edit(&ann, status, &backwards).await;
    for ctx in &crowd {
        assert!(told(ctx).await.len() <= 1);
    }
    run_jobs(&world).await;
    for ctx in &crowd {
        assert_eq!(rows(&world, ctx).await, 1);
        assert!(told(ctx).await[0].created_at_ms >= again_ms);
    }
    edit(&ann, status, "nobody").await;
    run_jobs(&world).await;
    for ctx in &crowd {
        assert_eq!(rows(&world, ctx).await, 0);
    }
}

/// A bell that rang before an edit names its receiver stands beside the mention, and stays when the
/// mention goes.
#[tokio::test]
async fn an_edit_does_not_take_the_place_of_the_bell() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    ring(&bob, &ann).await;
    let status = post(&ann, "lunch?").await.id;
    run_jobs(&world).await;
    world.tick();
    edit(&ann, status, "lunch, @bob?").await;
    run_jobs(&world).await;
    let both = [NotificationKind::Mention, NotificationKind::Status];
    assert_eq!(news(&bob).await, both.map(|kind| (kind, Some(status))));
    edit(&ann, status, "lunch?").await;
    run_jobs(&world).await;
    assert_eq!(news(&bob).await, [(NotificationKind::Status, Some(status))]);
}

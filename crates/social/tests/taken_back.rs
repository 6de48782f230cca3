//! What people did is theirs to take back, also where they may no longer look; and taking back what
//! was never done does nothing else.
// A test's helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, draft, id, post, post_for, reply};
use petrel_model::event::RelationKind;
use petrel_model::id::StatusId;
use petrel_model::visibility::Visibility;
use petrel_social::error::Error;
use petrel_social::page::PageRequest;
use petrel_social::relations::FollowOptions;
use petrel_social::relations::table::{Relation, Relations};
use petrel_social::statuses::AccountFilter;
use petrel_social::{Ctx, marks, notifications, relations, statuses};

async fn follow(ctx: &Ctx, other: &Ctx) {
    let options = FollowOptions {
        notify: Some(true),
        ..FollowOptions::default()
    };
    relations::follow(ctx, id(other), options).await.unwrap();
}

fn is_unseen<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotFound))
}

/// How many statuses the profile has, as the viewer sees it.
async fn on_profile(viewer: &Ctx, of: &Ctx) -> usize {
    let page = PageRequest::first(40);
    let filter = AccountFilter::default();
    let found = statuses::of_account(viewer, id(of), filter, page).await;
    found.unwrap().items.len()
}

async fn told(ctx: &Ctx) -> usize {
    let page = PageRequest::first(40);
    let filter = notifications::NotificationFilter::default();
    notifications::list(ctx, filter, page)
        .await
        .unwrap()
        .items
        .len()
}

#[tokio::test]
async fn who_blocks_nobody_loses_nobody_by_ending_it() {
    let world = World::new();
    let (ann, bob) = (world.locked_person("ann").await, world.person("bob").await);
    let cas = world.person("cas").await;
    follow(&ann, &bob).await;
    follow(&bob, &ann).await;
    relations::authorize_request(&ann, id(&bob)).await.unwrap();
    follow(&cas, &ann).await;
    let tie = relations::unblock(&ann, id(&bob)).await.unwrap();
    assert!(tie.following && tie.notifying && tie.followed_by && !tie.blocking);
    let theirs = relations::relationships(&bob, &[id(&ann)]).await.unwrap();
    assert!(theirs[0].following && theirs[0].notifying);
    // Whoever asked to follow still asks.
    let tie = relations::unblock(&ann, id(&cas)).await.unwrap();
    assert!(tie.requested_by);
    let page = PageRequest::first(40);
    let followers = relations::followers(&ann, id(&ann), page).await.unwrap();
    assert_eq!(followers.items.len(), 1);
    // Sent once more, the end of a block that there was ends nothing that began after it.
    relations::block(&ann, id(&bob)).await.unwrap();
    let free = relations::unblock(&ann, id(&bob)).await.unwrap();
    assert!(!free.following && !free.followed_by);
    follow(&ann, &bob).await;
    let again = relations::unblock(&ann, id(&bob)).await.unwrap();
    assert!(again.following);
}

#[tokio::test]
async fn a_follow_that_knew_of_no_block_ends_with_the_block() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    relations::block(&ann, id(&bob)).await.unwrap();
    // What another node accepts that does not know of the block yet.
    let mut batch = world.social.store.batch();
    let follow = Relation {
        id: world.social.clock.next_id(),
        on: true,
        ..Relation::default()
    };
    let key = (id(&ann), RelationKind::Follow);
    batch.put::<Relations>(&id(&bob), &key, &follow);
    batch.commit().await.unwrap();
    let free = relations::unblock(&ann, id(&bob)).await.unwrap();
    assert!(!free.blocking && !free.followed_by);
}

#[tokio::test]
async fn who_is_shut_out_takes_back_what_they_did() {
    let world = World::new();
    let (ann, bob, eve) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("eve").await,
    );
    let status = post(&ann, "hello").await.id;
    marks::favourite(&bob, status).await.unwrap();
    marks::bookmark(&bob, status).await.unwrap();
    marks::reblog(&bob, status, None).await.unwrap();
    relations::block(&ann, id(&bob)).await.unwrap();
    assert_eq!(on_profile(&eve, &bob).await, 1);
    // They are shown nothing, whether or not they had done something, or anybody.
    for _ in 0..2 {
        assert!(is_unseen(&marks::unfavourite(&bob, status).await));
        assert!(is_unseen(&marks::unbookmark(&bob, status).await));
        assert!(is_unseen(&marks::unreblog(&bob, status).await));
    }
    assert!(is_unseen(&marks::unreblog(&bob, StatusId(status.0)).await));
    assert_eq!(on_profile(&eve, &bob).await, 0);
    let seen = statuses::get(&ann, status).await.unwrap();
    assert_eq!((seen.favourites_count, seen.reblogs_count), (0, 0));
    assert_eq!(told(&ann).await, 0);
    relations::unblock(&ann, id(&bob)).await.unwrap();
    let state = statuses::get(&bob, status).await.unwrap().viewer.unwrap();
    assert!(!state.favourited && !state.bookmarked && !state.reblogged);
    let page = PageRequest::first(40);
    assert!(marks::bookmarks(&bob, page).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn ones_own_reblog_is_deleted_whatever_became_of_what_it_reblogs() {
    let world = World::new();
    let (ann, bob, eve) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("eve").await,
    );
    let status = post(&ann, "a secret from now on").await.id;
    let reblog = marks::reblog(&bob, status, None).await.unwrap().id;
    relations::block(&ann, id(&bob)).await.unwrap();
    assert!(is_unseen(&statuses::delete(&eve, reblog).await));
    let gone = statuses::delete(&bob, reblog).await.unwrap();
    assert_eq!((gone.id, gone.account.id), (reblog, id(&bob)));
    assert!(gone.reblog.is_none() && gone.text.is_empty() && gone.content_html.is_empty());
    assert_eq!(on_profile(&eve, &bob).await, 0);
    let seen = statuses::get(&ann, status).await.unwrap();
    assert_eq!(seen.reblogs_count, 0);
    assert!(is_unseen(&statuses::delete(&bob, reblog).await));
    // The same where it is gone altogether, and no job has looked yet.
    let reblog = marks::reblog(&eve, status, None).await.unwrap().id;
    statuses::delete(&ann, status).await.unwrap();
    let gone = statuses::delete(&eve, reblog).await.unwrap();
    assert!(gone.reblog.is_none());
}

#[tokio::test]
async fn who_is_a_follower_no_more_takes_back_what_they_did() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    follow(&bob, &ann).await;
    let root = post_for(&ann, "for followers", Visibility::Private)
        .await
        .id;
    marks::favourite(&bob, root).await.unwrap();
    let answer = reply(&bob, root, "@ann one").await.id;
    marks::mute_thread(&bob, answer).await.unwrap();
    relations::unfollow(&bob, id(&ann)).await.unwrap();
    assert!(is_unseen(&statuses::get(&bob, root).await));
    assert!(is_unseen(&marks::unfavourite(&bob, root).await));
    let seen = statuses::get(&ann, root).await.unwrap();
    assert_eq!(seen.favourites_count, 0);
    assert!(is_unseen(&marks::unmute_thread(&bob, root).await));
    let state = statuses::get(&bob, answer).await.unwrap().viewer.unwrap();
    assert!(!state.muted);
    // Nobody does anew what they may not see.
    assert!(is_unseen(&marks::favourite(&bob, root).await));
    assert!(statuses::create(&bob, draft("still here")).await.is_ok());
}

//! Requests to follow, where the account stops approving its followers meanwhile.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, id};
use petrel_model::entropy::SeededEntropy;
use petrel_model::event::RelationKind;
use petrel_model::id::Id;
use petrel_model::limits::{
    BLOCKS_MAX, FOLLOW_REQUESTS_MAX, FOLLOWS_MAX, MUTES_MAX, RELATION_NOTES_MAX,
};
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::error::Error;
use petrel_social::lists::{List, Lists, Owner};
use petrel_social::page::PageRequest;
use petrel_social::relations::table::{Relation, Relations};
use petrel_social::relations::{self, AcceptRequests, FollowOptions};
use petrel_store::limits::PARTITION_ROWS_MAX;

fn locked(locked: bool) -> ProfileUpdate {
    ProfileUpdate {
        locked: Some(locked),
        ..ProfileUpdate::default()
    }
}

#[tokio::test]
async fn who_follows_asks_no_longer() {
    let world = World::new();
    let (ann, bob) = (world.locked_person("ann").await, world.person("bob").await);
    let follow = || relations::follow(&bob, id(&ann), FollowOptions::default());
    assert!(follow().await.unwrap().requested);
    accounts::update(&ann, locked(false)).await.unwrap();
    let follows = follow().await.unwrap();
    assert!(follows.following && !follows.requested);
    let answer = relations::authorize_request(&ann, id(&bob)).await;
    assert!(matches!(answer, Err(Error::NotFound)), "{answer:?}");
    let followers = (List::Followers, Owner::Account(id(&ann)), Id::MIN);
    let rows = world.social.store.scan::<Lists>(&followers).limit(9).await;
    assert_eq!(rows.unwrap().len(), 1);
}

/// Two nodes may each accept what the other's command forbids, and then both rows stand.
#[tokio::test]
async fn a_follow_beside_a_block_is_shown_to_nobody_whatever_else_is_said_of_the_account() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    relations::block(&ann, id(&bob)).await.unwrap();
    let mut batch = world.social.store.batch();
    let follow = Relation {
        on: true,
        ..Relation::default()
    };
    for kind in [RelationKind::Follow, RelationKind::FollowRequest] {
        batch.put::<Relations>(&id(&ann), &(id(&bob), kind), &follow);
    }
    batch.commit().await.unwrap();
    for is_suspended in [false, true] {
        if is_suspended {
            accounts::suspend(&world.system(), id(&ann)).await.unwrap();
        }
        let views = relations::relationships(&bob, &[id(&ann)]).await.unwrap();
        assert!(!views[0].followed_by && !views[0].requested_by, "{views:?}");
    }
}

/// How often a job ran.
async fn run_jobs(world: &World) -> usize {
    let store = &world.social.store;
    let accept = Arc::new(AcceptRequests(world.social.clone()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let runs = petrel_jobs::run_due(store, entropy, vec![accept]).await;
    assert_eq!(petrel_jobs::dead_letters(store, 9).await.unwrap(), []);
    runs.unwrap()
}

/// More than are read at a time.
const WAITING: usize = 45;

#[tokio::test]
async fn who_waits_is_let_in_when_nobody_is_approved_any_longer() {
    let world = World::new();
    let ann = world.locked_person("ann").await;
    let mut waiting = Vec::new();
    for number in 0..WAITING {
        let ctx = world.person(&format!("w{number}")).await;
        relations::follow(&ctx, id(&ann), FollowOptions::default())
            .await
            .unwrap();
        waiting.push(ctx);
    }
    // One took it back, and one is shut out.
    relations::unfollow(&waiting[0], id(&ann)).await.unwrap();
    relations::block(&ann, id(&waiting[1])).await.unwrap();
    accounts::update(&ann, locked(false)).await.unwrap();
    assert_eq!(run_jobs(&world).await, 1);
    // A second look, should the first have come before the command had wholly landed.
    let late_bound_s = world.social.store.engine().late_bound_s();
    world.wall.advance_ms((late_bound_s + 1) * 1_000);
    assert_eq!(run_jobs(&world).await, 1);
    for (number, ctx) in waiting.iter().enumerate() {
        let tie = relations::relationships(ctx, &[id(&ann)]).await.unwrap();
        assert_eq!(tie[0].following, number > 1, "{number}");
        assert!(!tie[0].requested, "{number}");
    }
    let left = relations::follow_requests(&ann, PageRequest::first(9)).await;
    assert!(left.unwrap().items.is_empty());
    let figures = world.social.counts.account(&world.social.store, id(&ann));
    assert_eq!(figures.await.unwrap().followers, WAITING as u64 - 2);
}

#[tokio::test]
async fn who_approves_again_before_the_job_runs_keeps_the_requests() {
    let world = World::new();
    let (ann, bob) = (world.locked_person("ann").await, world.person("bob").await);
    relations::follow(&bob, id(&ann), FollowOptions::default())
        .await
        .unwrap();
    for is_locked in [false, true] {
        accounts::update(&ann, locked(is_locked)).await.unwrap();
    }
    run_jobs(&world).await;
    let tie = relations::relationships(&bob, &[id(&ann)]).await.unwrap();
    assert!(tie[0].requested && !tie[0].following);
}

#[test]
fn relations_fit_into_a_partition_that_is_read_whole() {
    // A follow and a request bear a row of settings each.
    let on = 2 * (FOLLOWS_MAX + FOLLOW_REQUESTS_MAX) + BLOCKS_MAX + MUTES_MAX + RELATION_NOTES_MAX;
    // As much again for what was switched off during a day, by its owner or by others.
    assert!(2 * on <= PARTITION_ROWS_MAX);
}

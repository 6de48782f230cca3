//! Chapters begin where lists are full, and lists read the same across them.

#![allow(clippy::unwrap_used)]

mod common;

use common::{World, draft, id, post};
use petrel_jobs::Reconciler;
use petrel_model::id::Id;
use petrel_social::lists::{CHAPTER_GAP_MS, ChapterKeeper, Growth, List, Owner, chapters};
use petrel_social::notifications::{self, NotificationFilter};
use petrel_social::page::PageRequest;
use petrel_social::relations::FollowOptions;
use petrel_social::statuses::AccountFilter;
use petrel_social::{Ctx, conversations, marks, relations, statuses};
use std::sync::Arc;

async fn begins(world: &World, list: List, owner: &Owner) -> Vec<Id> {
    chapters(&world.social.store, list, owner).await.unwrap()
}

async fn statuses_of(ctx: &Ctx, page: PageRequest) -> Vec<String> {
    let filter = AccountFilter::default();
    let page = statuses::of_account(ctx, id(ctx), filter, page)
        .await
        .unwrap();
    page.items
        .iter()
        .map(|status| status.text.clone())
        .collect()
}

#[tokio::test]
async fn a_full_chapter_is_followed_by_another_and_reads_on() {
    let world = World::with_chapters_of(10);
    let ann = world.person("ann").await;
    let owner = Owner::Account(id(&ann));
    let keeper = world.keeper();
    let mut written = Vec::new();
    for number in 0..35 {
        let text = format!("number {number}");
        post(&ann, &text).await;
        written.push(text);
        world.tick();
        let status = keeper.run().await;
        assert_eq!(status.failed, None);
    }
    assert_eq!(
        begins(&world, List::StatusesByAccount, &owner).await.len(),
        4
    );
    written.reverse();
    assert_eq!(statuses_of(&ann, PageRequest::first(40)).await, written);
    assert_eq!(
        statuses_of(&ann, PageRequest::first(12)).await,
        written[..12]
    );
}

#[tokio::test]
async fn beginnings_are_ten_minutes_apart() {
    let world = World::with_chapters_of(10);
    let ann = world.person("ann").await;
    let owner = Owner::Account(id(&ann));
    let keeper = ChapterKeeper::new(world.social.clone(), world.growth.clone());
    for number in 0..40 {
        post(&ann, &format!("number {number}")).await;
        keeper.run().await;
    }
    assert_eq!(
        begins(&world, List::StatusesByAccount, &owner).await.len(),
        2
    );
    world.wall.advance_ms(CHAPTER_GAP_MS - 1_000);
    keeper.run().await;
    assert_eq!(
        begins(&world, List::StatusesByAccount, &owner).await.len(),
        2
    );
    world.wall.advance_ms(2_000);
    // It waits without another status.
    keeper.run().await;
    assert_eq!(
        begins(&world, List::StatusesByAccount, &owner).await.len(),
        3
    );
}

#[tokio::test]
async fn notifications_have_chapters_too_and_are_cleared_across_them() {
    let world = World::with_chapters_of(10);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let keeper = world.keeper();
    for number in 0..25 {
        post(&bob, &format!("@ann {number}")).await;
        keeper.run().await;
    }
    let owner = Owner::Account(id(&ann));
    let begun = begins(&world, List::Notifications, &owner).await;
    assert_eq!(begun.len(), 3);
    let listed = |page| notifications::list(&ann, NotificationFilter::default(), page);
    let all = listed(PageRequest::first(40)).await.unwrap();
    assert_eq!(all.items.len(), 25);
    let oldest = PageRequest {
        min_id: Some(Id::MIN),
        ..PageRequest::first(15)
    };
    let ids = |items: &[petrel_social::views::NotificationView]| -> Vec<_> {
        items.iter().map(|view| view.id).collect()
    };
    assert_eq!(
        ids(&listed(oldest).await.unwrap().items),
        ids(&all.items[10..])
    );
    notifications::clear(&ann).await.unwrap();
    assert_eq!(listed(PageRequest::first(40)).await.unwrap().items.len(), 0);
}

#[tokio::test]
async fn conversations_have_chapters_too() {
    let world = World::with_chapters_of(10);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let keeper = world.keeper();
    for number in 0..25 {
        let direct = statuses::Draft {
            visibility: Some(petrel_model::visibility::Visibility::Direct),
            ..draft(&format!("@ann {number}"))
        };
        statuses::create(&bob, direct).await.unwrap();
        keeper.run().await;
    }
    for ctx in [&ann, &bob] {
        let owner = Owner::Account(id(ctx));
        assert_eq!(begins(&world, List::Conversations, &owner).await.len(), 3);
        let page = conversations::list(ctx, PageRequest::first(40)).await;
        assert_eq!(page.unwrap().items.len(), 25);
    }
}

#[tokio::test]
async fn a_start_looks_at_every_list_in_its_own_time() {
    let world = World::with_chapters_of(10);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut last = None;
    for _ in 0..12 {
        let status = post(&bob, "@ann #tag").await;
        marks::favourite(&ann, status.id).await.unwrap();
        last = Some(status);
    }
    for number in 0..11 {
        let fan = world.person(&format!("fan{number}")).await;
        relations::follow(&fan, id(&bob), FollowOptions::default())
            .await
            .unwrap();
        let popular = last.as_ref().unwrap().id;
        marks::favourite(&fan, popular).await.unwrap();
        marks::reblog(&fan, popular, None).await.unwrap();
        let reply = statuses::Draft {
            in_reply_to: Some(popular),
            ..draft("me too")
        };
        statuses::create(&fan, reply).await.unwrap();
    }
    // As after a start: nothing is known of what grew.
    let keeper = ChapterKeeper::new(world.social.clone(), Arc::new(Growth::default()));
    assert_eq!(keeper.run().await.changed, 0, "the first run is quiet");
    assert_eq!(keeper.run().await.failed, None);
    let (ann, bob) = (Owner::Account(id(&ann)), Owner::Account(id(&bob)));
    let popular = Owner::Status(last.unwrap().id);
    for (list, owner) in [
        (List::StatusesByAccount, &bob),
        (List::FavouritesByAccount, &ann),
        (List::Followers, &bob),
        (List::StatusesByTag, &Owner::Tag("tag".to_owned())),
        (List::Notifications, &ann),
        (List::FavouritesByStatus, &popular),
        (List::ReblogsByStatus, &popular),
        (List::RepliesByStatus, &popular),
    ] {
        assert_eq!(
            begins(&world, list, owner).await.len(),
            2,
            "{}",
            list.name()
        );
    }
    assert_eq!(begins(&world, List::StatusesByAccount, &ann).await.len(), 1);
    assert_eq!(keeper.run().await.changed, 0, "twice is the same as once");
}

#[tokio::test]
async fn nothing_is_begun_beside_what_is_deleted() {
    let world = World::with_chapters_of(10);
    let ann = world.person("ann").await;
    let status = post(&ann, "popular").await.id;
    for number in 0..11 {
        let fan = world.person(&format!("fan{number}")).await;
        marks::favourite(&fan, status).await.unwrap();
    }
    statuses::delete(&ann, status).await.unwrap();
    world.keeper().run().await;
    let owner = Owner::Status(status);
    assert_eq!(
        begins(&world, List::FavouritesByStatus, &owner).await.len(),
        1
    );
}

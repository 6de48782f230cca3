//! Public and hashtag timelines, and what the node does when it has no more to give.

#![allow(clippy::unwrap_used)]

mod common;

use common::{TINY, World, draft, id, post};
use petrel_model::event::Event;
use petrel_model::id::{Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::page::{Page, PageRequest};
use petrel_social::statuses::{Draft, Edit};
use petrel_social::views::StatusView;
use petrel_social::{Ctx, marks, relations, statuses};
use petrel_store::Listener;
use petrel_timeline::log::LogSettings;
use petrel_timeline::{PublicFilter, TagFilter, Timelines};

async fn public(world: &World, ctx: &Ctx, page: PageRequest) -> Page<StatusView> {
    let page = world
        .timelines
        .public(ctx, PublicFilter::default(), page)
        .await;
    page.expect("the timeline is read")
}

async fn tag(world: &World, ctx: &Ctx, filter: TagFilter, page: PageRequest) -> Vec<StatusId> {
    let page = world.timelines.tag(ctx, filter, page).await;
    ids(&page.expect("the timeline is read"))
}

fn ids(page: &Page<StatusView>) -> Vec<StatusId> {
    page.items.iter().map(|view| view.id).collect()
}

fn under(tag: &str) -> TagFilter {
    TagFilter {
        tag: tag.to_owned(),
        ..TagFilter::default()
    }
}

#[tokio::test]
async fn the_public_timeline_has_no_reblogs_no_replies_to_others_and_nothing_hidden() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = post(&ann, "first").await;
    let reply = |to| Draft {
        in_reply_to: Some(to),
        ..draft("reply")
    };
    let own = statuses::create(&ann, reply(first)).await.unwrap().id;
    statuses::create(&bob, reply(first)).await.unwrap();
    marks::reblog(&bob, first, None).await.unwrap();
    for visibility in [
        Visibility::Unlisted,
        Visibility::Private,
        Visibility::Direct,
    ] {
        let hidden = Draft {
            visibility: Some(visibility),
            ..draft("hidden")
        };
        statuses::create(&ann, hidden).await.unwrap();
    }
    let of_bob = post(&bob, "bob's").await;
    let everything = PageRequest::first(40);
    assert_eq!(
        ids(&public(&world, &world.anonymous(), everything).await),
        [of_bob, own, first]
    );
    let page = public(&world, &ann, PageRequest::first(2)).await;
    assert_eq!(
        (ids(&page), page.next_max_id),
        (vec![of_bob, own], Some(own.0))
    );
    let above = PageRequest {
        min_id: Some(first.0),
        ..PageRequest::first(1)
    };
    let page = public(&world, &ann, above).await;
    assert_eq!((ids(&page), page.prev_min_id), (vec![own], Some(own.0)));
    relations::block(&ann, id(&bob)).await.unwrap();
    assert_eq!(ids(&public(&world, &ann, everything).await), [own, first]);
    statuses::delete(&ann, first).await.unwrap();
    assert_eq!(ids(&public(&world, &ann, everything).await), [own]);
    let remote = PublicFilter {
        remote: true,
        ..PublicFilter::default()
    };
    let page = world
        .timelines
        .public(&ann, remote, everything)
        .await
        .unwrap();
    assert!(page.items.is_empty());
}

#[tokio::test]
async fn hashtags_are_any_all_and_none() {
    let world = World::new(LogSettings::default(), None);
    let ann = world.person("ann").await;
    let one = post(&ann, "#One").await;
    let both = post(&ann, "#one #two").await;
    let two = post(&ann, "#TWO").await;
    let private = Draft {
        visibility: Some(Visibility::Private),
        ..draft("#one")
    };
    statuses::create(&ann, private).await.unwrap();
    let page = PageRequest::first(40);
    let two_too = || vec!["two".to_owned()];
    assert_eq!(tag(&world, &ann, under("ONE"), page).await, [both, one]);
    let any = TagFilter {
        any: two_too(),
        ..under("one")
    };
    assert_eq!(tag(&world, &ann, any, page).await, [two, both, one]);
    let all = TagFilter {
        all: two_too(),
        ..under("one")
    };
    assert_eq!(tag(&world, &ann, all, page).await, [both]);
    let none = TagFilter {
        none: two_too(),
        ..under("one")
    };
    assert_eq!(tag(&world, &ann, none, page).await, [one]);
    world.tick();
    let edit = Edit {
        text: Some("#three".to_owned()),
        ..Edit::default()
    };
    statuses::edit(&ann, both, edit).await.unwrap();
    assert_eq!(tag(&world, &ann, under("one"), page).await, [one]);
    assert_eq!(tag(&world, &ann, under("three"), page).await, [both]);
    assert!(tag(&world, &ann, under("never"), page).await.is_empty());
}

#[tokio::test]
async fn hashtags_go_on_out_of_the_store_where_the_log_ends() {
    let world = World::new(TINY, None);
    let ann = world.person("ann").await;
    let mut posted = Vec::new();
    for number in 0..80 {
        posted.push(post(&ann, &format!("{number} #one")).await);
        world.tick();
    }
    let mut up = Vec::new();
    let mut page = PageRequest {
        min_id: Some(Id::MIN),
        ..PageRequest::first(9)
    };
    loop {
        let found = world.timelines.tag(&ann, under("one"), page).await.unwrap();
        up.extend(ids(&found).into_iter().rev());
        if found.items.is_empty() {
            break;
        }
        page.min_id = found.prev_min_id;
    }
    assert_eq!(up, posted);
    posted.reverse();
    let mut down = Vec::new();
    let mut page = PageRequest::first(9);
    while page.max_id.is_some() || down.is_empty() {
        let found = world.timelines.tag(&ann, under("one"), page).await.unwrap();
        down.extend(ids(&found));
        page.max_id = found.next_max_id;
    }
    assert_eq!(down, posted);
}

#[tokio::test]
async fn events_that_were_not_told_are_found_in_the_store() {
    let world = World::new(LogSettings::default(), None);
    let ann = world.person("ann").await;
    let missed = post(&ann, "whoever wrote this went away before the answer").await;
    let heard = post(&ann, "heard").await;
    let last = post(&ann, "missed too, and nothing comes behind it").await;
    let store = &world.social.store;
    let hard_of_hearing = Timelines::new(LogSettings::default(), None);
    let is_missed = |event: &Event| matches!(event, Event::StatusCreated(status) if [missed, last].contains(&status.id));
    for happened in store.events(0, store.token(), 0, 1_000).await.unwrap() {
        if !is_missed(&happened.event) {
            hard_of_hearing.happened(&happened);
        }
    }
    let page = PageRequest::first(9);
    assert_eq!(
        hard_of_hearing.home_ids(&ann, page).await.unwrap().items,
        [heard]
    );
    assert_eq!(
        hard_of_hearing.close_gaps(store).await.unwrap(),
        0,
        "it may be under way"
    );
    assert_eq!(hard_of_hearing.close_gaps(store).await.unwrap(), 2);
    assert_eq!(
        hard_of_hearing.home_ids(&ann, page).await.unwrap().items,
        [last, heard, missed]
    );
    assert_eq!(hard_of_hearing.close_gaps(store).await.unwrap(), 0);
}

#[tokio::test]
async fn a_hashtag_s_last_days_are_told() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let now_ms = || world.social.clock.now_ms();
    for ctx in [&ann, &ann, &bob] {
        post(ctx, "hello #Gull").await;
    }
    world.wall.advance_ms(2 * 24 * 3_600_000);
    let gone = post(&ann, "hello #gull").await;
    post(&ann, "hello #gull #tern").await;
    statuses::delete(&ann, gone).await.unwrap();
    let days = world.timelines.tag_history("GULL", now_ms());
    let told: Vec<_> = days.iter().map(|day| (day.uses, day.accounts)).collect();
    assert_eq!(
        told,
        [(1, 1), (0, 0), (3, 2), (0, 0), (0, 0), (0, 0), (0, 0)]
    );
    assert_eq!(days[0].begins_at_s - days[6].begins_at_s, 6 * 24 * 3_600);
    assert!(now_ms() / 1_000 - days[0].begins_at_s < 24 * 3_600);
    world.wall.advance_ms(5 * 24 * 3_600_000);
    let days = world.timelines.tag_history("gull", now_ms());
    assert_eq!(days.iter().map(|day| day.uses).sum::<u64>(), 1);
}

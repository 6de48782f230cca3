//! Statuses that wait for their time.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, draft, file, id, post};
use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::{Id, StatusId};
use petrel_model::limits::{SCHEDULED_A_DAY_MAX, SCHEDULED_AHEAD_MS_MIN};
use petrel_model::visibility::Visibility;
use petrel_social::accounts::ProfileUpdate;
use petrel_social::media::table::{MediaRow, MediaSort};
use petrel_social::media::{MediaFacts, MediaTable, Place};
use petrel_social::page::PageRequest;
use petrel_social::polls::{EndPoll, NewPoll};
use petrel_social::scheduled::table::PublishKey;
use petrel_social::scheduled::{self, PublishKeys, PublishScheduled, ScheduledStatuses};
use petrel_social::statuses::{self, AccountFilter, CleanUp, Draft, NotifyMentions};
use petrel_social::views::StatusView;
use petrel_social::{Ctx, Error, accounts, media};

const MINUTE_MS: u64 = 60_000;

fn after(world: &World, minutes: u64) -> u64 {
    world.social.clock.now_ms() + minutes * MINUTE_MS
}

async fn run_jobs(world: &World) {
    let social = &world.social;
    let handlers: Vec<Arc<dyn petrel_jobs::Handler>> = vec![
        Arc::new(PublishScheduled(social.clone())),
        Arc::new(EndPoll(social.clone())),
        Arc::new(CleanUp(social.clone())),
        Arc::new(NotifyMentions(social.clone())),
        Arc::new(media::SweepUnattached(social.clone())),
    ];
    let entropy = Arc::new(SeededEntropy::new(1));
    petrel_jobs::run_due(&social.store, entropy, handlers)
        .await
        .unwrap();
    let mut dead = petrel_jobs::dead_letters(&social.store, 10).await.unwrap();
    // Files and accounts leave jobs that nobody does here.
    dead.retain(|dead| !dead.letter.reason.starts_with("no handler"));
    assert_eq!(dead, []);
}

async fn pass(world: &World, minutes: u64) {
    world.wall.advance_ms(minutes * MINUTE_MS);
    run_jobs(world).await;
}

async fn posted(ctx: &Ctx) -> Vec<StatusView> {
    let page = PageRequest::first(40);
    let found = statuses::of_account(ctx, id(ctx), AccountFilter::default(), page).await;
    found.unwrap().items
}

async fn waiting(ctx: &Ctx) -> Vec<Id> {
    let found = scheduled::list(ctx, PageRequest::first(40)).await.unwrap();
    found.items.iter().map(|view| view.id).collect()
}

/// How many rows are left of what anybody scheduled.
async fn rows(world: &World) -> usize {
    let store = &world.social.store;
    let (rows, _) = store
        .scan_table::<ScheduledStatuses>(None, 1_000)
        .await
        .unwrap();
    rows.len()
}

async fn decided(world: &World, id: Id, status: Option<StatusId>) {
    let key = PublishKey { status, nonce: 7 };
    let write = world.social.store.write_if::<PublishKeys>(&id).absent(&());
    write.put(&(), &key).commit().await.unwrap();
}

/// A status of `other`, and a reply to it that is scheduled in ten minutes.
async fn reply_soon(world: &World, author: &Ctx, other: &Ctx) -> (StatusId, Id) {
    let parent = post(other, "soon gone").await.id;
    let reply = Draft {
        in_reply_to: Some(parent),
        ..draft("A reply")
    };
    let reply = scheduled::schedule(author, reply, after(world, 10)).await;
    (parent, reply.unwrap().id)
}

#[tokio::test]
async fn what_is_scheduled_is_published_once_when_its_time_comes() {
    let world = World::new();
    let ann = world.person("ann").await;
    let settings = ProfileUpdate {
        privacy: Some(Visibility::Unlisted),
        ..ProfileUpdate::default()
    };
    accounts::update(&ann, settings).await.unwrap();
    let asked = Draft {
        poll: Some(NewPoll {
            options: vec!["gull".to_owned(), "tern".to_owned()],
            expires_in_s: Some(600),
            ..NewPoll::default()
        }),
        ..draft("Later")
    };
    let at_ms = after(&world, 10);
    let view = scheduled::schedule(&ann, asked, at_ms).await.unwrap();
    assert_eq!(
        (view.at_ms, view.status.visibility),
        (at_ms, Visibility::Unlisted)
    );
    assert_eq!(scheduled::get(&ann, view.id).await.unwrap(), view);
    assert_eq!(waiting(&ann).await, [view.id]);
    let bob = world.person("bob").await;
    assert_eq!(waiting(&bob).await, []);
    let others = scheduled::get(&bob, view.id).await;
    assert!(matches!(others, Err(Error::NotFound)));

    pass(&world, 9).await;
    assert_eq!(posted(&ann).await.len(), 0);
    pass(&world, 2).await;
    run_jobs(&world).await;
    let [status] = &posted(&ann).await[..] else {
        panic!("it is one status");
    };
    assert_eq!(
        (status.text.as_str(), status.visibility),
        ("Later", Visibility::Unlisted)
    );
    assert!(status.created_at_ms >= at_ms);
    let poll = status.poll.as_ref().unwrap();
    assert!(poll.expires_at_ms >= status.created_at_ms + 600_000);
    assert_eq!((waiting(&ann).await, rows(&world).await), (vec![], 0));
    let late = scheduled::cancel(&ann, view.id).await;
    assert!(matches!(late, Err(Error::NotFound)));
}

#[tokio::test]
async fn another_time_counts_whether_sooner_or_later() {
    let world = World::new();
    let ann = world.person("ann").await;
    let view = scheduled::schedule(&ann, draft("Later"), after(&world, 10))
        .await
        .unwrap();
    let at_ms = after(&world, 20);
    let view = scheduled::reschedule(&ann, view.id, at_ms).await.unwrap();
    assert_eq!(scheduled::get(&ann, view.id).await.unwrap().at_ms, at_ms);
    pass(&world, 11).await;
    assert_eq!(
        posted(&ann).await.len(),
        0,
        "its first time is not meant any more"
    );
    scheduled::reschedule(&ann, view.id, after(&world, 6))
        .await
        .unwrap();
    pass(&world, 7).await;
    assert_eq!(posted(&ann).await.len(), 1);
    pass(&world, 20).await;
    assert_eq!(posted(&ann).await.len(), 1);
    let gone = scheduled::reschedule(&ann, view.id, after(&world, 10)).await;
    assert!(matches!(gone, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_is_cancelled_is_never_published() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let view = scheduled::schedule(&ann, draft("Never"), after(&world, 10))
        .await
        .unwrap();
    let others = scheduled::cancel(&bob, view.id).await;
    assert!(matches!(others, Err(Error::NotFound)));
    scheduled::cancel(&ann, view.id).await.unwrap();
    assert_eq!((waiting(&ann).await, rows(&world).await), (vec![], 0));
    let again = scheduled::cancel(&ann, view.id).await;
    assert!(matches!(again, Err(Error::NotFound)));
    pass(&world, 11).await;
    assert_eq!(posted(&ann).await.len(), 0);
}

/// Whoever decided died before the rest was done.
#[tokio::test]
async fn what_was_decided_stands() {
    let world = World::new();
    let ann = world.person("ann").await;
    let mut views = Vec::new();
    for text in ["cancelled", "published"] {
        let view = scheduled::schedule(&ann, draft(text), after(&world, 10)).await;
        views.push(view.unwrap());
    }
    decided(&world, views[0].id, None).await;
    let status = StatusId(world.social.clock.next_id());
    decided(&world, views[1].id, Some(status)).await;
    let late = scheduled::cancel(&ann, views[1].id).await;
    assert!(matches!(late, Err(Error::NotFound)));
    for _again in 0..2 {
        pass(&world, 11).await;
        let ids: Vec<StatusId> = posted(&ann).await.iter().map(|view| view.id).collect();
        assert_eq!((ids, rows(&world).await), (vec![status], 0));
    }
}

#[tokio::test]
async fn what_cannot_be_published_any_more_stays_with_its_author() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let (parent, reply) = reply_soon(&world, &ann, &bob).await;
    statuses::delete(&bob, parent).await.unwrap();
    let banned = world.person("banned").await;
    let rant = scheduled::schedule(&banned, draft("A rant"), after(&world, 10));
    let rant = rant.await.unwrap().id;
    accounts::suspend(&world.system(), id(&banned))
        .await
        .unwrap();
    pass(&world, 11).await;
    accounts::unsuspend(&world.system(), id(&banned))
        .await
        .unwrap();
    assert_eq!(
        (posted(&ann).await.len(), posted(&banned).await.len()),
        (0, 0)
    );
    assert_eq!(waiting(&ann).await, [reply]);
    scheduled::cancel(&ann, reply).await.unwrap();
    assert_eq!(waiting(&banned).await, [rant]);
    let at_ms = after(&world, 10);
    scheduled::reschedule(&banned, rant, at_ms).await.unwrap();
    pass(&world, 11).await;
    assert_eq!(posted(&banned).await.len(), 1);
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn what_an_earlier_try_may_have_published_stays_decided() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let (parent, reply) = reply_soon(&world, &ann, &bob).await;
    let status = StatusId(world.social.clock.next_id());
    decided(&world, reply, Some(status)).await;
    statuses::delete(&bob, parent).await.unwrap();
    pass(&world, 11).await;
    let cancelled = scheduled::cancel(&ann, reply).await;
    assert!(matches!(cancelled, Err(Error::NotFound)));
    assert_eq!(waiting(&ann).await, [reply]);
}

/// The job ended after it had written the status and before it had said so, and does it again.
#[tokio::test]
async fn what_was_published_is_not_published_again_because_its_author_was_suspended() {
    let world = World::new();
    let ann = world.person("ann").await;
    let at_ms = after(&world, 10);
    let view = scheduled::schedule(&ann, draft("Once"), at_ms).await;
    let scheduled = view.unwrap().id;
    let store = &world.social.store;
    let (before, _) = store
        .scan_table::<ScheduledStatuses>(None, 10)
        .await
        .unwrap();
    pass(&world, 11).await;
    assert_eq!(posted(&ann).await.len(), 1);
    let mut batch = store.batch();
    for (account, row) in before {
        batch.put::<ScheduledStatuses>(&account, &row.sort, &row.value);
    }
    let due = (id(&ann), scheduled, at_ms);
    let job = NewJob::of(Queue::Prompt, "status.publish", &due);
    enqueue(&mut batch, &world.social.clock, job);
    batch.commit().await.unwrap();
    accounts::suspend(&world.system(), id(&ann)).await.unwrap();
    run_jobs(&world).await;
    assert_eq!(rows(&world).await, 0);
    accounts::unsuspend(&world.system(), id(&ann))
        .await
        .unwrap();
    assert_eq!(posted(&ann).await.len(), 1);
}

#[tokio::test]
async fn files_wait_with_what_is_scheduled() {
    let world = World::new();
    let ann = world.person("ann").await;
    let with = |media| Draft {
        media: vec![media],
        ..draft("See")
    };
    let (shown, kept) = (file(&world, &ann).await, file(&world, &ann).await);
    let day_ms = 24 * 60 * MINUTE_MS;
    let at_ms = world.social.clock.now_ms() + 3 * day_ms;
    let view = scheduled::schedule(&ann, with(shown), at_ms).await.unwrap();
    assert_eq!(view.media[0].id, shown);
    assert_eq!(scheduled::get(&ann, view.id).await.unwrap(), view);
    let other = scheduled::schedule(&ann, with(kept), at_ms).await.unwrap();
    for media in [shown, kept] {
        let second = statuses::create(&ann, with(media)).await;
        assert!(matches!(second, Err(Error::Refused(_))), "it is taken");
    }
    // The sweep of what nobody attached leaves them alone.
    pass(&world, 2 * 24 * 60).await;
    scheduled::cancel(&ann, other.id).await.unwrap();
    let now = statuses::create(&ann, with(kept)).await.unwrap();
    assert_eq!(now.media[0].id, kept);
    pass(&world, 24 * 60 + 1).await;
    let published = &posted(&ann).await[0];
    assert_eq!(published.media[0].id, shown);
    pass(&world, 2 * 24 * 60).await;
    for media in [shown, kept] {
        let anyone = media::fetch(&world.anonymous(), media, "original.jpg", None).await;
        assert!(anyone.is_ok());
    }
}

/// Whoever cancels a second time lets go of nothing that was attached since.
#[tokio::test]
async fn a_file_that_a_status_shows_stays_with_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    let file = file(&world, &ann).await;
    let later = Draft {
        media: vec![file],
        ..draft("See")
    };
    let view = scheduled::schedule(&ann, later, after(&world, 10)).await;
    decided(&world, view.unwrap().id, None).await;
    let shown = post(&ann, "now").await.id;
    let mut batch = world.social.store.batch();
    let row = MediaRow::Attached(shown);
    batch.put::<MediaTable>(&file, &MediaSort::Attached, &row);
    batch.commit().await.unwrap();
    pass(&world, 11).await;
    assert_eq!(rows(&world).await, 0);
    let facts = MediaFacts::find(&world.social.store, file).await.unwrap();
    assert_eq!(facts.unwrap().place, Place::Status(shown));
}

#[tokio::test]
async fn what_is_no_status_or_too_near_or_too_much_is_refused() {
    let world = World::new();
    let ann = world.person("ann").await;
    let refusal =
        async |text: &str, at_ms: u64| match scheduled::schedule(&ann, draft(text), at_ms).await {
            Err(Error::Invalid(why)) => why,
            other => panic!("not refused: {other:?}"),
        };
    let near = world.social.clock.now_ms() + SCHEDULED_AHEAD_MS_MIN;
    assert!(
        refusal("Soon", near)
            .await
            .contains("must be in the future")
    );
    assert_eq!(refusal("", after(&world, 10)).await, "Text can't be blank");
    let day_ms = 24 * 60 * MINUTE_MS;
    let day = (after(&world, 10) / day_ms + 1) * day_ms;
    for minute in 0..SCHEDULED_A_DAY_MAX as u64 {
        let at_ms = day + minute * MINUTE_MS;
        scheduled::schedule(&ann, draft("One of many"), at_ms)
            .await
            .unwrap();
    }
    let full = refusal("One more", day + day_ms - 1).await;
    assert!(full.contains("limit of 25"), "{full}");
    scheduled::schedule(&ann, draft("The next day"), day + day_ms)
        .await
        .unwrap();
    assert_eq!(waiting(&ann).await.len(), SCHEDULED_A_DAY_MAX + 1);
}

#[tokio::test]
async fn lists_are_paged_by_id_and_a_key_stands_for_one() {
    let world = World::new();
    let ann = world.person("ann").await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let view = scheduled::schedule(&ann, draft("Later"), after(&world, 30 - number)).await;
        ids.insert(0, view.unwrap().id);
    }
    let page = async |request: PageRequest| -> Vec<Id> {
        let found = scheduled::list(&ann, request).await.unwrap();
        found.items.iter().map(|view| view.id).collect()
    };
    assert_eq!(page(PageRequest::first(2)).await, ids[..2]);
    let below = PageRequest {
        max_id: Some(ids[1]),
        ..PageRequest::first(2)
    };
    assert_eq!(page(below).await, ids[2..4]);
    let above = PageRequest {
        min_id: Some(ids[4]),
        ..PageRequest::first(2)
    };
    assert_eq!(page(above).await, ids[2..4]);
    let keyed = || Draft {
        idempotency_key: Some("key".to_owned()),
        ..draft("Once")
    };
    let at_ms = after(&world, 40);
    let refused = Draft {
        text: " ".to_owned(),
        ..keyed()
    };
    let refused = scheduled::schedule(&ann, refused, at_ms).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    let first = scheduled::schedule(&ann, keyed(), at_ms).await.unwrap();
    let again = scheduled::schedule(&ann, keyed(), at_ms).await.unwrap();
    assert_eq!(first, again);
    let other = scheduled::schedule(&ann, keyed(), at_ms + MINUTE_MS).await;
    assert!(matches!(other, Err(Error::Invalid(_))), "{other:?}");
}

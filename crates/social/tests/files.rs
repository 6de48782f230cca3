//! Files whose status is deleted, and the claims that keep two from having one.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, draft, file};
use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::{MediaId, StatusId};
use petrel_social::media::table::{MediaRow, MediaSort};
use petrel_social::media::{
    self, MediaClaim, MediaClaims, MediaFacts, MediaTable, Place, Removal, SweepUnattached,
};
use petrel_social::statuses::{self, CleanUp, Draft, Edit};
use petrel_social::views::StatusView;
use petrel_social::{Ctx, Error};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

async fn show(ctx: &Ctx, media: &[MediaId]) -> Result<StatusView, Error> {
    let draft = Draft {
        media: media.to_vec(),
        ..draft("look")
    };
    statuses::create(ctx, draft).await
}

/// What still exists, after all jobs but those of the depot, which there is none of.
async fn work(world: &World) {
    let social = &world.social;
    let handlers: Vec<Arc<dyn petrel_jobs::Handler>> = vec![
        Arc::new(CleanUp(social.clone())),
        Arc::new(SweepUnattached(social.clone())),
    ];
    let entropy = Arc::new(SeededEntropy::new(1));
    petrel_jobs::run_due(&social.store, entropy, handlers)
        .await
        .unwrap();
}

async fn pass(world: &World, ms: u64) {
    world.wall.advance_ms(ms);
    work(world).await;
}

async fn place(world: &World, media: MediaId) -> Option<Place> {
    let facts = MediaFacts::find(&world.social.store, media).await.unwrap();
    facts.map(|facts| facts.place)
}

async fn fetched(ctx: &Ctx, media: MediaId) -> bool {
    media::fetch(ctx, media, "original.jpg", None).await.is_ok()
}

async fn claim_of(world: &World, media: MediaId) -> Option<MediaClaim> {
    let row = world.social.store.get::<MediaClaims>(&media, &()).await;
    row.unwrap().map(|row| row.value)
}

/// As a try that died before it attached anything.
async fn claim(world: &World, media: MediaId, status: StatusId, nonce: u64) {
    let store = &world.social.store;
    let row = store.get::<MediaClaims>(&media, &()).await.unwrap();
    let write = store.write_if::<MediaClaims>(&media);
    let write = match row {
        Some(row) => write.revision(&(), row.revision),
        None => write.absent(&()),
    };
    let status = Some(status);
    let claim = MediaClaim { status, nonce };
    write.put(&(), &claim).commit().await.unwrap();
}

#[tokio::test]
async fn a_key_stands_for_its_status_when_its_files_are_attached() {
    let world = World::new();
    let ann = world.person("ann").await;
    let (taken, free) = (file(&world, &ann).await, file(&world, &ann).await);
    show(&ann, &[taken]).await.unwrap();
    let keyed = |media| Draft {
        idempotency_key: Some("key".to_owned()),
        media: vec![media],
        ..draft("look")
    };
    let refused = statuses::create(&ann, keyed(taken)).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    let first = statuses::create(&ann, keyed(free)).await.unwrap();
    let again = statuses::create(&ann, keyed(free)).await.unwrap();
    assert_eq!(first.id, again.id);
}

#[tokio::test]
async fn a_status_is_deleted_and_written_anew_with_its_files() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let (kept, dropped) = (file(&world, &ann).await, file(&world, &ann).await);
    let first = show(&ann, &[kept, dropped]).await.unwrap();
    let edit = Edit {
        media: Some(vec![kept]),
        media_attributes: vec![media::MediaAttributes {
            id: kept,
            description: Some("a tern".to_owned()),
            focus: None,
        }],
        ..Edit::default()
    };
    statuses::edit(&ann, first.id, edit).await.unwrap();
    let gone = statuses::delete(&ann, first.id).await.unwrap();
    work(&world).await;
    assert!(fetched(&ann, kept).await);
    for other in [&bob, &world.anonymous()] {
        assert!(!fetched(other, kept).await, "at once");
    }
    let url = gone.media[0].url.as_deref().unwrap();
    assert!(url.contains("?t="), "nobody else may fetch it: {url}");
    // What an earlier version showed is not written anew.
    assert_eq!(place(&world, dropped).await, None);
    assert_eq!(place(&world, kept).await, Some(Place::LetGo(first.id)));

    let others = show(&bob, &[kept]).await;
    assert!(matches!(others, Err(Error::Refused(_))));
    let second = show(&ann, &[kept]).await.unwrap();
    assert_eq!(second.media[0].description.as_deref(), Some("a tern"));
    assert!(fetched(&world.anonymous(), kept).await);
    let third = show(&ann, &[kept]).await;
    assert!(matches!(third, Err(Error::Refused(_))), "to one only");
    // Neither what the first one left to jobs nor the sweep takes it from the second.
    pass(&world, 3 * DAY_MS).await;
    assert_eq!(place(&world, kept).await, Some(Place::Status(second.id)));
}

#[tokio::test]
async fn what_is_not_written_anew_goes_after_a_day_and_what_is_to_go_at_once() {
    let world = World::new();
    let ann = world.person("ann").await;
    let (kept, gone) = (file(&world, &ann).await, file(&world, &ann).await);
    let status = show(&ann, &[kept]).await.unwrap().id;
    statuses::delete(&ann, status).await.unwrap();
    let status = show(&ann, &[gone]).await.unwrap().id;
    statuses::delete_with_media(&ann, status).await.unwrap();
    assert!(!fetched(&ann, gone).await);
    assert_eq!(place(&world, gone).await, None);
    pass(&world, DAY_MS - MINUTE_MS).await;
    assert!(fetched(&ann, kept).await);
    pass(&world, 2 * MINUTE_MS).await;
    assert_eq!(place(&world, kept).await, None);
    let late = show(&ann, &[kept]).await;
    assert!(matches!(late, Err(Error::Refused(_))));
}

#[tokio::test]
async fn each_sweep_looks_at_its_own_day_only() {
    let world = World::new();
    let ann = world.person("ann").await;
    let media = file(&world, &ann).await;
    let first = show(&ann, &[media]).await.unwrap().id;
    pass(&world, DAY_MS - MINUTE_MS).await;
    statuses::delete(&ann, first).await.unwrap();
    // A day after it was uploaded, and just now let go of.
    pass(&world, 2 * MINUTE_MS).await;
    // And when it would look once more at a claim.
    let hours_ms = 5 * 60 * MINUTE_MS;
    pass(&world, hours_ms).await;
    assert_eq!(place(&world, media).await, Some(Place::LetGo(first)));
    let second = show(&ann, &[media]).await.unwrap().id;
    pass(&world, DAY_MS - hours_ms - 5 * MINUTE_MS).await;
    statuses::delete(&ann, second).await.unwrap();
    // A day after the first let go of it.
    pass(&world, 10 * MINUTE_MS).await;
    assert_eq!(place(&world, media).await, Some(Place::LetGo(second)));
    pass(&world, DAY_MS).await;
    assert_eq!(place(&world, media).await, None);
}

#[tokio::test]
async fn a_file_let_go_of_is_not_cleaned_up_where_its_own_row_is_not_seen_yet() {
    let world = World::new();
    let ann = world.person("ann").await;
    let media = file(&world, &ann).await;
    let status = show(&ann, &[media]).await.unwrap().id;
    statuses::delete(&ann, status).await.unwrap();
    // As a node sees it that knows of the deletion and its job alone.
    let mut batch = world.social.store.batch();
    let row = MediaRow::Attached(status);
    batch.put::<MediaTable>(&media, &MediaSort::Attached, &row);
    batch.commit().await.unwrap();
    work(&world).await;
    assert_eq!(place(&world, media).await, Some(Place::Status(status)));
}

#[tokio::test]
async fn a_second_deletion_takes_nothing_from_what_was_written_anew_meanwhile() {
    let world = World::new();
    let ann = world.person("ann").await;
    let media = file(&world, &ann).await;
    let first = show(&ann, &[media]).await.unwrap().id;
    statuses::delete(&ann, first).await.unwrap();
    let second = show(&ann, &[media]).await.unwrap().id;
    let rows = world.social.store.partition::<MediaTable>(&media).await;
    let let_go = |row: &petrel_store::Row<MediaTable>| matches!(row.sort, MediaSort::LetGo(_));
    assert!(!rows.unwrap().iter().any(let_go), "nothing piles up");
    // As a node writes it that deletes the first at the same time, and does not know of the second.
    let mut batch = world.social.store.batch();
    let row = MediaRow::LetGo(first);
    batch.put::<MediaTable>(&media, &MediaSort::LetGo(first), &row);
    batch.commit().await.unwrap();
    assert_eq!(place(&world, media).await, Some(Place::Status(second)));
    assert!(fetched(&world.anonymous(), media).await);
    pass(&world, 3 * DAY_MS).await;
    assert_eq!(place(&world, media).await, Some(Place::Status(second)));
    // And what is deleted itself lets go as ever.
    statuses::delete(&ann, second).await.unwrap();
    assert_eq!(place(&world, media).await, Some(Place::LetGo(second)));
}

#[tokio::test]
async fn jobs_of_an_older_store_are_understood() {
    #[derive(Clone, PartialEq, Debug, minicbor::Encode, minicbor::Decode)]
    struct OldSweep(#[n(0)] MediaId, #[n(1)] bool);
    let world = World::new();
    let ann = world.person("ann").await;
    let media = file(&world, &ann).await;
    let status = show(&ann, &[media]).await.unwrap().id;
    statuses::delete(&ann, status).await.unwrap();
    let social = &world.social;
    let mut batch = social.store.batch();
    let old = OldSweep(media, true);
    let jobs = [
        NewJob::of(Queue::Background, "media.sweep", &old),
        NewJob::of(Queue::Background, "status.clean_up", &status),
    ];
    for job in jobs {
        enqueue(&mut batch, &social.clock, job);
    }
    batch.commit().await.unwrap();
    work(&world).await;
    let dead = petrel_jobs::dead_letters(&social.store, 10).await.unwrap();
    let understood = |kind: &str| !["media.sweep", "status.clean_up"].contains(&kind);
    assert!(
        dead.iter().all(|dead| understood(&dead.letter.kind)),
        "{dead:?}"
    );
    assert_eq!(place(&world, media).await, Some(Place::LetGo(status)));
}

#[tokio::test]
async fn a_sweep_takes_nothing_from_whoever_may_be_attaching_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    let media = file(&world, &ann).await;
    let status = StatusId(world.social.clock.next_id());
    claim(&world, media, status, 1).await;
    pass(&world, DAY_MS + MINUTE_MS).await;
    assert_eq!(place(&world, media).await, Some(Place::Nowhere));
    // The same status is tried again just before the second look.
    claim(&world, media, status, 2).await;
    pass(&world, DAY_MS).await;
    assert_eq!(place(&world, media).await, Some(Place::Nowhere));
    assert_eq!(claim_of(&world, media).await.unwrap().nonce, 2);
    // That came to nothing, too.
    pass(&world, DAY_MS).await;
    assert_eq!(place(&world, media).await, None);
    assert_eq!(claim_of(&world, media).await.unwrap().status, None);
}

#[tokio::test]
async fn the_claim_on_a_file_that_is_gone_stays_until_nothing_is_under_way() {
    let world = World::new();
    let ann = world.person("ann").await;
    let media = file(&world, &ann).await;
    media::delete(&ann, media).await.unwrap();
    let forget = async |last| {
        let removal = Removal { media, last };
        media::forget(&world.system(), &removal).await.unwrap();
    };
    forget(false).await;
    assert_eq!(claim_of(&world, media).await.unwrap().status, None);
    forget(true).await;
    assert_eq!(claim_of(&world, media).await, None);
}

use std::sync::Arc;

use petrel_model::clock::{Clock, ManualClock};
use petrel_store::sim::{self, BEGIN_MS};

use super::*;
use crate::enqueue::{BUCKET_MS, NewJob, enqueue};
use crate::tables::JobRow;

const FIRST: u64 = BEGIN_MS / BUCKET_MS;
/// Until a bucket is swept, in buckets; and until it is for the last time, by the engine's late
/// bound.
const QUIET: u64 = 2 + 1;
const KEPT_OPEN: u64 = 2 * 60 + QUIET;
const BEGIN: Cursor = Cursor {
    first: FIRST,
    done: FIRST,
};

fn lane() -> Lane {
    let mut lane = Lane::new(Queue::Prompt);
    lane.open(1, BEGIN);
    lane
}

async fn saved(store: &Store) -> Option<(u64, Option<u64>)> {
    let row = store.get::<QueueCursors>(&0, &()).await.unwrap();
    row.map(|row| (row.value.bucket, row.value.done))
}

async fn look(lane: &mut Lane, store: &Store, wall: &Arc<ManualClock>, head: u64) {
    wall.set_ms((head * BUCKET_MS).max(wall.now_ms()));
    let moment = Moment::of(store, head * BUCKET_MS);
    // A few last sweeps a look.
    for _ in 0..1_000 {
        while lane.look(store, &moment).await.unwrap() {}
    }
    lane.save(store, &moment).await;
}

fn job() -> NewJob {
    NewJob {
        queue: Queue::Prompt,
        kind: "post",
        payload: Vec::new(),
        due_ms: None,
    }
}

fn done(job: &Job) -> Finished {
    Finished {
        id: job.id,
        queue: job.queue,
        bucket: job.bucket,
        fate: Fate::Gone,
    }
}

/// A batch that landed late.
async fn put_late(store: &Store, bucket: u64) {
    let mut batch = store.batch();
    let row = JobRow {
        kind: "post".to_owned(),
        payload: Vec::new(),
        due_ms: BEGIN_MS,
        attempts: 0,
        last_error: None,
    };
    batch.put::<Jobs>(&(0, bucket), &Id::first_at(BEGIN_MS), &row);
    batch.commit().await.unwrap();
}

#[tokio::test]
async fn the_cursor_follows_what_is_swept_and_done_with() {
    let (store, wall) = sim::store(3);
    let mut lane = lane();
    let mut batch = store.batch();
    let id = enqueue(&mut batch, store.clock(), job());
    batch.commit().await.unwrap();

    look(&mut lane, &store, &wall, FIRST + 500).await;
    assert_eq!(saved(&store).await, None, "a job waits in the first bucket");
    let job = lane.next_due(BEGIN_MS + BUCKET_MS).unwrap();
    assert_eq!((job.id, job.bucket), (id, FIRST));
    lane.finished(done(&job));

    look(&mut lane, &store, &wall, FIRST + 500).await;
    let (first, done) = (FIRST + 501 - KEPT_OPEN, FIRST + 501 - QUIET);
    assert_eq!(saved(&store).await, Some((first, Some(done))));
    assert_eq!(lane.buckets.len() as u64, QUIET);
    look(&mut lane, &store, &wall, FIRST + 5_000).await;
    assert_eq!(
        saved(&store).await,
        Some((first + 4_500, Some(done + 4_500)))
    );
    assert_eq!(lane.buckets.len() as u64, QUIET);
}

#[tokio::test]
async fn a_late_row_is_found_by_the_last_sweep() {
    let (store, wall) = sim::store(3);
    let mut lane = lane();
    look(&mut lane, &store, &wall, FIRST + 60).await;
    assert!(lane.waiting.is_empty());
    put_late(&store, FIRST).await;
    look(&mut lane, &store, &wall, FIRST + 100).await;
    assert!(
        lane.waiting.is_empty(),
        "its bucket is not read again before its time"
    );
    look(&mut lane, &store, &wall, FIRST + KEPT_OPEN).await;
    assert_eq!(lane.waiting.len(), 1);
    let row = saved(&store).await.unwrap();
    assert_eq!(row.0, FIRST, "and it holds the cursor");
    assert!(row.1.unwrap() > FIRST + KEPT_OPEN - 2 * QUIET);
    let job = lane.next_due(BEGIN_MS + BUCKET_MS).unwrap();
    lane.finished(done(&job));
    look(&mut lane, &store, &wall, FIRST + KEPT_OPEN + 1).await;
    assert_eq!(saved(&store).await.unwrap().0, FIRST + 2);
}

#[tokio::test]
async fn a_take_over_reads_from_the_done_ones_on_and_sweeps_a_few_in_each_look() {
    let (store, wall) = sim::store(3);
    let mut lane = Lane::new(Queue::Prompt);
    let (first, done) = (FIRST, FIRST + 14_000);
    lane.open(2, Cursor { first, done });
    let head = done + 3;
    wall.set_ms(head * BUCKET_MS);
    put_late(&store, FIRST).await;
    put_late(&store, done + 1).await;
    let moment = Moment::of(&store, head * BUCKET_MS);
    assert!(!lane.look(&store, &moment).await.unwrap());
    assert_eq!(lane.unread, head + 1);
    assert_eq!(lane.swept, FIRST + LAST_SWEEPS_MAX as u64);
    assert_eq!(lane.waiting.len(), 1, "the same id stands for both");
    // The first bucket's job holds the cursor, but not the sweeps behind it.
    for _ in 0..10 {
        lane.look(&store, &moment).await.unwrap();
    }
    assert_eq!(lane.at.first, FIRST);
    assert_eq!(lane.swept, FIRST + 11 * LAST_SWEEPS_MAX as u64);
}

#[tokio::test]
async fn a_lane_that_was_left_knows_what_still_runs() {
    let (store, wall) = sim::store(3);
    let mut lane = lane();
    let mut batch = store.batch();
    for _ in 0..2 {
        enqueue(&mut batch, store.clock(), job());
    }
    batch.commit().await.unwrap();
    let moment = Moment::of(&store, wall.now_ms());
    lane.look(&store, &moment).await.unwrap();
    let running = lane.next_due(u64::MAX).unwrap();
    lane.close();
    assert!(lane.next_due(u64::MAX).is_none());
    assert_eq!(lane.running(), 1);

    // Taken again: what runs is not begun twice, and what it leaves behind is found again.
    lane.open(3, BEGIN);
    look(&mut lane, &store, &wall, FIRST + 10).await;
    assert_eq!(lane.waiting.len(), 1);
    assert_eq!(lane.at.done, FIRST, "a job that runs holds its bucket");
    let left = Finished {
        fate: Fate::Left,
        ..done(&running)
    };
    lane.finished(left);
    look(&mut lane, &store, &wall, FIRST + 11).await;
    assert_eq!(lane.waiting.len(), 2);
}

#[tokio::test]
async fn buckets_close_behind_the_watermark_only() {
    let (store, wall) = sim::store(3);
    let mut lane = lane();
    let head = FIRST + 500;
    wall.set_ms(head * BUCKET_MS);
    let mut moment = Moment::of(&store, head * BUCKET_MS);
    moment.known_ms = (FIRST + 1) * BUCKET_MS;
    while lane.look(&store, &moment).await.unwrap() {}
    assert_eq!(lane.at, BEGIN, "another node may have written there");
    // What that node wrote becomes visible here.
    put_late(&store, FIRST + 1).await;
    moment.known_ms = moment.head_ms;
    while lane.look(&store, &moment).await.unwrap() {}
    assert_eq!(lane.waiting.len(), 1);
    assert_eq!(lane.at.done, FIRST + 1);
}

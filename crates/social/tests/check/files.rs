//! Files that rows name and nobody finds.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use petrel_model::clock::ManualClock;
use petrel_social::check::{Files, Report, What, check_files};
use petrel_social::statuses::{self, Draft};
use petrel_store::sim::{BEGIN_MS, SimEngine};
use std::sync::Arc;

use crate::common::{World, draft, file};

const UPLOADS: usize = 40;
/// As many as may be looked for side by side.
const AT_ONCE_MAX: usize = 32;

/// Each look takes a turn of its own.
#[derive(Default)]
struct Place {
    lacks_all: bool,
    is_down: bool,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Files for Place {
    async fn has(&self, _: &str) -> Result<bool, String> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        match self.is_down {
            true => Err("the bucket is down".to_owned()),
            false => Ok(!self.lacks_all),
        }
    }
}

async fn world() -> World {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let world = World::over(SimEngine::calm(wall.clone(), 1), wall, 1_000);
    let ann = world.person("ann").await;
    for _ in 0..UPLOADS {
        let media = vec![file(&world, &ann).await];
        let draft = Draft {
            media,
            ..draft("look")
        };
        statuses::create(&ann, draft).await.unwrap();
    }
    world
}

#[tokio::test]
async fn missing_files_are_named_and_looked_for_side_by_side() {
    let world = world().await;
    let store = &world.social.store;
    let mut report = Report::default();
    let place = Place::default();
    check_files(store, &place, &mut report).await.unwrap();
    assert!(report.is_clean());
    assert_eq!(place.most.into_inner(), AT_ONCE_MAX);

    let place = Place {
        lacks_all: true,
        ..Place::default()
    };
    check_files(store, &place, &mut report).await.unwrap();
    assert_eq!(report.differences_count, UPLOADS as u64);
    let named = report.differences.iter();
    assert!(named.clone().all(|named| named.what == What::Missing));
    assert!(
        named
            .clone()
            .all(|named| named.id == format!("media/{}/original.jpg", named.owner))
    );
}

#[tokio::test]
async fn what_was_found_is_still_told_when_the_files_cannot_be_looked_for() {
    let world = world().await;
    let store = &world.social.store;
    let mut report = Report::default();
    let place = Place {
        lacks_all: true,
        ..Place::default()
    };
    check_files(store, &place, &mut report).await.unwrap();
    let before = report.clone();
    let place = Place {
        is_down: true,
        ..Place::default()
    };
    let failed = check_files(store, &place, &mut report).await;
    assert!(
        failed
            .unwrap_err()
            .to_string()
            .ends_with("the bucket is down")
    );
    assert_eq!(report, before);
}

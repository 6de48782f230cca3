//! The jobs on the domain's own rows, on the simulated engine, with a depot in a folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use petrel_jobs::{Handler, Reconciler, dead_letters, run_due};
use petrel_media::work::{ProcessMedia, RemoveMedia, SweepDepot, SweepScratch};
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::MediaId;
use petrel_social::accounts::{CreateOptions, UnclaimedAccount};
use petrel_social::counts::Counts;
use petrel_social::media::{self, MediaKind, MediaState, MediaView, Purpose, Upload};
use petrel_social::testing;
use petrel_social::{Ctx, Social};
use petrel_store::Store;
use petrel_store::sim::{BEGIN_MS, LATE_BOUND_S, SimEngine};
use support::{House, samples};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

struct World {
    house: House,
    social: Arc<Social>,
    wall: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    ada: Ctx,
}

impl World {
    async fn new() -> World {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::calm(wall.clone(), 1);
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
        let counts = Arc::new(Counts::default());
        let store = Store::new(engine, clock.clone(), 1, vec![counts.clone() as _]);
        let entropy = Arc::new(SeededEntropy::new(8));
        let social = testing::social(store, counts, 7, testing::settings());
        let ada = testing::person(&social, "ada", CreateOptions::default()).await;
        World {
            house: House::plain(),
            ada: ada.unwrap(),
            social,
            wall,
            entropy,
        }
    }

    async fn upload(&self, purpose: Purpose, bytes: &[u8]) -> MediaView {
        let id = MediaId(self.social.clock.next_id());
        let incoming = format!("incoming/{id}");
        let file = self.house.file(bytes);
        self.house.depot.put(&incoming, &file).await.unwrap();
        let upload = Upload {
            id,
            purpose,
            incoming,
            size_bytes: bytes.len() as u64,
            kind: MediaKind::Image,
            description: None,
            focus: None,
        };
        media::create(&self.ada, upload).await.unwrap()
    }

    async fn work(&self) {
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(ProcessMedia {
                social: self.social.clone(),
                depot: self.house.depot.clone(),
                processor: self.house.processor.clone(),
            }),
            Arc::new(RemoveMedia {
                social: self.social.clone(),
                depot: self.house.depot.clone(),
            }),
            Arc::new(media::SweepUnattached(self.social.clone())),
            Arc::new(UnclaimedAccount {
                social: self.social.clone(),
            }),
        ];
        let store = &self.social.store;
        run_due(store, self.entropy.clone(), handlers)
            .await
            .unwrap();
        let dead = dead_letters(store, 10).await.unwrap();
        assert!(dead.is_empty(), "{dead:?}");
    }

    /// The keys in the depot.
    fn keys(&self) -> Vec<String> {
        let folder = self.house.folder.path().join("media");
        let mut keys = Vec::new();
        let mut folders = vec![folder.clone()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let key = path.strip_prefix(&folder).unwrap();
                    keys.push(key.to_str().unwrap().to_owned());
                }
            }
        }
        keys.sort();
        keys
    }

    /// Puts a file of that age under the key.
    fn lay(&self, key: &str, age_ms: u64) -> PathBuf {
        let path = self.house.folder.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::File::create(&path).unwrap();
        let now_ms = self.social.clock.now_ms();
        let modified = UNIX_EPOCH + Duration::from_millis(now_ms - age_ms);
        file.set_modified(modified).unwrap();
        path
    }
}

#[tokio::test]
async fn an_upload_becomes_ready_and_its_rest_is_cleared_away() {
    let world = World::new().await;
    let drawn = samples::jpeg(&samples::corners(900, 600));
    let id = world.upload(Purpose::Attachment, &drawn).await.id;
    assert_eq!(world.keys(), [format!("incoming/{id}")]);
    world.work().await;
    let view = media::get(&world.ada, id).await.unwrap();
    assert_eq!(
        (view.state, view.kind),
        (MediaState::Ready, MediaKind::Image)
    );
    assert!(view.blurhash.is_some());
    let shape = view.original.unwrap();
    assert_eq!((shape.width, shape.height), (900, 600));
    let keys = [
        format!("media/{id}/original.jpg"),
        format!("media/{id}/small.jpg"),
    ];
    assert_eq!(world.keys(), keys);

    media::delete(&world.ada, id).await.unwrap();
    world.work().await;
    assert!(world.keys().is_empty());
    // The second removal, when nothing can be under way any more.
    world.wall.advance_ms(DAY_MS);
    world.work().await;
    assert!(world.keys().is_empty());
}

#[tokio::test]
async fn what_cannot_be_used_says_why() {
    let world = World::new().await;
    let bomb = world
        .upload(Purpose::Attachment, &samples::png_bomb())
        .await
        .id;
    let other = world.upload(Purpose::Avatar, b"%PDF-1.4").await.id;
    world.work().await;
    let state = media::get(&world.ada, bomb).await.unwrap().state;
    assert_eq!(
        state,
        MediaState::Failed("50000x50000 images are not supported".to_owned())
    );
    let wait = Duration::from_secs(5);
    let state = media::await_state(&world.ada, other, wait).await.unwrap();
    assert_eq!(
        state,
        MediaState::Failed("This kind of file is not supported".to_owned())
    );
    assert!(world.keys().is_empty(), "{:?}", world.keys());
}

#[tokio::test]
async fn nothing_stays_of_what_is_deleted_before_it_is_processed() {
    let world = World::new().await;
    let drawn = samples::png(samples::corners(90, 60));
    let id = world.upload(Purpose::Attachment, &drawn).await.id;
    // What an attempt left that died before it could say what it made.
    world.lay(&format!("media/media/{id}/original.png"), 0);
    world.lay(&format!("media/media/{id}0/original.png"), 0);
    media::delete(&world.ada, id).await.unwrap();
    world.work().await;
    assert_eq!(world.keys(), [format!("media/{id}0/original.png")]);
}

#[tokio::test]
async fn what_nobody_attaches_goes_after_a_day() {
    let world = World::new().await;
    let drawn = samples::png(samples::corners(90, 60));
    world.upload(Purpose::Attachment, &drawn).await;
    world.work().await;
    assert_eq!(world.keys().len(), 2);
    world.wall.advance_ms(DAY_MS - 60_000);
    world.work().await;
    assert_eq!(world.keys().len(), 2);
    world.wall.advance_ms(120_000);
    world.work().await;
    assert!(world.keys().is_empty());
}

#[tokio::test]
async fn the_sweep_finds_what_no_row_names() {
    let world = World::new().await;
    let drawn = samples::png(samples::corners(90, 60));
    let id = world.upload(Purpose::Attachment, &drawn).await.id;
    world.work().await;
    let orphan = MediaId(world.social.clock.next_id());
    let late_ms = LATE_BOUND_S * 1_000;
    world.wall.advance_ms(2 * DAY_MS + late_ms);
    let young = MediaId(world.social.clock.next_id());
    world.lay("media/incoming/1", 2 * DAY_MS);
    world.lay("media/incoming/2", DAY_MS / 2);
    world.lay(
        &format!("media/media/{orphan}/original.png"),
        DAY_MS + late_ms + 1,
    );
    world.lay(&format!("media/media/{young}/original.png"), 0);
    world.lay(
        &format!("media/media/{id}/original.png"),
        DAY_MS + late_ms + 1,
    );
    world.lay("media/media/nonsense/original.png", 9 * DAY_MS);
    let sweep = SweepDepot {
        social: world.social.clone(),
        depot: world.house.depot.clone(),
    };
    let status = sweep.run().await;
    assert_eq!((status.changed, status.failed), (2, None));
    let keys = [
        "incoming/2".to_owned(),
        format!("media/{id}/original.png"),
        format!("media/{id}/small.jpg"),
        format!("media/{young}/original.png"),
        "media/nonsense/original.png".to_owned(),
    ];
    assert_eq!(world.keys(), keys);
    assert_eq!(sweep.run().await.changed, 0);
}

#[tokio::test]
async fn the_scratch_folder_is_swept_of_what_a_crash_left() {
    let world = World::new().await;
    let (old, young) = (
        world.lay("scratch/old", 2 * DAY_MS),
        world.lay("scratch/young", 0),
    );
    let sweep = SweepScratch {
        social: world.social.clone(),
        depot: world.house.depot.clone(),
    };
    let unfinished = world.lay("media/media/7/original.mp4#1", 2 * DAY_MS);
    let under_way = world.lay("media/media/8/original.mp4#1", 0);
    let whole = world.lay("media/media/7/original.mp4", 2 * DAY_MS);
    assert_eq!(sweep.run().await.changed, 2);
    assert!(!old.exists() && young.exists());
    assert!(!unfinished.exists() && under_way.exists() && whole.exists());
}

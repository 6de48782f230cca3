//! The jobs on the domain's own rows, on the simulated engine, with a depot in a folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use petrel_jobs::{Handler, NewJob, Queue, Reconciler, dead_letters, enqueue, run_due};
use petrel_media::Ffmpeg;
use petrel_media::limits::{PICTURES_AT_ONCE, PICTURES_WAITING_MAX};
use petrel_media::work::{MakePreview, ProcessMedia, RemoveMedia, SweepDepot, SweepScratch};
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::{MediaId, StatusId};
use petrel_social::accounts::{CreateOptions, UnclaimedAccount};
use petrel_social::counts::Counts;
use petrel_social::media::table::{MediaRow, MediaSort};
use petrel_social::media::{
    self, Awaited, GivenPreview, MediaKind, MediaState, MediaTable, MediaUpdate, MediaView,
    PreviewMade, Purpose, Upload,
};
use petrel_social::testing;
use petrel_social::{Ctx, Social};
use petrel_store::Store;
use petrel_store::sim::{BEGIN_MS, LATE_BOUND_S, SimEngine};
use support::{House, samples};

const DAY_MS: u64 = 24 * 3_600 * 1_000;
/// Longer than anything takes on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    house: House,
    social: Arc<Social>,
    wall: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    ada: Ctx,
}

impl World {
    async fn new() -> World {
        World::with(House::plain()).await
    }

    async fn with(house: House) -> World {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::calm(wall.clone(), 1);
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
        let counts = Arc::new(Counts::default());
        let store = Store::new(engine, clock.clone(), 1, vec![counts.clone() as _]);
        let entropy = Arc::new(SeededEntropy::new(8));
        let social = testing::social(store, counts, 7, testing::settings());
        let ada = testing::person(&social, "ada", CreateOptions::default()).await;
        World {
            house,
            ada: ada.unwrap(),
            social,
            wall,
            entropy,
        }
    }

    async fn upload(&self, purpose: Purpose, bytes: &[u8]) -> MediaView {
        self.upload_as(MediaKind::Image, purpose, bytes).await
    }

    async fn upload_as(&self, kind: MediaKind, purpose: Purpose, bytes: &[u8]) -> MediaView {
        let (id, incoming) = self.lay_upload(bytes).await;
        let upload = Upload {
            id,
            purpose,
            incoming,
            size_bytes: bytes.len() as u64,
            kind,
            description: None,
            focus: None,
        };
        media::create(&self.ada, upload).await.unwrap()
    }

    async fn lay_upload(&self, bytes: &[u8]) -> (MediaId, String) {
        let id = MediaId(self.social.clock.next_id());
        let incoming = format!("incoming/{id}");
        let file = self.house.file(bytes);
        self.house.depot.put(&incoming, &file).await.unwrap();
        (id, incoming)
    }

    /// Gives a picture as the preview of another, and waits until it is made.
    async fn give_preview(&self, id: MediaId, bytes: &[u8]) -> (MediaId, MediaState) {
        let preview = self.lay_upload(bytes).await;
        let upload = preview.0;
        let update = MediaUpdate {
            preview: Some(preview),
            ..MediaUpdate::default()
        };
        media::update(&self.ada, id, update).await.unwrap();
        self.work().await;
        let wait = Duration::from_secs(5);
        (
            upload,
            media::await_preview(&self.ada, id, wait).await.unwrap(),
        )
    }

    async fn state(&self, id: MediaId) -> MediaState {
        media::get(&self.ada, id).await.unwrap().state
    }

    async fn work(&self) {
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(ProcessMedia {
                social: self.social.clone(),
                depot: self.house.depot.clone(),
                processor: self.house.processor.clone(),
            }),
            Arc::new(MakePreview {
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

    // A job of an older store names the file and nothing else.
    let (id, _) = world.lay_upload(&drawn).await;
    world.lay(&format!("media/media/{id}/small.jpg"), 0);
    let mut batch = world.social.store.batch();
    let job = NewJob::of(Queue::Prompt, media::REMOVE, &id);
    enqueue(&mut batch, &world.social.clock, job);
    batch.commit().await.unwrap();
    world.work().await;
    assert_eq!(world.keys(), [format!("incoming/{id}")]);
}

#[tokio::test]
async fn nobody_waits_for_a_preview_of_what_was_attached_meanwhile() {
    let world = World::new().await;
    let drawn = samples::jpeg(&samples::corners(900, 600));
    let id = world.upload(Purpose::Attachment, &drawn).await.id;
    world.work().await;
    let update = MediaUpdate {
        preview: Some(world.lay_upload(&drawn).await),
        ..MediaUpdate::default()
    };
    media::update(&world.ada, id, update).await.unwrap();
    assert_eq!(world.state(id).await, MediaState::Processing);
    let status = StatusId(world.social.clock.next_id());
    let place = async |sort, row| {
        let mut batch = world.social.store.batch();
        batch.put::<MediaTable>(&id, &sort, &row);
        batch.commit().await.unwrap();
    };
    place(MediaSort::Attached, MediaRow::Attached(status)).await;
    world.work().await;
    // Its author may write the status anew.
    place(MediaSort::LetGo(status), MediaRow::LetGo(status)).await;
    assert_eq!(world.state(id).await, MediaState::Ready);
}

#[tokio::test]
async fn an_owner_gives_a_preview_of_their_own() {
    let world = World::new().await;
    let drawn = samples::jpeg(&samples::corners(900, 600));
    let id = world.upload(Purpose::Attachment, &drawn).await.id;
    world.work().await;
    let first = samples::png(samples::corners(90, 60));
    let (upload, state) = world.give_preview(id, &first).await;
    assert_eq!(state, MediaState::Ready);
    let shown = |upload| format!("media/{id}/preview-{upload}.png");
    let rest = [
        format!("media/{id}/original.jpg"),
        format!("media/{id}/small.jpg"),
    ];
    let keys = [&rest[..1], &[shown(upload)], &rest[1..]].concat();
    assert_eq!(world.keys(), keys);
    let view = media::get(&world.ada, id).await.unwrap();
    let file = format!("preview-{upload}.png");
    let shape = view.preview.unwrap();
    assert_eq!((shape.file.as_str(), shape.width), (file.as_str(), 90));
    assert!(media::fetch(&world.ada, id, &file, None).await.is_ok());

    // The job may run twice: what the one run kept the other does not take for nobody's. And it
    // may be seen before the row that it was written with.
    let mut given = GivenPreview {
        media: id,
        upload,
        incoming: String::new(),
    };
    let system = Ctx::system(world.social.clone());
    let late = PreviewMade::Failed("late".to_owned());
    let kept = media::finish_preview(&system, &given, late, None).await;
    assert!(kept.unwrap().is_wanted);
    let awaited = media::awaits_preview(&system, &given).await;
    assert_eq!(awaited.unwrap(), Awaited::Nothing);
    given.upload = MediaId(world.social.clock.next_id());
    let awaited = media::awaits_preview(&system, &given).await;
    assert_eq!(awaited.unwrap(), Awaited::NotYet);

    // The next one takes its place.
    let second = samples::png(samples::corners(60, 60));
    let (upload, _) = world.give_preview(id, &second).await;
    let keys = [&rest[..1], &[shown(upload)], &rest[1..]].concat();
    assert_eq!(world.keys(), keys);
    // One that is none leaves the file as it was made.
    let (_, state) = world.give_preview(id, &samples::png_bomb()).await;
    assert!(matches!(state, MediaState::Failed(_)));
    let view = media::get(&world.ada, id).await.unwrap();
    assert_eq!(view.state, MediaState::Ready);
    assert_eq!(view.preview.unwrap().file, "small.jpg");
    media::delete(&world.ada, id).await.unwrap();
    world.work().await;
    assert!(world.keys().is_empty());
}

#[tokio::test]
async fn pictures_that_find_no_place_come_again() {
    let world = World::new().await;
    let places: Vec<_> = (0..PICTURES_AT_ONCE + PICTURES_WAITING_MAX)
        .map(|_| world.house.processor.place().unwrap())
        .collect();
    let drawn = samples::png(samples::corners(90, 60));
    let id = world.upload(Purpose::Attachment, &drawn).await.id;
    world.work().await;
    assert_eq!(world.state(id).await, MediaState::Processing);
    drop(places);
    world.wall.advance_ms(1_000);
    world.work().await;
    assert_eq!(world.state(id).await, MediaState::Ready);
}

/// Stands for ffmpeg, and is not done before it is told to be.
fn endless(folder: &std::path::Path) -> Ffmpeg {
    use std::os::unix::fs::PermissionsExt;
    for name in ["ffmpeg", "ffprobe"] {
        let script = "#!/bin/sh\nwhile [ ! -e \"$0.go\" ]; do sleep 0.02; done; exit 1\n";
        let path = folder.join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    Ffmpeg::find(Some(&folder.join("ffmpeg"))).unwrap()
}

#[tokio::test]
async fn a_film_that_waits_is_not_fetched_and_keeps_no_picture_waiting() {
    const FILM: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isommp41";
    let tools = tempfile::tempdir().unwrap();
    let world = World::with(House::with(Some(endless(tools.path())))).await;
    let (processor, first) = (world.house.processor.clone(), tools.path().join("film"));
    std::fs::write(&first, FILM).unwrap();
    let in_work = tokio::spawn(async move { processor.attachment(&first).await.is_err() });
    let taken_up = tokio::time::timeout(PATIENCE, async {
        while !world.house.processor.is_busy_with_films() {
            tokio::task::yield_now().await;
        }
    });
    taken_up.await.expect("the first film is taken up");
    let film = world.upload_as(MediaKind::Video, Purpose::Attachment, FILM);
    let film = film.await.id;
    // Were it fetched, it would be found to be lost.
    let incoming = format!("incoming/{film}");
    world.house.depot.delete(&incoming).await.unwrap();
    let drawn = samples::png(samples::corners(90, 60));
    let picture = world.upload(Purpose::Attachment, &drawn).await.id;
    for _ in 0..3 {
        world.work().await;
        assert_eq!(world.state(film).await, MediaState::Processing);
        world.wall.advance_ms(10_000);
    }
    assert_eq!(world.state(picture).await, MediaState::Ready);
    for name in ["ffmpeg.go", "ffprobe.go"] {
        std::fs::write(tools.path().join(name), b"").unwrap();
    }
    assert!(in_work.await.unwrap());
    world.work().await;
    assert!(matches!(world.state(film).await, MediaState::Failed(_)));
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

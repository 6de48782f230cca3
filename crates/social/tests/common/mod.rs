//! A small world on the simulated engine, driven through the domain's own commands.
#![allow(dead_code)]

use std::sync::Arc;

use bytes::Bytes;
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::id::{AccountId, MediaId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::accounts::CreateOptions;
use petrel_social::counts::Counts;
use petrel_social::lists::{ChapterKeeper, Growth};
use petrel_social::media::{self, MediaKind, Processed, Purpose, Upload, Variant};
use petrel_social::settings::Settings;
use petrel_social::statuses::Draft;
use petrel_social::testing;
use petrel_social::views::StatusView;
use petrel_social::{Caller, Ctx, Social, statuses};
use petrel_store::sim::{BEGIN_MS, SimEngine};
use petrel_store::{
    Engine, Listener, Membership, NodeRow, NodeState, Outlet, Standing, Store, StoreOptions,
};

pub struct World {
    pub social: Arc<Social>,
    pub wall: Arc<ManualClock>,
    pub growth: Arc<Growth>,
}

struct Nowhere;

impl Outlet for Nowhere {
    fn hint(&self, _: Bytes) {}
}

impl World {
    pub fn new() -> World {
        World::with_chapters_of(Settings::CHAPTER_ROWS)
    }

    pub fn with_chapters_of(chapter_rows: usize) -> World {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        World::over(SimEngine::calm(wall.clone(), 1), wall, chapter_rows)
    }

    pub fn over(engine: Arc<dyn Engine>, wall: Arc<ManualClock>, chapter_rows: usize) -> World {
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
        let store = |listeners| Store::new(engine, clock, 1, listeners);
        World::of(store, wall, chapter_rows)
    }

    /// The same on the only one of several nodes that is there.
    pub async fn member(
        engine: Arc<dyn Engine>,
        wall: Arc<ManualClock>,
        chapter_rows: usize,
    ) -> World {
        let clock = HybridClock::new(wall.clone(), Node::Member(1), Stamp::MIN);
        let standing = Arc::new(Standing::new(wall.clone()));
        standing.extend_to(u64::MAX);
        let membership = Membership {
            standing,
            outlet: Arc::new(Nowhere),
        };
        let options = StoreOptions {
            membership: Some(membership),
            ..StoreOptions::default()
        };
        let clock = Arc::new(clock);
        let store = |listeners| Store::with_options(engine, clock, 1, listeners, options);
        let world = World::of(store, wall, chapter_rows);
        let peers = world.social.store.peers().expect("it is one of several");
        let row = || NodeRow::new("127.0.0.1", "test", NodeState::Serving);
        peers.join(row()).await.expect("it joins");
        for _ in 0..5 {
            world.tick();
            peers.announce(row()).await.expect("it is there");
            peers.round().await.expect("it keeps house");
        }
        world
    }

    fn of(
        store: impl FnOnce(Vec<Arc<dyn Listener>>) -> Store,
        wall: Arc<ManualClock>,
        chapter_rows: usize,
    ) -> World {
        let counts = Arc::new(Counts::default());
        let growth = Arc::new(Growth::default());
        let store = store(vec![counts.clone(), growth.clone()]);
        let social = testing::social(store, counts, 7, settings(chapter_rows));
        World {
            social,
            wall,
            growth,
        }
    }

    /// What begins chapters, without a wait between them.
    pub fn keeper(&self) -> ChapterKeeper {
        ChapterKeeper::new(self.social.clone(), self.growth.clone()).with_gap_ms(0)
    }

    pub fn anonymous(&self) -> Ctx {
        Ctx {
            social: self.social.clone(),
            caller: Caller::Anonymous,
            request_id: "test".into(),
        }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system(self.social.clone())
    }

    pub fn acting(&self, account: AccountId) -> Ctx {
        Ctx::acting_for(self.social.clone(), account)
    }

    /// An account that may act at once.
    pub async fn person(&self, name: &str) -> Ctx {
        self.person_with(name, CreateOptions::default()).await
    }

    pub async fn locked_person(&self, name: &str) -> Ctx {
        let options = CreateOptions {
            locked: true,
            ..CreateOptions::default()
        };
        self.person_with(name, options).await
    }

    async fn person_with(&self, name: &str, options: CreateOptions) -> Ctx {
        let person = testing::person(&self.social, name, options).await;
        person.expect("the account is made")
    }

    /// Time passes.
    pub fn tick(&self) {
        self.wall.advance_ms(1_000);
    }
}

pub fn settings(chapter_rows: usize) -> Settings {
    Settings {
        chapter_rows,
        ..testing::settings()
    }
}

pub fn id(ctx: &Ctx) -> AccountId {
    ctx.viewer().expect("a person")
}

pub fn draft(text: &str) -> Draft {
    Draft {
        text: text.to_owned(),
        ..Draft::default()
    }
}

pub async fn post(ctx: &Ctx, text: &str) -> StatusView {
    statuses::create(ctx, draft(text))
        .await
        .expect("it is posted")
}

pub async fn post_for(ctx: &Ctx, text: &str, visibility: Visibility) -> StatusView {
    let draft = Draft {
        visibility: Some(visibility),
        ..draft(text)
    };
    statuses::create(ctx, draft).await.expect("it is posted")
}

pub async fn reply(ctx: &Ctx, to: StatusId, text: &str) -> StatusView {
    let draft = Draft {
        in_reply_to: Some(to),
        ..draft(text)
    };
    statuses::create(ctx, draft).await.expect("it is posted")
}

/// A picture of theirs that is processed and attached to nothing.
pub async fn file(world: &World, ctx: &Ctx) -> MediaId {
    let id = MediaId(world.social.clock.next_id());
    let upload = Upload {
        id,
        purpose: Purpose::Attachment,
        incoming: format!("incoming/{id}"),
        size_bytes: 5,
        kind: MediaKind::Image,
        description: Some("a gull".to_owned()),
        focus: None,
    };
    media::create(ctx, upload).await.expect("it is taken in");
    let done = Processed {
        kind: MediaKind::Image,
        original: Variant {
            key: format!("media/{id}/original.jpg"),
            content_type: "image/jpeg".to_owned(),
            size_bytes: 5,
            width: 4,
            height: 3,
        },
        preview: None,
        blurhash: None,
        duration_ms: None,
        frame_rate: None,
        bitrate: None,
    };
    let kept = media::finish(&world.system(), id, done).await;
    assert!(kept.expect("it is noted"));
    id
}

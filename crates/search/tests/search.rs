//! Who and what is found, on the simulated engine and through the domain's commands.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::id::AccountId;
use petrel_model::visibility::Visibility;
use petrel_search::Search;
use petrel_social::accounts::{CreateOptions, ProfileUpdate};
use petrel_social::counts::Counts;
use petrel_social::relations::FollowOptions;
use petrel_social::statuses::Draft;
use petrel_social::testing;
use petrel_social::{Ctx, Social, accounts, relations, statuses};
use petrel_store::Store;
use petrel_store::sim::{BEGIN_MS, SimEngine};

struct World {
    social: Arc<Social>,
    search: Arc<Search>,
}

impl World {
    fn new() -> World {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::calm(wall.clone(), 1);
        let clock = Arc::new(HybridClock::new(wall, Node::Single, Stamp::MIN));
        let (counts, search) = (Arc::new(Counts::default()), Arc::new(Search::default()));
        let listeners = vec![counts.clone() as _, search.clone() as _];
        let store = Store::new(engine, clock.clone(), 1, listeners);
        let social = testing::social(store, counts, 7, testing::settings());
        World { social, search }
    }

    async fn person(&self, name: &str) -> Ctx {
        let person = testing::person(&self.social, name, CreateOptions::default()).await;
        person.unwrap()
    }

    async fn find(&self, ctx: &Ctx, text: &str) -> Vec<String> {
        let found = self.search.accounts(ctx, text, 10, 0, false).await.unwrap();
        found.iter().map(|view| view.username.clone()).collect()
    }

    async fn tags(&self, ctx: &Ctx, text: &str) -> Vec<String> {
        self.search.hashtags(ctx, text, 10, 0).await.unwrap()
    }
}

fn id(ctx: &Ctx) -> AccountId {
    ctx.viewer().unwrap()
}

async fn follow(ctx: &Ctx, other: &Ctx) {
    relations::follow(ctx, id(other), FollowOptions::default())
        .await
        .unwrap();
}

async fn rename(ctx: &Ctx, display_name: &str) {
    let update = ProfileUpdate {
        display_name: Some(display_name.to_owned()),
        ..ProfileUpdate::default()
    };
    accounts::update(ctx, update).await.unwrap();
}

async fn post(ctx: &Ctx, text: &str, visibility: Visibility) -> String {
    let draft = Draft {
        text: text.to_owned(),
        visibility: Some(visibility),
        ..Draft::default()
    };
    statuses::create(ctx, draft).await.unwrap().url
}

#[tokio::test]
async fn those_followed_come_first_then_those_whom_many_follow() {
    let world = World::new();
    let ann = world.person("ann").await;
    let sams = [
        world.person("sam_a").await,
        world.person("sam_b").await,
        world.person("sam_c").await,
        world.person("sam").await,
    ];
    rename(&ann, "Ann, no Sam").await;
    follow(&ann, &sams[2]).await;
    for fan in [&sams[0], &sams[3]] {
        follow(fan, &sams[1]).await;
    }
    assert_eq!(
        world.find(&ann, "SAM").await,
        ["sam", "sam_c", "sam_b", "ann", "sam_a"]
    );
    assert_eq!(world.find(&ann, "@sam_").await, ["sam_c", "sam_b", "sam_a"]);
    let followed = world
        .search
        .accounts(&ann, "sam", 10, 0, true)
        .await
        .unwrap();
    assert_eq!(
        followed.iter().map(|view| view.id).collect::<Vec<_>>(),
        [id(&sams[2])]
    );
    let second = world
        .search
        .accounts(&ann, "sam", 1, 1, false)
        .await
        .unwrap();
    assert_eq!(second[0].username, "sam_c");
    rename(&ann, "Ann").await;
    assert_eq!(world.find(&ann, "no").await, [""; 0]);
    // Once more, from the store.
    let again = Search::default();
    again.rebuild(&world.social.store).await.unwrap();
    let found = again.accounts(&ann, "sam", 10, 0, false).await.unwrap();
    let found: Vec<_> = found.iter().map(|view| &view.username).collect();
    assert_eq!(found, ["sam", "sam_c", "sam_b", "sam_a"]);
}

#[tokio::test]
async fn handles_and_addresses_find_just_one() {
    let world = World::new();
    let (ann, _) = (world.person("ann").await, world.person("annika").await);
    for text in [
        "ann@petrel.example",
        "@Ann@Petrel.example",
        "https://petrel.example/@ann",
        "https://petrel.example/users/ann",
    ] {
        assert_eq!(world.find(&ann, text).await, ["ann"], "{text}");
    }
    assert_eq!(world.find(&ann, "@ann").await, ["ann", "annika"]);
    for text in [
        "#ann",
        "ann@other.example",
        "https://other.example/@ann",
        "",
        " ",
        "nobody",
    ] {
        assert_eq!(world.find(&ann, text).await, [""; 0], "{text}");
    }
    accounts::suspend(&Ctx::system(world.social.clone()), id(&ann))
        .await
        .unwrap();
    let annika = world.person("other").await;
    for text in ["ann", "@ann@petrel.example"] {
        assert!(
            !world.find(&annika, text).await.contains(&"ann".to_owned()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn hashtags_are_found_in_the_order_of_their_first_use() {
    let world = World::new();
    let ann = world.person("ann").await;
    for text in ["#Hashtag_x", "#hashtag_y", "#hashtag_x #hashtag_z"] {
        post(&ann, text, Visibility::Public).await;
    }
    post(&ann, "#hashtag_secret", Visibility::Private).await;
    let expected = ["Hashtag_x", "hashtag_y", "hashtag_z"];
    assert_eq!(world.tags(&ann, "#hashtag").await, expected);
    assert_eq!(world.tags(&ann, "HASHTAG_").await, expected);
    assert_eq!(world.tags(&ann, "#hashtag_z").await, ["hashtag_z"]);
    assert_eq!(world.tags(&ann, "@hashtag").await, [""; 0]);
    assert_eq!(
        world.search.hashtag(&ann, "hashtag_X").await.unwrap(),
        "Hashtag_x"
    );
    assert_eq!(
        world.search.hashtag(&ann, "unknown").await.unwrap(),
        "unknown"
    );
    let again = Search::default();
    again.rebuild(&world.social.store).await.unwrap();
    assert_eq!(
        again.hashtags(&ann, "#hashtag", 2, 1).await.unwrap(),
        expected[1..]
    );
}

#[tokio::test]
async fn statuses_are_found_by_their_address() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let open = post(&ann, "hello", Visibility::Public).await;
    let closed = post(&ann, "hello", Visibility::Private).await;
    assert_eq!(
        world
            .search
            .statuses(&bob, &format!(" {open} "))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        world
            .search
            .statuses(&bob, &closed)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        world
            .search
            .statuses(&bob, "hello")
            .await
            .unwrap()
            .is_empty()
    );
}

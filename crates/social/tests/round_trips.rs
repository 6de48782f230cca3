//! How often an operation asks the engine, on a node of a warm cluster: what it costs there, so
//! that it cannot creep up.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "cluster/house.rs"]
mod house;

use common::draft;
use house::Cluster;
use petrel_model::id::{AccountId, StatusId};
use petrel_social::notifications::{self, NotificationFilter};
use petrel_social::page::PageRequest;
use petrel_social::round_trips::Trips;
use petrel_social::statuses::{self, AccountFilter, Draft};
use petrel_social::{Ctx, Error, marks, relations};

/// What a request may cost at most.
struct Aim {
    reads: usize,
    conditional_writes: usize,
    batches: usize,
}

struct Warm {
    cluster: Cluster,
    ann: AccountId,
    bob: AccountId,
}

impl Warm {
    async fn new() -> Warm {
        let cluster = Cluster::of(1, &[0, 0]).await;
        let ann = cluster.person(0, "ann").await;
        let bob = cluster.person(0, "bob").await;
        Warm { cluster, ann, bob }
    }

    /// So much later that all nodes know of all, and that nobody waits for it.
    async fn later(&self) {
        for _ in 0..12 {
            self.cluster.step().await;
        }
        self.cluster.nodes[0].engine.take();
    }

    /// One request of the account, counted with what it does first of all.
    async fn count<T>(
        &self,
        account: AccountId,
        request: impl AsyncFnOnce(&Ctx) -> Result<T, Error>,
    ) -> Trips {
        self.cluster.nodes[0].engine.take();
        let ctx = self.cluster.ask(0, account).await;
        assert!(request(&ctx).await.is_ok());
        self.cluster.nodes[0].engine.take()
    }

    async fn post(&self, author: AccountId, text: &str) -> StatusId {
        let ctx = self.cluster.ask(0, author).await;
        statuses::create(&ctx, draft(text)).await.unwrap().id
    }
}

fn within(what: &str, trips: &Trips, aim: &Aim) {
    println!("{what}: {trips}");
    assert!(
        trips.reads.len() <= aim.reads
            && trips.serial_reads == 0
            && trips.conditional_writes <= aim.conditional_writes
            && trips.batches <= aim.batches,
        "{what} costs more than its aim: {trips}"
    );
}

fn with_key(text: &str, key: &str) -> Draft {
    Draft {
        idempotency_key: Some(key.to_owned()),
        ..draft(text)
    }
}

#[tokio::test]
async fn a_status_with_three_mentions_and_a_key() {
    let warm = Warm::new().await;
    for name in ["c", "d", "e"] {
        warm.cluster.person(1, name).await;
    }
    let text = "@c @d @e look, a #gull";
    let create = async |key: &'static str| {
        let draft = with_key(text, key);
        warm.count(warm.ann, async |ctx: &Ctx| {
            statuses::create(ctx, draft).await
        })
        .await
    };
    let cold = create("cold").await;
    println!("cold create: {cold}");
    assert!(
        cold.serial_reads <= 1,
        "names are asked for one by one: {cold}"
    );
    for key in ["once", "twice"] {
        warm.later().await;
        create(key).await;
    }
    warm.later().await;
    let aim = Aim {
        reads: 4,
        conditional_writes: 1,
        batches: 1,
    };
    within("create", &create("warm").await, &aim);
    let aim = Aim { reads: 5, ..aim };
    within("create just after another", &create("again").await, &aim);
}

#[tokio::test]
async fn a_favourite() {
    let warm = Warm::new().await;
    let statuses = [
        warm.post(warm.bob, "one").await,
        warm.post(warm.bob, "two").await,
    ];
    warm.later().await;
    let favourite = async |id: StatusId| {
        warm.count(warm.ann, async |ctx: &Ctx| marks::favourite(ctx, id).await)
            .await
    };
    println!("cold favourite: {}", favourite(statuses[0]).await);
    let ctx = warm.cluster.ask(0, warm.ann).await;
    statuses::get(&ctx, statuses[1]).await.unwrap();
    warm.later().await;
    let aim = Aim {
        reads: 4,
        conditional_writes: 0,
        batches: 1,
    };
    within("favourite", &favourite(statuses[1]).await, &aim);
}

#[tokio::test]
async fn a_profile_with_twenty_statuses() {
    let warm = Warm::new().await;
    for number in 0..20 {
        warm.post(warm.bob, &format!("number {number}")).await;
    }
    warm.later().await;
    let profile = async || {
        let read = async |ctx: &Ctx| {
            let page = PageRequest::first(20);
            let page = statuses::of_account(ctx, warm.bob, AccountFilter::default(), page).await?;
            assert_eq!(page.items.len(), 20);
            Ok(page)
        };
        warm.count(warm.ann, read).await
    };
    println!("cold profile: {}", profile().await);
    let aim = Aim {
        reads: 6,
        conditional_writes: 0,
        batches: 0,
    };
    within("profile", &profile().await, &aim);
    // On a node where nobody has asked for it yet.
    let ctx = warm.cluster.ask(1, warm.ann).await;
    warm.cluster.nodes[1].engine.take();
    let page = PageRequest::first(20);
    let page = statuses::of_account(&ctx, warm.bob, AccountFilter::default(), page).await;
    assert_eq!(page.unwrap().items.len(), 20);
    let cold = warm.cluster.nodes[1].engine.take();
    println!("profile on a cold node: {cold}");
    assert!(cold.reads.len() <= 12 && cold.serial_reads == 0, "{cold}");
}

#[tokio::test]
async fn forty_notifications() {
    let warm = Warm::new().await;
    let mine = warm.post(warm.ann, "mine").await;
    for number in 0..10 {
        let name = format!("n{number}");
        let who = warm.cluster.person(1, &name).await;
        let ctx = warm.cluster.ask(1, who).await;
        marks::favourite(&ctx, mine).await.unwrap();
        marks::reblog(&ctx, mine, None).await.unwrap();
        relations::follow(&ctx, warm.ann, Default::default())
            .await
            .unwrap();
        statuses::create(&ctx, draft("@ann hello")).await.unwrap();
    }
    warm.later().await;
    let list = async || {
        let read = async |ctx: &Ctx| {
            let page = PageRequest::first(40);
            let page = notifications::list(ctx, NotificationFilter::default(), page).await?;
            assert_eq!(page.items.len(), 40);
            Ok(page)
        };
        warm.count(warm.ann, read).await
    };
    println!("cold notifications: {}", list().await);
    let aim = Aim {
        reads: 5,
        conditional_writes: 0,
        batches: 0,
    };
    within("notifications", &list().await, &aim);
}

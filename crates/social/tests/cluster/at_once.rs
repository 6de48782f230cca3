//! Two commands at the same moment on two nodes, neither of which knows of the other.

use petrel_model::id::{AccountId, Id, StatusId};
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::counts::Counts;
use petrel_social::lists::{List, Lists, Owner};
use petrel_social::marks::table::Marks;
use petrel_social::page::PageRequest;
use petrel_social::relations::FollowOptions;
use petrel_social::statuses::AccountFilter;
use petrel_social::{Ctx, marks, relations, statuses};
use petrel_store::Table;
use petrel_store::engine::Op;

use crate::common::draft;
use crate::house::{Cluster, is_silence};

/// Steps until what has been written so far is older than what any node writes next.
const STEPS: usize = 8;

struct Scene {
    cluster: Cluster,
    author: AccountId,
    reader: AccountId,
    status: StatusId,
}

impl Scene {
    async fn new(seed: u64) -> Scene {
        let cluster = Cluster::new(seed).await;
        let author = cluster.person(0, "author").await;
        let reader = cluster.person(0, "reader").await;
        let ctx = cluster.ask(0, author).await;
        let status = statuses::create(&ctx, draft("a gull")).await.unwrap().id;
        for _ in 0..STEPS {
            cluster.step().await;
        }
        Scene {
            cluster,
            author,
            reader,
            status,
        }
    }

    async fn author(&self, node: usize) -> Ctx {
        self.cluster.ask(node, self.author).await
    }

    async fn reader(&self, node: usize) -> Ctx {
        self.cluster.ask(node, self.reader).await
    }

    async fn follow(&self, node: usize) {
        let options = FollowOptions {
            notify: Some(true),
            ..FollowOptions::default()
        };
        let ctx = self.reader(node).await;
        relations::follow(&ctx, self.author, options).await.unwrap();
    }

    /// Nothing is left of the reader's follow, as whoever reads it all anew finds.
    async fn nobody_follows(&self) {
        let ctx = self.author(1).await;
        let store = ctx.store();
        let figures = Counts::default().account(store, self.author).await;
        assert_eq!(figures.unwrap().followers, 0);
        let figures = Counts::default().account(store, self.reader).await;
        assert_eq!(figures.unwrap().following, 0);
        let owner = Owner::Account(self.author);
        for list in [List::Followers, List::FollowRequests, List::Bells] {
            let rows = store
                .scan::<Lists>(&(list, owner.clone(), Id::MIN))
                .limit(9);
            assert!(rows.await.unwrap().is_empty(), "{list:?}");
        }
        let page = PageRequest::first(9);
        let list = relations::followers(&ctx, self.author, page).await;
        assert!(list.unwrap().items.is_empty());
        let page = PageRequest::first(9);
        let ctx = self.reader(1).await;
        let list = relations::following(&ctx, self.reader, page).await;
        assert!(list.unwrap().items.is_empty());
    }

    async fn reblog(&self, node: usize) -> Result<StatusId, petrel_social::Error> {
        let ctx = self.reader(node).await;
        let view = marks::reblog(&ctx, self.status, None).await?;
        assert_eq!(view.reblog.as_ref().unwrap().id, self.status);
        Ok(view.id)
    }

    /// Every node shows that one, and no other.
    async fn stands(&self, reblog: StatusId) {
        for node in 0..3 {
            let ctx = self.reader(node).await;
            let page = PageRequest::first(9);
            let shown = statuses::of_account(&ctx, self.reader, AccountFilter::default(), page);
            let ids: Vec<StatusId> = shown
                .await
                .unwrap()
                .items
                .iter()
                .map(|one| one.id)
                .collect();
            assert_eq!(ids, [reblog], "node {node}");
            assert_eq!(self.reblog(node).await.unwrap(), reblog, "node {node}");
        }
    }
}

fn is_mark(op: &Op) -> bool {
    op.key().table == Marks::ID
}

#[tokio::test]
async fn of_two_tries_to_reblog_both_are_answered_with_the_one_that_stands() {
    let scene = Scene::new(1).await;
    // The clock of the last node is ahead: what it writes now wins, though it lands later.
    let nodes = &scene.cluster.nodes;
    let first_hold = nodes[2].held.next_batch(|_| false);
    let second_hold = nodes[0].held.next_batch(|_| true);
    let first = async {
        let answer = scene.reblog(2).await;
        second_hold.let_go();
        answer
    };
    let second = async {
        first_hold.waits().await;
        scene.reblog(0).await
    };
    let between = async {
        second_hold.waits().await;
        first_hold.let_go();
    };
    let (first, second, ()) = tokio::join!(first, second, between);
    let reblog = first.unwrap();
    assert_eq!(second.unwrap(), reblog);
    scene.stands(reblog).await;
}

#[tokio::test]
async fn a_reblog_that_is_half_there_is_answered_later_and_not_denied() {
    let scene = Scene::new(2).await;
    let hold = scene.cluster.nodes[2].held.next_batch(is_mark);
    let first = scene.reblog(2);
    let second = async {
        hold.waits().await;
        let answer = scene.reblog(0).await;
        assert!(is_silence(&answer), "{answer:?}");
        hold.let_go();
    };
    let (first, ()) = tokio::join!(first, second);
    scene.stands(first.unwrap()).await;
}

#[tokio::test]
async fn a_reblog_that_is_taken_back_at_the_same_moment_is_not_found() {
    let scene = Scene::new(3).await;
    let nodes = &scene.cluster.nodes;
    let hold = nodes[0].held.next_batch(|_| true);
    let back = async {
        hold.waits().await;
        let ctx = scene.reader(2).await;
        let view = marks::unreblog(&ctx, scene.status).await.unwrap();
        hold.let_go();
        view
    };
    let (answer, view) = tokio::join!(scene.reblog(0), back);
    assert!(matches!(answer, Err(petrel_social::Error::NotFound)));
    assert!(!view.viewer.unwrap().reblogged);
}

// The clock of the last node is ahead: its follow wins over the `off` that a block writes.

#[tokio::test]
async fn a_follow_that_lands_after_a_block_ends() {
    let scene = Scene::new(4).await;
    let hold = scene.cluster.nodes[2].held.next_batch(|_| false);
    let block = async {
        hold.waits().await;
        let ctx = scene.author(0).await;
        relations::block(&ctx, scene.reader).await.unwrap();
        hold.let_go();
    };
    tokio::join!(scene.follow(2), block);
    scene.nobody_follows().await;
}

#[tokio::test]
async fn a_follow_that_a_block_could_not_know_of_ends() {
    let scene = Scene::new(5).await;
    let hold = scene.cluster.nodes[0].held.next_batch(|_| false);
    let block = async {
        let ctx = scene.author(0).await;
        relations::block(&ctx, scene.reader).await.unwrap();
    };
    let follow = async {
        hold.waits().await;
        scene.follow(2).await;
        hold.let_go();
    };
    tokio::join!(block, follow);
    scene.nobody_follows().await;
}

#[tokio::test]
async fn a_request_that_is_accepted_while_its_maker_blocks_ends() {
    let scene = Scene::new(6).await;
    let locked = ProfileUpdate {
        locked: Some(true),
        ..ProfileUpdate::default()
    };
    let ctx = scene.author(0).await;
    accounts::update(&ctx, locked).await.unwrap();
    scene.follow(1).await;
    for _ in 0..STEPS {
        scene.cluster.step().await;
    }
    let hold = scene.cluster.nodes[2].held.next_batch(|_| false);
    let accept = async {
        let ctx = scene.author(2).await;
        relations::authorize_request(&ctx, scene.reader)
            .await
            .unwrap()
    };
    let block = async {
        hold.waits().await;
        let ctx = scene.reader(0).await;
        relations::block(&ctx, scene.author).await.unwrap();
        hold.let_go();
    };
    let (view, ()) = tokio::join!(accept, block);
    assert!(!view.followed_by);
    scene.nobody_follows().await;
}

//! Two commands at the same moment on two nodes, neither of which knows of the other.

use petrel_model::id::{AccountId, StatusId};
use petrel_social::marks::table::Marks;
use petrel_social::page::PageRequest;
use petrel_social::statuses::AccountFilter;
use petrel_social::{marks, statuses};
use petrel_store::Table;
use petrel_store::engine::Op;

use crate::common::draft;
use crate::house::{Cluster, is_silence};

/// Steps until what has been written so far is older than what any node writes next.
const STEPS: usize = 8;

struct Scene {
    cluster: Cluster,
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
            reader,
            status,
        }
    }

    async fn reblog(&self, node: usize) -> Result<StatusId, petrel_social::Error> {
        let ctx = self.cluster.ask(node, self.reader).await;
        let view = marks::reblog(&ctx, self.status, None).await?;
        assert_eq!(view.reblog.as_ref().unwrap().id, self.status);
        Ok(view.id)
    }

    /// Every node shows that one, and no other.
    async fn stands(&self, reblog: StatusId) {
        for node in 0..3 {
            let ctx = self.cluster.ask(node, self.reader).await;
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
        let ctx = scene.cluster.ask(2, scene.reader).await;
        let view = marks::unreblog(&ctx, scene.status).await.unwrap();
        hold.let_go();
        view
    };
    let (answer, view) = tokio::join!(scene.reblog(0), back);
    assert!(matches!(answer, Err(petrel_social::Error::NotFound)));
    assert!(!view.viewer.unwrap().reblogged);
}

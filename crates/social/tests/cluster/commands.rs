//! What somebody did on one node is so on the next that they ask, at once.

use petrel_model::id::{AccountId, StatusId};
use petrel_model::scope::Scopes;
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::emojis::{self, NewEmoji};
use petrel_social::notifications::{self, NotificationFilter};
use petrel_social::oauth::{self, NewApp};
use petrel_social::page::PageRequest;
use petrel_social::relations::{self, FollowOptions, MuteOptions};
use petrel_social::statuses::{self, Edit};
use petrel_social::views::{PictureFiles, RelationshipView, ViewerState};
use petrel_social::{Ctx, Error, marks};
use petrel_store::sim::Hostility;

use crate::common::draft;
use crate::house::Cluster;

struct Pair {
    cluster: Cluster,
    ann: AccountId,
    bob: AccountId,
}

impl Pair {
    async fn new(seed: u64) -> Pair {
        let cluster = Cluster::new(seed).await;
        let ann = cluster.person(0, "ann").await;
        let bob = cluster.person(1, "bob").await;
        cluster.hostile(Hostility::SLOW);
        Pair { cluster, ann, bob }
    }

    async fn ann(&self, node: usize) -> Ctx {
        self.cluster.ask(node, self.ann).await
    }

    async fn bob(&self, node: usize) -> Ctx {
        self.cluster.ask(node, self.bob).await
    }

    /// What Bob is to Ann, as every node says to him; all of them read it before.
    async fn tie(&self, is_so: impl Fn(&RelationshipView) -> bool) {
        for node in 0..3 {
            let view = relations::relationships(&self.bob(node).await, &[self.ann]).await;
            let view = view.unwrap().remove(0);
            assert!(is_so(&view), "node {node}: {view:?}");
        }
    }

    async fn heart(&self, status: StatusId, is_so: impl Fn(&ViewerState) -> bool) {
        for node in 0..3 {
            let view = statuses::get(&self.bob(node).await, status).await.unwrap();
            let state = view.viewer.unwrap();
            assert!(is_so(&state), "node {node}: {state:?}");
        }
    }
}

#[tokio::test]
async fn statuses() {
    let pair = Pair::new(1).await;
    let post = statuses::create(&pair.ann(0).await, draft("first")).await;
    let id = post.unwrap().id;
    for node in 0..3 {
        let read = statuses::get(&pair.ann(node).await, id).await.unwrap();
        assert_eq!(read.text, "first");
    }
    let edit = Edit {
        text: Some("second".to_owned()),
        ..Edit::default()
    };
    statuses::edit(&pair.ann(1).await, id, edit).await.unwrap();
    for node in 0..3 {
        let read = statuses::get(&pair.ann(node).await, id).await.unwrap();
        assert_eq!(read.text, "second");
    }
    statuses::delete(&pair.ann(2).await, id).await.unwrap();
    for node in 0..3 {
        let read = statuses::get(&pair.ann(node).await, id).await;
        assert!(matches!(read, Err(Error::NotFound)), "node {node}");
    }
}

#[tokio::test]
async fn marks() {
    let pair = Pair::new(2).await;
    let post = statuses::create(&pair.ann(0).await, draft("a gull")).await;
    let id = post.unwrap().id;
    pair.heart(id, |state| !state.favourited).await;
    marks::favourite(&pair.bob(0).await, id).await.unwrap();
    pair.heart(id, |state| state.favourited).await;
    marks::unfavourite(&pair.bob(1).await, id).await.unwrap();
    pair.heart(id, |state| !state.favourited).await;
    marks::bookmark(&pair.bob(2).await, id).await.unwrap();
    pair.heart(id, |state| state.bookmarked).await;
    marks::unbookmark(&pair.bob(0).await, id).await.unwrap();
    pair.heart(id, |state| !state.bookmarked).await;
    let reblog = marks::reblog(&pair.bob(1).await, id, None)
        .await
        .unwrap()
        .id;
    pair.heart(id, |state| state.reblogged).await;
    marks::unreblog(&pair.bob(2).await, id).await.unwrap();
    pair.heart(id, |state| !state.reblogged).await;
    let gone = statuses::get(&pair.bob(0).await, reblog).await;
    assert!(matches!(gone, Err(Error::NotFound)));
    marks::mute_thread(&pair.bob(0).await, id).await.unwrap();
    pair.heart(id, |state| state.muted).await;
    marks::unmute_thread(&pair.bob(1).await, id).await.unwrap();
    pair.heart(id, |state| !state.muted).await;
}

#[tokio::test]
async fn relations() {
    let pair = Pair::new(3).await;
    let (ann, bob) = (pair.ann, pair.bob);
    pair.tie(|view| !view.following).await;
    let follow = FollowOptions::default();
    relations::follow(&pair.bob(0).await, ann, follow.clone())
        .await
        .unwrap();
    pair.tie(|view| view.following).await;
    relations::remove_follower(&pair.ann(1).await, bob)
        .await
        .unwrap();
    pair.tie(|view| !view.following).await;
    relations::follow(&pair.bob(2).await, ann, follow.clone())
        .await
        .unwrap();
    relations::unfollow(&pair.bob(0).await, ann).await.unwrap();
    pair.tie(|view| !view.following).await;
    relations::block(&pair.ann(1).await, bob).await.unwrap();
    pair.tie(|view| view.blocked_by).await;
    relations::unblock(&pair.ann(2).await, bob).await.unwrap();
    pair.tie(|view| !view.blocked_by).await;
    let mute = MuteOptions {
        notifications: true,
        duration_s: 0,
    };
    relations::mute(&pair.bob(0).await, ann, mute)
        .await
        .unwrap();
    pair.tie(|view| view.muting).await;
    relations::unmute(&pair.bob(1).await, ann).await.unwrap();
    pair.tie(|view| !view.muting).await;
    relations::set_note(&pair.bob(2).await, ann, "a gull".to_owned())
        .await
        .unwrap();
    pair.tie(|view| view.note == "a gull").await;
    let locked = ProfileUpdate {
        locked: Some(true),
        ..ProfileUpdate::default()
    };
    // Who locks on one node is asked on the next.
    accounts::update(&pair.ann(0).await, locked).await.unwrap();
    relations::follow(&pair.bob(1).await, ann, follow.clone())
        .await
        .unwrap();
    pair.tie(|view| view.requested && !view.following).await;
    relations::reject_request(&pair.ann(2).await, bob)
        .await
        .unwrap();
    pair.tie(|view| !view.requested).await;
    relations::follow(&pair.bob(1).await, ann, follow)
        .await
        .unwrap();
    relations::authorize_request(&pair.ann(0).await, bob)
        .await
        .unwrap();
    pair.tie(|view| view.following).await;
}

#[tokio::test]
async fn notifications() {
    let pair = Pair::new(4).await;
    let told = async |node: usize| {
        let ctx = pair.ann(node).await;
        let page = notifications::list(&ctx, NotificationFilter::default(), PageRequest::first(9));
        page.await.unwrap().items
    };
    for text in ["@ann one", "@ann two"] {
        statuses::create(&pair.bob(0).await, draft(text))
            .await
            .unwrap();
    }
    let first = told(1).await;
    assert_eq!(first.len(), 2);
    notifications::dismiss(&pair.ann(2).await, first[0].id)
        .await
        .unwrap();
    assert_eq!(told(0).await.len(), 1);
    notifications::clear(&pair.ann(1).await).await.unwrap();
    for node in 0..3 {
        assert_eq!(told(node).await.len(), 0, "node {node}");
    }
}

#[tokio::test]
async fn access() {
    let pair = Pair::new(5).await;
    let (cluster, ann) = (&pair.cluster, pair.ann);
    let scopes = Scopes::parse("read write").unwrap();
    let new = NewApp {
        name: "app".to_owned(),
        redirect_uris: vec![oauth::OUT_OF_BAND.to_owned()],
        scopes,
        website: None,
        fixed: None,
    };
    let app = oauth::create_app(&cluster.anonymous(0), new).await.unwrap();
    let secret = app.client_secret.clone().unwrap();
    let bears = async |node: usize, token: &str| {
        let social = &cluster.nodes[node].social;
        oauth::authenticate(social, token).await.unwrap().is_some()
    };
    let token = oauth::issue(&cluster.nodes[1].social, app.id, ann, scopes).await;
    let token = token.unwrap().token;
    for node in 0..3 {
        assert!(bears(node, &token).await, "node {node}");
    }
    let anonymous = cluster.anonymous(2);
    oauth::revoke(&anonymous, &app.client_id, &secret, &token)
        .await
        .unwrap();
    for node in 0..3 {
        assert!(!bears(node, &token).await, "node {node}");
    }
    let token = oauth::issue(&cluster.nodes[0].social, app.id, ann, scopes).await;
    let token = token.unwrap().token;
    let cookie = oauth::start_session(&cluster.nodes[1].social, ann)
        .await
        .unwrap();
    for node in 0..3 {
        let social = &cluster.nodes[node].social;
        assert!(bears(node, &token).await, "node {node}");
        assert_eq!(oauth::session(social, &cookie).await.unwrap(), Some(ann));
        let right = accounts::check_password(social, "ann", "correct horse").await;
        assert_eq!(right.unwrap().map(|log_in| log_in.account), Some(ann));
    }
    accounts::reset_password(&cluster.system(2), ann, "another horse")
        .await
        .unwrap();
    for node in 0..3 {
        let social = &cluster.nodes[node].social;
        assert!(!bears(node, &token).await, "node {node}");
        assert_eq!(oauth::session(social, &cookie).await.unwrap(), None);
        let wrong = accounts::check_password(social, "ann", "correct horse").await;
        assert_eq!(wrong.unwrap(), None, "node {node}");
    }
    let token = oauth::issue(&cluster.nodes[0].social, app.id, ann, scopes).await;
    let token = token.unwrap().token;
    assert!(bears(1, &token).await);
    accounts::suspend(&cluster.system(2), ann).await.unwrap();
    let social = &cluster.nodes[1].social;
    let suspended = oauth::authenticate(social, &token).await;
    assert!(matches!(suspended, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn emojis() {
    let pair = Pair::new(6).await;
    let status = statuses::create(&pair.ann(0).await, draft(":gull:")).await;
    let status = status.unwrap().id;
    let shown = async |is_there: bool| {
        for _ in 0..12 {
            pair.cluster.step().await;
        }
        for node in 0..3 {
            let view = statuses::get(&pair.bob(node).await, status).await.unwrap();
            assert_eq!(view.emojis.len(), usize::from(is_there), "node {node}");
        }
    };
    // All of them keep the emojis in memory from here on.
    shown(false).await;
    let system = pair.cluster.system(0);
    let new = NewEmoji {
        id: system.clock().next_id(),
        shortcode: "gull".to_owned(),
        files: PictureFiles {
            original: "original.png".to_owned(),
            still: None,
        },
        category: None,
        visible_in_picker: true,
    };
    emojis::add(&system, new).await.unwrap();
    shown(true).await;
    emojis::remove(&pair.cluster.system(2), "gull")
        .await
        .unwrap();
    shown(false).await;
}

//! The life of a few people: what they do is what they and others then see.
// A test's helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, draft, id, post, post_for, reply};
use petrel_model::id::{Id, NotificationId};
use petrel_model::visibility::Visibility;
use petrel_social::accounts::ProfileUpdate;
use petrel_social::error::Error;
use petrel_social::markers::{self, MarkedTimeline};
use petrel_social::notifications::NotificationFilter;
use petrel_social::notifications::table::{Notification, Notifications};
use petrel_social::page::PageRequest;
use petrel_social::relations::{FollowOptions, MuteOptions};
use petrel_social::statuses::{AccountFilter, Draft, Edit};
use petrel_social::views::NotificationKind;
use petrel_social::{Ctx, accounts, marks, notifications, relations, statuses};

async fn follow(ctx: &Ctx, other: &Ctx) {
    let follow = relations::follow(ctx, id(other), FollowOptions::default()).await;
    assert!(follow.unwrap().following);
}

async fn kinds(ctx: &Ctx) -> Vec<NotificationKind> {
    let page = PageRequest::first(40);
    let list = notifications::list(ctx, NotificationFilter::default(), page).await;
    list.unwrap().items.iter().map(|view| view.kind).collect()
}

async fn unread(ctx: &Ctx) -> usize {
    let filter = NotificationFilter::default();
    notifications::unread_count(ctx, filter, 100).await.unwrap()
}

#[tokio::test]
async fn a_status_is_read_as_it_was_written() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("Bob").await);
    let text = "Hello @bob and @nobody,\nsee https://petrel.example/about #Petrel <b>";
    let status = post(&ann, text).await;
    assert_eq!(status.text, text);
    assert!(status.content_html.contains("@<span>Bob</span>"));
    assert!(status.content_html.contains("&lt;b&gt;"));
    assert!(!status.content_html.contains("<b>"));
    assert_eq!(status.mentions.len(), 1);
    assert_eq!(status.mentions[0].id, id(&bob));
    assert_eq!(status.tags, ["Petrel"]);
    assert_eq!(
        status.uri,
        format!("https://petrel.example/users/ann/statuses/{}", status.id)
    );
    assert_eq!(kinds(&bob).await, [NotificationKind::Mention]);
    let seen = statuses::get(&world.anonymous(), status.id).await.unwrap();
    assert_eq!(seen.viewer, None);
    assert_eq!(seen.account.statuses_count, 1);
    let found = statuses::find_by_address(&bob, &status.url).await.unwrap();
    assert_eq!(found.map(|view| view.id), Some(status.id));
}

#[tokio::test]
async fn hearts_lists_and_counts_agree() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&ann, "hello").await.id;
    for round in 0..3 {
        let on = marks::favourite(&bob, status).await.unwrap();
        assert_eq!(
            (on.favourites_count, on.viewer.unwrap().favourited),
            (1, true),
            "{round}"
        );
        let again = marks::favourite(&bob, status).await.unwrap();
        assert_eq!(again.favourites_count, 1);
        let page = PageRequest::first(40);
        assert_eq!(
            marks::favourited_by(&ann, status, page)
                .await
                .unwrap()
                .items
                .len(),
            1
        );
        assert_eq!(marks::favourites(&bob, page).await.unwrap().items.len(), 1);
        assert_eq!(kinds(&ann).await, [NotificationKind::Favourite]);
        let off = marks::unfavourite(&bob, status).await.unwrap();
        assert_eq!(
            (off.favourites_count, off.viewer.unwrap().favourited),
            (0, false)
        );
        assert!(
            marks::favourited_by(&ann, status, page)
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert!(
            marks::favourites(&bob, page)
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert!(kinds(&ann).await.is_empty());
        let off_again = marks::unfavourite(&bob, status).await.unwrap();
        assert_eq!(off_again.favourites_count, 0);
    }
}

#[tokio::test]
async fn two_favourites_at_once_are_one() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&ann, "hello").await.id;
    // What two commands leave that read before either wrote: the rows of a mark that is not.
    let lost = Notification {
        kind: NotificationKind::Favourite,
        from: id(&bob),
        status: Some(status),
    };
    let lost_id = NotificationId(world.social.clock.next_id());
    let mut batch = world.social.store.batch();
    batch.put::<Notifications>(&(id(&ann), Id::MIN), &lost_id, &lost);
    batch.commit().await.unwrap();
    let seen = marks::favourite(&bob, status).await.unwrap();
    assert_eq!(seen.favourites_count, 1);
    assert_eq!(kinds(&ann).await, [NotificationKind::Favourite]);
    let gone = notifications::get(&ann, lost_id).await;
    assert!(matches!(gone, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_reblog_comes_and_goes_as_one() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&ann, "hello").await.id;
    let reblog = marks::reblog(&bob, status, None).await.unwrap();
    assert_eq!(reblog.reblog.as_ref().unwrap().id, status);
    assert_eq!(reblog.reblog.as_ref().unwrap().reblogs_count, 1);
    assert_eq!(
        marks::reblog(&bob, status, None).await.unwrap().id,
        reblog.id
    );
    assert_eq!(kinds(&ann).await, [NotificationKind::Reblog]);
    let page = PageRequest::first(40);
    let filter = AccountFilter::default();
    let of_bob = statuses::of_account(&ann, id(&bob), filter.clone(), page)
        .await
        .unwrap();
    assert_eq!(of_bob.items.len(), 1);
    let original = marks::unreblog(&bob, status).await.unwrap();
    assert_eq!((original.id, original.reblogs_count), (status, 0));
    assert!(matches!(
        statuses::get(&ann, reblog.id).await,
        Err(Error::NotFound)
    ));
    let of_bob = statuses::of_account(&ann, id(&bob), filter, page)
        .await
        .unwrap();
    assert!(of_bob.items.is_empty());
    // A reblog goes with what it reblogs.
    let second = marks::reblog(&bob, status, None).await.unwrap();
    statuses::delete(&ann, status).await.unwrap();
    assert!(matches!(
        statuses::get(&bob, second.id).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn private_and_direct_are_for_those_they_are_for() {
    let world = World::new();
    let (ann, bob, eve) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("eve").await,
    );
    follow(&bob, &ann).await;
    let private = post_for(&ann, "for followers", Visibility::Private)
        .await
        .id;
    let direct = post_for(&ann, "for @bob", Visibility::Direct).await.id;
    for status in [private, direct] {
        assert!(statuses::get(&bob, status).await.is_ok());
        for stranger in [&eve, &world.anonymous()] {
            assert!(matches!(
                statuses::get(stranger, status).await,
                Err(Error::NotFound)
            ));
        }
        assert!(matches!(
            marks::favourite(&eve, status).await,
            Err(Error::NotFound)
        ));
        let reply = statuses::create(
            &eve,
            Draft {
                in_reply_to: Some(status),
                ..draft("aha")
            },
        );
        assert!(matches!(reply.await, Err(Error::NotFound)));
    }
    assert!(matches!(
        marks::reblog(&bob, private, None).await,
        Err(Error::NotFound)
    ));
    relations::remove_follower(&ann, id(&bob)).await.unwrap();
    assert!(matches!(
        statuses::get(&bob, private).await,
        Err(Error::NotFound)
    ));
    relations::block(&ann, id(&bob)).await.unwrap();
    assert!(matches!(
        statuses::get(&bob, direct).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn edits_keep_their_history() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&ann, "first #one #two").await.id;
    world.tick();
    let edit = Edit {
        text: Some("second #two #three @bob".to_owned()),
        spoiler_text: Some("careful".to_owned()),
        ..Edit::default()
    };
    let edited = statuses::edit(&ann, status, edit.clone()).await.unwrap();
    assert!(edited.edited_at_ms.is_some());
    assert_eq!(edited.tags, ["two", "three"]);
    assert_eq!(kinds(&bob).await, [NotificationKind::Mention]);
    statuses::edit(&ann, status, edit).await.unwrap();
    let history = statuses::history(&bob, status).await.unwrap();
    assert_eq!(history.len(), 2, "an edit that changes nothing is none");
    assert!(history[0].content_html.contains("first"));
    assert_eq!(history[1].spoiler_text, "careful");
    let source = statuses::source(&ann, status).await.unwrap();
    assert_eq!(
        source,
        ("second #two #three @bob".to_owned(), "careful".to_owned())
    );
    let other = statuses::edit(&bob, status, Edit::default()).await;
    assert!(matches!(other, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_deleted_status_is_gone_everywhere() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&ann, "oops @bob #tag").await.id;
    let answer = reply(&bob, status, "what?").await.id;
    marks::favourite(&bob, status).await.unwrap();
    marks::bookmark(&bob, status).await.unwrap();
    let deleted = statuses::delete(&ann, status).await.unwrap();
    assert_eq!(deleted.text, "oops @bob #tag");
    assert!(matches!(
        statuses::get(&ann, status).await,
        Err(Error::NotFound)
    ));
    let page = PageRequest::first(40);
    assert!(
        marks::favourites(&bob, page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(marks::bookmarks(&bob, page).await.unwrap().items.is_empty());
    assert!(kinds(&bob).await.is_empty());
    let (above, below) = statuses::context(&bob, answer).await.unwrap();
    assert!(above.is_empty() && below.is_empty());
    let account = accounts::get(&bob, id(&ann)).await.unwrap();
    assert_eq!(account.statuses_count, 0);
}

#[tokio::test]
async fn threads_read_from_the_root_down() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let root = post(&ann, "root").await.id;
    let first = reply(&bob, root, "first").await.id;
    let second = reply(&ann, root, "second").await.id;
    let below_first = reply(&ann, first, "below first").await.id;
    let (above, below) = statuses::context(&ann, below_first).await.unwrap();
    assert_eq!(
        above.iter().map(|view| view.id).collect::<Vec<_>>(),
        [root, first]
    );
    assert!(below.is_empty());
    let (_, below) = statuses::context(&ann, root).await.unwrap();
    let below: Vec<_> = below.iter().map(|view| view.id).collect();
    assert_eq!(
        below,
        [second, first, below_first],
        "authors' answers to themselves first"
    );
    let private = Draft {
        in_reply_to: Some(root),
        visibility: Some(Visibility::Direct),
        ..draft("secret")
    };
    statuses::create(&bob, private).await.unwrap();
    let seen = statuses::get(&ann, root).await.unwrap();
    assert_eq!(
        seen.replies_count, 2,
        "a figure must not tell of what is hidden"
    );
}

#[tokio::test]
async fn locked_accounts_are_asked() {
    let world = World::new();
    let (ann, bob) = (world.locked_person("ann").await, world.person("bob").await);
    let asked = relations::follow(&bob, id(&ann), FollowOptions::default())
        .await
        .unwrap();
    assert!(asked.requested && !asked.following);
    assert_eq!(kinds(&ann).await, [NotificationKind::FollowRequest]);
    let page = PageRequest::first(40);
    assert_eq!(
        relations::follow_requests(&ann, page)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    let answered = relations::authorize_request(&ann, id(&bob)).await.unwrap();
    assert!(answered.followed_by && !answered.requested_by);
    assert!(
        relations::follow_requests(&ann, page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(
        relations::followers(&ann, id(&ann), page)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        relations::following(&ann, id(&bob), page)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        accounts::get(&bob, id(&ann)).await.unwrap().followers_count,
        1
    );
    assert!(matches!(
        relations::authorize_request(&ann, id(&bob)).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn a_block_ends_everything_between_two() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    follow(&ann, &bob).await;
    follow(&bob, &ann).await;
    let status = post(&ann, "hello").await.id;
    let blocked = relations::block(&ann, id(&bob)).await.unwrap();
    assert!(blocked.blocking && !blocked.following && !blocked.followed_by);
    assert!(matches!(
        statuses::get(&bob, status).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        relations::follow(&bob, id(&ann), FollowOptions::default()).await,
        Err(Error::Forbidden(_))
    ));
    let theirs = relations::relationships(&bob, &[id(&ann)]).await.unwrap();
    assert!(theirs[0].blocked_by && !theirs[0].following);
    let page = PageRequest::first(40);
    assert_eq!(relations::blocks(&ann, page).await.unwrap().items.len(), 1);
    let free = relations::unblock(&ann, id(&bob)).await.unwrap();
    assert!(!free.blocking && !free.following && !free.followed_by);
    assert!(
        relations::blocks(&ann, page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(statuses::get(&bob, status).await.is_ok());
}

#[tokio::test]
async fn a_mute_runs_out() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let options = MuteOptions {
        notifications: true,
        duration_s: 60,
    };
    let muted = relations::mute(&ann, id(&bob), options).await.unwrap();
    assert!(muted.muting && muted.muting_notifications);
    assert!(muted.muting_expires_at_ms.is_some());
    post(&bob, "@ann hey").await;
    assert!(kinds(&ann).await.is_empty());
    world.wall.advance_ms(61_000);
    let after = relations::relationships(&ann, &[id(&bob)]).await.unwrap();
    assert!(!after[0].muting);
    post(&bob, "@ann hey again").await;
    assert_eq!(kinds(&ann).await, [NotificationKind::Mention]);
}

#[tokio::test]
async fn an_idempotency_key_counts_once() {
    let world = World::new();
    let ann = world.person("ann").await;
    let keyed = Draft {
        idempotency_key: Some("key-1".to_owned()),
        ..draft("once")
    };
    let first = statuses::create(&ann, keyed.clone()).await.unwrap();
    let again = statuses::create(&ann, keyed.clone()).await.unwrap();
    assert_eq!(first.id, again.id);
    assert_eq!(again.account.statuses_count, 1);
    let other = Draft {
        idempotency_key: Some("key-1".to_owned()),
        ..draft("twice")
    };
    assert!(matches!(
        statuses::create(&ann, other).await,
        Err(Error::Invalid(_))
    ));
    statuses::delete(&ann, first.id).await.unwrap();
    assert!(matches!(
        statuses::create(&ann, keyed).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test]
async fn a_language_that_is_not_known_refuses_nothing() {
    let world = World::new();
    let ann = world.person("ann").await;
    let of = |code: &str| Draft {
        language: Some(code.to_owned()),
        ..draft("Kumusta")
    };
    for code in ["fil", ""] {
        let status = statuses::create(&ann, of(code)).await.unwrap();
        assert_eq!(status.language, None, "{code:?}");
    }
    let german = ProfileUpdate {
        language: Some("de".to_owned()),
        ..ProfileUpdate::default()
    };
    accounts::update(&ann, german).await.unwrap();
    for (code, expected) in [("fil", "de"), ("", "de"), ("pt-BR", "pt")] {
        let status = statuses::create(&ann, of(code)).await.unwrap();
        assert_eq!(status.language.as_deref(), Some(expected), "{code:?}");
        // An edit falls back to what the status was in.
        for edited in ["fil", ""] {
            let edit = Edit {
                text: Some(format!("Kumusta ka {edited}")),
                language: Some(edited.to_owned()),
                ..Edit::default()
            };
            let status = statuses::edit(&ann, status.id, edit).await.unwrap();
            assert_eq!(status.language.as_deref(), Some(expected), "{code:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let gone = post(&bob, "soon gone").await.id;
    statuses::delete(&bob, gone).await.unwrap();
    let keyed = |draft: Draft| Draft {
        idempotency_key: Some("key".to_owned()),
        ..draft
    };
    let empty = statuses::create(&ann, keyed(draft(" "))).await;
    assert!(matches!(empty, Err(Error::Invalid(_))), "{empty:?}");
    let late = Draft {
        in_reply_to: Some(gone),
        ..draft("yes")
    };
    let reply = statuses::create(&ann, keyed(late)).await;
    assert!(matches!(reply, Err(Error::NotFound)), "{reply:?}");
    let first = statuses::create(&ann, keyed(draft("yes"))).await.unwrap();
    let again = statuses::create(&ann, keyed(draft("yes"))).await.unwrap();
    assert_eq!((first.id, again.account.statuses_count), (again.id, 1));
    // It stands for what was written, also for a request that would be refused.
    for other in [draft("no"), draft(" ")] {
        let other = statuses::create(&ann, keyed(other)).await;
        let Err(Error::Invalid(why)) = other else {
            panic!("{other:?}");
        };
        assert_eq!(why, "Idempotency-Key was used with another request");
    }
}

#[tokio::test]
async fn a_request_sent_again_is_answered_also_if_it_could_not_be_done_now() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let parent = post(&bob, "a question").await.id;
    let keyed = Draft {
        idempotency_key: Some("key".to_owned()),
        in_reply_to: Some(parent),
        ..draft("an answer")
    };
    let first = statuses::create(&ann, keyed.clone()).await.unwrap();
    statuses::delete(&bob, parent).await.unwrap();
    let again = statuses::create(&ann, keyed).await.unwrap();
    assert_eq!(first.id, again.id);
}

#[tokio::test]
async fn notifications_are_paged_dismissed_and_cleared() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    for number in 0..7 {
        post(&bob, &format!("@ann {number}")).await;
        world.tick();
    }
    let first = notifications::list(&ann, NotificationFilter::default(), PageRequest::first(3));
    let first = first.await.unwrap();
    assert_eq!(first.items.len(), 3);
    let next = PageRequest {
        max_id: first.next_max_id,
        ..PageRequest::first(10)
    };
    let next = notifications::list(&ann, NotificationFilter::default(), next)
        .await
        .unwrap();
    assert_eq!(next.items.len(), 4);
    assert!(next.items[0].id < first.items[2].id);
    let newer = PageRequest {
        min_id: Some(next.items[3].id.into()),
        ..PageRequest::first(2)
    };
    let newer = notifications::list(&ann, NotificationFilter::default(), newer)
        .await
        .unwrap();
    assert_eq!(newer.items[1].id, next.items[2].id);
    notifications::dismiss(&ann, first.items[0].id)
        .await
        .unwrap();
    assert_eq!(unread(&ann).await, 6);
    let read = [(MarkedTimeline::Notifications, first.items[2].id.into())];
    markers::set(&ann, &read).await.unwrap();
    assert_eq!(unread(&ann).await, 1);
    assert!(matches!(
        notifications::get(&ann, first.items[0].id).await,
        Err(Error::NotFound)
    ));
    notifications::clear(&ann).await.unwrap();
    assert!(kinds(&ann).await.is_empty());
    post(&bob, "@ann after").await;
    assert_eq!(kinds(&ann).await.len(), 1);
}

#[tokio::test]
async fn a_pinned_status_that_is_deleted_makes_room() {
    let world = World::new();
    let ann = world.person("ann").await;
    for number in 0..6 {
        let status = post(&ann, &format!("number {number}")).await.id;
        marks::pin(&ann, status).await.unwrap();
        statuses::delete(&ann, status).await.unwrap();
    }
}

#[tokio::test]
async fn pins_are_few_and_ones_own() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut pinned = Vec::new();
    for number in 0..5 {
        let status = post(&ann, &format!("{number}")).await.id;
        assert!(
            marks::pin(&ann, status)
                .await
                .unwrap()
                .viewer
                .unwrap()
                .pinned
        );
        pinned.push(status);
    }
    let sixth = post(&ann, "sixth").await.id;
    assert!(matches!(
        marks::pin(&ann, sixth).await,
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        marks::pin(&bob, sixth).await,
        Err(Error::Invalid(_))
    ));
    marks::unpin(&ann, pinned[0]).await.unwrap();
    marks::pin(&ann, sixth).await.unwrap();
    let filter = AccountFilter {
        pinned: true,
        ..AccountFilter::default()
    };
    let shown = statuses::of_account(&bob, id(&ann), filter, PageRequest::first(20)).await;
    let shown: Vec<_> = shown.unwrap().items.iter().map(|view| view.id).collect();
    assert_eq!(shown, [sixth, pinned[4], pinned[3], pinned[2], pinned[1]]);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let world = World::new();
    let ann = world.person("ann").await;
    for (text, why) in [
        ("", "Text can't be blank"),
        ("  \n ", "Text can't be blank"),
        (&"x".repeat(501), "Text character limit of 500 exceeded"),
    ] {
        match statuses::create(&ann, draft(text)).await {
            Err(Error::Invalid(said)) => assert_eq!(said, why),
            other => panic!("{text:?}: {other:?}"),
        }
    }
    assert!(
        statuses::create(&ann, draft(&"\u{1F980}".repeat(500)))
            .await
            .is_ok()
    );
    assert!(matches!(
        statuses::create(&world.anonymous(), draft("hi")).await,
        Err(Error::Unauthenticated)
    ));
}

#[tokio::test]
async fn muted_threads_are_silent() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let root = post(&ann, "root").await.id;
    let first = reply(&bob, root, "@ann one").await.id;
    assert!(
        marks::mute_thread(&ann, first)
            .await
            .unwrap()
            .viewer
            .unwrap()
            .muted
    );
    reply(&bob, first, "@ann two").await;
    marks::favourite(&bob, root).await.unwrap();
    assert_eq!(kinds(&ann).await.len(), 1);
    marks::unmute_thread(&ann, root).await.unwrap();
    reply(&bob, first, "@ann three").await;
    assert_eq!(kinds(&ann).await.len(), 2);
}

#[tokio::test]
async fn cleared_notifications_leave_the_store() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    for number in 0..250 {
        post(&bob, &format!("@ann {number}")).await;
    }
    world.wall.advance_ms(60_000);
    notifications::clear(&ann).await.unwrap();
    post(&bob, "@ann after").await;
    let store = &world.social.store;
    let count = async || {
        let rows = store
            .scan::<Notifications>(&(id(&ann), Id::MIN))
            .limit(1_000);
        rows.await.unwrap().len()
    };
    assert_eq!(count().await, 251);
    let handler = Arc::new(notifications::RemoveCleared(world.social.clone()));
    for _ in 0..2 {
        petrel_jobs::run_due(store, world.social.entropy.clone(), vec![handler.clone()])
            .await
            .unwrap();
        assert_eq!(count().await, 1);
    }
    assert_eq!(kinds(&ann).await, [NotificationKind::Mention]);
}

#[tokio::test]
async fn who_reblogged_for_followers_is_told_to_them_alone() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let (cas, dee) = (world.person("cas").await, world.person("dee").await);
    follow(&cas, &bob).await;
    let status = post(&ann, "to be passed on").await;
    let quietly = Some(Visibility::Private);
    marks::reblog(&bob, status.id, quietly).await.unwrap();
    marks::reblog(&dee, status.id, None).await.unwrap();
    for (viewer, expected) in [
        (&world.anonymous(), vec![id(&dee)]),
        (&ann, vec![id(&dee)]),
        (&cas, vec![id(&dee), id(&bob)]),
        (&bob, vec![id(&dee), id(&bob)]),
    ] {
        let page = marks::reblogged_by(viewer, status.id, PageRequest::first(40)).await;
        let told: Vec<_> = page.unwrap().items.iter().map(|view| view.id).collect();
        assert_eq!(told, expected);
    }
}

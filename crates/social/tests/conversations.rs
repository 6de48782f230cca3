//! Conversations: direct statuses of one thread among the same people, as each of them finds them.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, draft, id, post, post_for};
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::{AccountId, StatusId};
use petrel_model::limits::MENTIONS_MAX;
use petrel_model::visibility::Visibility;
use petrel_social::page::{Page, PageRequest};
use petrel_social::relations::MuteOptions;
use petrel_social::statuses::{CleanUp, Draft, Edit, NotifyMentions};
use petrel_social::views::ConversationView;
use petrel_social::{Ctx, Error, conversations, marks, relations, statuses};

async fn whisper(ctx: &Ctx, text: &str) -> StatusId {
    post_for(ctx, text, Visibility::Direct).await.id
}

async fn answer(ctx: &Ctx, to: StatusId, text: &str) -> StatusId {
    let draft = Draft {
        in_reply_to: Some(to),
        visibility: Some(Visibility::Direct),
        ..draft(text)
    };
    statuses::create(ctx, draft).await.unwrap().id
}

async fn page(ctx: &Ctx, page: PageRequest) -> Page<ConversationView> {
    conversations::list(ctx, page).await.unwrap()
}

async fn all(ctx: &Ctx) -> Vec<ConversationView> {
    page(ctx, PageRequest::first(40)).await.items
}

/// The last statuses of all conversations.
async fn last(ctx: &Ctx) -> Vec<StatusId> {
    ids(&all(ctx).await)
}

fn ids(views: &[ConversationView]) -> Vec<StatusId> {
    let views = views.iter();
    views
        .map(|view| view.last_status.as_ref().unwrap().id)
        .collect()
}

fn people(view: &ConversationView) -> Vec<AccountId> {
    view.accounts.iter().map(|account| account.id).collect()
}

async fn run_jobs(world: &World) {
    let social = &world.social;
    petrel_jobs::run_due(
        &social.store,
        Arc::new(SeededEntropy::new(1)),
        vec![
            Arc::new(CleanUp(social.clone())),
            Arc::new(NotifyMentions(social.clone())),
        ],
    )
    .await
    .unwrap();
    assert_eq!(
        petrel_jobs::dead_letters(&social.store, 10).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_thread_among_the_same_people_is_one_conversation() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cy = world.person("cy").await;
    let first = whisper(&ann, "@bob hello").await;
    post(&ann, "@bob in public").await;
    let [of_ann] = &all(&ann).await[..] else {
        panic!("one conversation");
    };
    let [of_bob] = &all(&bob).await[..] else {
        panic!("one conversation");
    };
    assert_eq!((of_ann.unread, of_bob.unread), (false, true));
    assert_eq!(
        (people(of_ann), people(of_bob)),
        (vec![id(&bob)], vec![id(&ann)])
    );
    assert_eq!(of_ann.id, of_bob.id);
    let second = answer(&bob, first, "@ann yes").await;
    assert_eq!(last(&ann).await, [second]);
    assert_eq!(all(&ann).await[0].id, of_ann.id);
    assert!(all(&ann).await[0].unread && !all(&bob).await[0].unread);
    // With somebody else in it, it is another one.
    let third = answer(&bob, second, "@ann @cy look").await;
    assert_eq!(last(&ann).await, [third, second]);
    assert_eq!(last(&cy).await, [third]);
    assert_eq!(people(&all(&cy).await[0]).len(), 2);
    // And whoever talks to nobody talks to themselves.
    let alone = whisper(&cy, "a note").await;
    let views = all(&cy).await;
    assert_eq!((ids(&views)[0], people(&views[0])), (alone, vec![id(&cy)]));
}

#[tokio::test]
async fn what_is_read_stays_read_until_there_is_news() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = whisper(&ann, "@bob one").await;
    let conversation = all(&bob).await[0].id;
    assert!(
        !conversations::mark_read(&bob, conversation)
            .await
            .unwrap()
            .unread
    );
    assert!(!all(&bob).await[0].unread);
    assert!(
        conversations::mark_unread(&bob, conversation)
            .await
            .unwrap()
            .unread
    );
    assert!(all(&bob).await[0].unread);
    conversations::mark_read(&bob, conversation).await.unwrap();
    answer(&ann, first, "@bob two").await;
    assert!(all(&bob).await[0].unread);
    let strange = conversations::mark_read(&world.person("cy").await, conversation).await;
    assert!(matches!(strange, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_is_removed_comes_back_with_what_is_new() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = whisper(&ann, "@bob one").await;
    let conversation = all(&bob).await[0].id;
    conversations::remove(&bob, conversation).await.unwrap();
    assert_eq!(last(&bob).await, []);
    assert_eq!(last(&ann).await, [first]);
    let again = conversations::remove(&bob, conversation).await;
    assert!(matches!(again, Err(Error::NotFound)));
    let second = answer(&ann, first, "@bob two").await;
    assert_eq!(last(&bob).await, [second]);
    assert_eq!(all(&bob).await[0].id, conversation);
    // What was there before the removal does not come back with it.
    statuses::delete(&ann, second).await.unwrap();
    assert_eq!(last(&bob).await, []);
}

#[tokio::test]
async fn a_deleted_status_gives_way_to_the_one_before() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = whisper(&ann, "@bob one").await;
    let second = answer(&bob, first, "@ann two").await;
    let other = whisper(&ann, "@bob another").await;
    statuses::delete(&bob, second).await.unwrap();
    assert_eq!(last(&ann).await, [other, first]);
    run_jobs(&world).await;
    assert_eq!(last(&bob).await, [other, first]);
    statuses::delete(&ann, first).await.unwrap();
    run_jobs(&world).await;
    assert_eq!(last(&ann).await, [other]);
}

#[tokio::test]
async fn nothing_is_shown_that_the_gate_refuses() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cy = world.person("cy").await;
    let first = whisper(&ann, "@bob @cy one").await;
    relations::block(&bob, id(&ann)).await.unwrap();
    assert_eq!(last(&bob).await, []);
    assert_eq!(last(&cy).await, [first]);
    // Nor what those say to whom one blocks.
    answer(&cy, first, "@bob @ann two").await;
    assert_eq!(last(&bob).await, []);
    relations::unblock(&bob, id(&ann)).await.unwrap();
    assert_eq!(last(&bob).await.len(), 1);
    let mute = MuteOptions {
        notifications: true,
        duration_s: 0,
    };
    relations::mute(&bob, id(&cy), mute).await.unwrap();
    assert_eq!(last(&bob).await, [first]);
    // An edit that names somebody no more takes it from them.
    let edit = Edit {
        text: Some("@cy only".to_owned()),
        ..Edit::default()
    };
    statuses::edit(&ann, first, edit).await.unwrap();
    assert_eq!(last(&bob).await, []);
}

#[tokio::test]
async fn whom_an_edit_names_takes_part() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = whisper(&ann, "a note").await;
    let edit = Edit {
        text: Some("@bob a note".to_owned()),
        ..Edit::default()
    };
    statuses::edit(&ann, first, edit).await.unwrap();
    assert_eq!(last(&bob).await, [first]);
    assert_eq!(last(&ann).await, [first]);
}

#[tokio::test]
async fn a_muted_thread_does_not_come_up_again() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = whisper(&ann, "@bob one").await;
    marks::mute_thread(&bob, first).await.unwrap();
    world.tick();
    let second = answer(&ann, first, "@bob two").await;
    assert_eq!(last(&bob).await, [first]);
    let own = answer(&bob, second, "@ann three").await;
    assert_eq!(last(&bob).await, [own]);
    marks::unmute_thread(&bob, first).await.unwrap();
    let last_one = answer(&ann, own, "@bob four").await;
    assert_eq!(last(&bob).await, [last_one]);
}

#[tokio::test]
async fn pages_hold_each_conversation_once() {
    let world = World::with_chapters_of(10);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut threads = Vec::new();
    for number in 0..7 {
        threads.push(whisper(&ann, &format!("@bob {number}")).await);
        world.tick();
    }
    // Every other one goes on.
    for thread in threads.iter().step_by(2) {
        answer(&bob, *thread, "@ann on").await;
        world.tick();
    }
    let gone = answer(&bob, threads[1], "@ann gone").await;
    statuses::delete(&bob, gone).await.unwrap();
    let everything = last(&ann).await;
    assert_eq!(everything.len(), 7);
    let mut request = PageRequest::first(2);
    let mut found = Vec::new();
    loop {
        let page = page(&ann, request).await;
        found.extend(ids(&page.items));
        match page.next_max_id {
            Some(next) => request.max_id = Some(next),
            None => break,
        }
    }
    assert_eq!(found, everything);
    // Upwards, the ones next to the cursor.
    let above = PageRequest {
        min_id: Some(everything[4].0),
        ..PageRequest::first(2)
    };
    assert_eq!(ids(&page(&ann, above).await.items), everything[2..4]);
    let since = PageRequest {
        since_id: Some(everything[4].0),
        ..PageRequest::first(2)
    };
    assert_eq!(ids(&page(&ann, since).await.items), everything[..2]);
}

#[tokio::test]
async fn everybody_named_takes_part_however_many_they_are() {
    let world = World::new();
    let ann = world.person("ann").await;
    let (mut crowd, mut text) = (Vec::new(), String::new());
    for number in 0..MENTIONS_MAX {
        let name = format!("p{number}");
        text += &format!("@{name} ");
        crowd.push(world.person(&name).await);
    }
    let status = whisper(&ann, &text).await;
    assert_eq!(last(&ann).await, [status]);
    run_jobs(&world).await;
    for one in &crowd {
        assert_eq!(last(one).await, [status]);
    }
    assert_eq!(people(&all(&ann).await[0]).len(), MENTIONS_MAX);
}

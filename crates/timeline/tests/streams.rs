//! What sessions hear, and when they end.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{Dice, World, draft, id, post};
use petrel_model::event::{About, AccountChange, Event, StatusEvent};
use petrel_model::id::{Id, StatusId};
use petrel_model::scope::Scope;
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::{self, ListUpdate, NewList};
use petrel_social::error::Error;
use petrel_social::page::PageRequest;
use petrel_social::relations::FollowOptions;
use petrel_social::statuses::{Draft, Edit};
use petrel_social::{
    Caller, Ctx, accounts, conversations, marks, relations, statuses, tag_follows,
};
use petrel_store::events::Happened;
use petrel_store::{Listener, Stamp};
use petrel_timeline::log::LogSettings;
use petrel_timeline::{Channel, Payload, Streams, Subscription};

/// Polls of a session after which nothing more is to be heard of it: look-ups on the simulated
/// engine take far fewer.
const POLLS: usize = 200;

/// Everything that the session hears now.
async fn heard(session: &mut Subscription) -> Vec<(Vec<Channel>, String)> {
    let mut events = Vec::new();
    let mut quiet = 0;
    while quiet < POLLS {
        tokio::select! {
            biased;
            event = session.next() => match event {
                Some(event) => {
                    quiet = 0;
                    events.push((event.channels, told(&event.payload)));
                }
                None => {
                    events.push((Vec::new(), "end".to_owned()));
                    break;
                }
            },
            () = tokio::task::yield_now() => quiet += 1,
        }
    }
    events
}

fn told(payload: &Payload) -> String {
    match payload {
        Payload::Update(view) => format!("update {}", view.id),
        Payload::StatusUpdate(view) => format!("edit {} {}", view.id, view.text),
        Payload::Delete(id) => format!("delete {id}"),
        Payload::Notification(view) => format!("notification {}", view.kind.as_str()),
        Payload::Conversation(view) => {
            let last_status = view
                .last_status
                .as_ref()
                .map(|status| status.id.to_string());
            format!("conversation {}", last_status.unwrap_or_default())
        }
        Payload::FiltersChanged => "filters changed".to_owned(),
    }
}

async fn texts(session: &mut Subscription) -> Vec<String> {
    heard(session)
        .await
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

async fn listen(world: &World, ctx: &Ctx, channels: &[Channel]) -> Subscription {
    let session = world
        .streams
        .subscribe(ctx.clone(), channels.to_vec())
        .await;
    session.expect("the session is opened")
}

async fn follow(ctx: &Ctx, other: &Ctx) {
    relations::follow(ctx, id(other), FollowOptions::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn followers_hear_until_they_no_longer_follow() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut session = listen(&world, &bob, &[Channel::User]).await;
    post(&ann, "nobody hears this").await;
    assert!(texts(&mut session).await.is_empty());
    follow(&bob, &ann).await;
    let status = post(&ann, "hello").await;
    let edit = Edit {
        text: Some("hello again".to_owned()),
        ..Edit::default()
    };
    let expected = [(vec![Channel::User], format!("update {status}"))];
    assert_eq!(heard(&mut session).await, expected);
    world.tick();
    statuses::edit(&ann, status, edit).await.unwrap();
    statuses::delete(&ann, status).await.unwrap();
    // The edit is not shown any more: the status is gone by the time it would be.
    assert_eq!(texts(&mut session).await, [format!("delete {status}")]);
    let last = post(&ann, "still in the queue").await;
    relations::unfollow(&bob, id(&ann)).await.unwrap();
    assert!(
        texts(&mut session).await.is_empty(),
        "{last} was judged when it was heard"
    );
    follow(&bob, &ann).await;
    post(&ann, "in the queue").await;
    relations::block(&ann, id(&bob)).await.unwrap();
    assert!(texts(&mut session).await.is_empty());
}

#[tokio::test]
async fn own_statuses_edits_and_notifications_are_heard() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut session = listen(&world, &ann, &[Channel::User]).await;
    let mut only = listen(&world, &ann, &[Channel::UserNotification]).await;
    let status = post(&ann, "hello").await;
    assert_eq!(texts(&mut session).await, [format!("update {status}")]);
    world.tick();
    let edit = Edit {
        text: Some("hi".to_owned()),
        ..Edit::default()
    };
    statuses::edit(&ann, status, edit).await.unwrap();
    marks::favourite(&bob, status).await.unwrap();
    post(&bob, "hello @ann").await;
    let expected = [
        "notification favourite".to_owned(),
        "notification mention".to_owned(),
    ];
    assert_eq!(texts(&mut only).await, expected);
    let with_edit = [vec![format!("edit {status} hi")], expected.to_vec()].concat();
    assert_eq!(texts(&mut session).await, with_edit);
}

async fn edit(ctx: &Ctx, status: StatusId, text: &str) {
    let edit = Edit {
        text: Some(text.to_owned()),
        ..Edit::default()
    };
    statuses::edit(ctx, status, edit).await.unwrap();
}

#[tokio::test]
async fn who_is_named_hears_of_edits_and_deletions_without_following() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cy = world.person("cy").await;
    let mut user = listen(&world, &bob, &[Channel::User]).await;
    let mut only = listen(&world, &bob, &[Channel::UserNotification]).await;
    let mut other = listen(&world, &cy, &[Channel::User]).await;
    let status = post(&ann, "@bob you owe me 10").await;
    for session in [&mut user, &mut only] {
        assert_eq!(texts(session).await, ["notification mention"]);
    }
    world.tick();
    edit(&ann, status, "@bob you owe me 5").await;
    let edited = format!("edit {status} @bob you owe me 5");
    let expected = [(vec![Channel::User], edited.clone())];
    assert_eq!(heard(&mut user).await, expected);
    let expected = [(vec![Channel::UserNotification], edited)];
    assert_eq!(heard(&mut only).await, expected);
    statuses::delete(&ann, status).await.unwrap();
    let expected = [(vec![Channel::User], format!("delete {status}"))];
    assert_eq!(heard(&mut user).await, expected);
    assert!(texts(&mut only).await.is_empty());
    let wrong = Draft {
        visibility: Some(Visibility::Direct),
        ..draft("@bob psst")
    };
    let wrong = statuses::create(&ann, wrong).await.unwrap().id;
    assert_eq!(texts(&mut user).await, ["notification mention"]);
    statuses::delete(&ann, wrong).await.unwrap();
    assert_eq!(texts(&mut user).await, [format!("delete {wrong}")]);
    assert!(texts(&mut other).await.is_empty());
}

#[tokio::test]
async fn who_is_named_and_follows_hears_of_an_edit_once_and_not_across_a_block() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut user = listen(&world, &bob, &[Channel::User]).await;
    follow(&bob, &ann).await;
    let status = post(&ann, "@bob you owe me 10").await;
    let second = post(&ann, "@bob hello").await;
    assert_eq!(texts(&mut user).await.len(), 4);
    world.tick();
    edit(&ann, status, "@bob you owe me 5").await;
    let edited = format!("edit {status} @bob you owe me 5");
    assert_eq!(texts(&mut user).await, [edited]);
    statuses::delete(&ann, status).await.unwrap();
    assert_eq!(texts(&mut user).await, [format!("delete {status}")]);
    // What is known of a status is not told to who may not be shown it any more.
    relations::block(&ann, id(&bob)).await.unwrap();
    edit(&ann, second, "@bob hello again").await;
    assert!(texts(&mut user).await.is_empty());
    statuses::delete(&ann, second).await.unwrap();
    assert!(texts(&mut user).await.is_empty());
}

#[tokio::test]
async fn open_channels_carry_what_is_public_and_nothing_else() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let tag = Channel::parse("hashtag", Some("One"), None).unwrap();
    let mut session = listen(&world, &world.anonymous(), &[Channel::Public, tag.clone()]).await;
    for visibility in [
        Visibility::Unlisted,
        Visibility::Private,
        Visibility::Direct,
    ] {
        let hidden = Draft {
            visibility: Some(visibility),
            ..draft("@bob #one")
        };
        let hidden = statuses::create(&ann, hidden).await.unwrap().id;
        statuses::delete(&ann, hidden).await.unwrap();
    }
    assert!(heard(&mut session).await.is_empty());
    let status = post(&ann, "hello #one").await;
    let reply = Draft {
        in_reply_to: Some(status),
        ..draft("hello #One")
    };
    let reply = statuses::create(&bob, reply).await.unwrap().id;
    marks::reblog(&bob, status, None).await.unwrap();
    let both = vec![Channel::Public, tag.clone()];
    let expected = [
        (both, format!("update {status}")),
        (vec![tag.clone()], format!("update {reply}")),
    ];
    assert_eq!(heard(&mut session).await, expected);
    session.remove(&Channel::Public);
    session.remove(&tag);
    post(&ann, "hello #one").await;
    assert!(heard(&mut session).await.is_empty());
    let personal = world
        .streams
        .subscribe(world.anonymous(), vec![Channel::User])
        .await;
    assert!(matches!(personal, Err(Error::Unauthenticated)));
    drop(session);
    assert_eq!(world.streams.session_count(), 0);
}

#[tokio::test]
async fn a_session_ends_with_its_token_its_account_or_when_it_does_not_keep_up() {
    let world = World::new(LogSettings::default(), None);
    let ann = world.person("ann").await;
    let with_token = |number: u64| Ctx {
        caller: Caller::User {
            account: id(&ann),
            token: Some(Id(number)),
            app: None,
            scopes: Scope::all().collect(),
        },
        ..ann.clone()
    };
    let mut first = listen(&world, &with_token(1), &[Channel::User]).await;
    let mut second = listen(&world, &with_token(2), &[Channel::User]).await;
    let mut batch = world.social.store.batch();
    batch.emit(Event::AccessEnded {
        account: id(&ann),
        token: Some(Id(1)),
    });
    let status = post(&ann, "before").await;
    batch.commit().await.unwrap();
    assert_eq!(
        texts(&mut first).await,
        ["end"],
        "nothing after the end, whatever was queued"
    );
    assert_eq!(texts(&mut second).await, [format!("update {status}")]);
    for number in 0..400 {
        post(&ann, &format!("too much {number}")).await;
    }
    assert_eq!(texts(&mut second).await, ["end"]);
    let mut third = listen(&world, &with_token(3), &[Channel::User]).await;
    accounts::suspend(&world.system(), id(&ann)).await.unwrap();
    assert_eq!(texts(&mut third).await, ["end"]);
    let mut fourth = listen(&world, &ann, &[Channel::Public]).await;
    let mut batch = world.social.store.batch();
    batch.emit(Event::AccountChanged {
        account: id(&ann),
        change: AccountChange::Deleted,
    });
    batch.commit().await.unwrap();
    assert_eq!(texts(&mut fourth).await, ["end"]);
    assert_eq!(world.streams.session_count(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_yet_is_shown_when_it_can() {
    let world = World::new(LogSettings::default(), None);
    let ann = world.person("ann").await;
    let (first, second) = (post(&ann, "one").await, post(&ann, "two").await);
    // Time stands still, so the ids follow each other.
    let third = StatusId(Id(2 * second.0.0 - first.0.0));
    let streams = Arc::new(Streams::new(world.timelines.clone()));
    let mut session = streams
        .subscribe(ann.clone(), vec![Channel::User])
        .await
        .unwrap();
    let happened = |settled| Happened {
        node: 0,
        token: 1,
        sequence: 1_000,
        stamp: Stamp(1),
        event: Event::StatusCreated(StatusEvent {
            id: third,
            account: id(&ann),
            visibility: Visibility::Public,
            about: About::Nothing,
            language: String::new(),
            mentions: Vec::new(),
            tags: Vec::new(),
            has_media: false,
        }),
        settled,
    };
    streams.happened(&happened(false));
    assert!(heard(&mut session).await.is_empty(), "not whole yet");
    streams.happened(&happened(true));
    assert!(heard(&mut session).await.is_empty(), "not to be read yet");
    assert_eq!(post(&ann, "three").await, third);
    let shown = session.next().await.unwrap();
    assert_eq!(told(&shown.payload), format!("update {third}"));
    assert!(heard(&mut session).await.is_empty());
}

/// One of the things that make a status arrive, or not.
async fn something_arrives(dice: &Dice, people: &[Ctx], known: &[StatusId]) -> Option<StatusId> {
    let (actor, other) = (dice.one_of(people), dice.one_of(people));
    let old = (!known.is_empty()).then(|| *dice.one_of(known));
    match dice.below(10) {
        0 => drop(relations::follow(actor, id(other), FollowOptions::default()).await),
        1 => drop(relations::unfollow(actor, id(other)).await),
        2 if dice.below(3) == 0 => drop(relations::block(actor, id(other)).await),
        3 => drop(relations::unblock(actor, id(other)).await),
        4 | 5 => {
            let reblog = marks::reblog(actor, old?, None).await;
            return reblog
                .ok()
                .map(|view| view.id)
                .filter(|id| !known.contains(id));
        }
        number => {
            let draft = Draft {
                visibility: Some(*dice.one_of(&Visibility::ALL)),
                in_reply_to: old.filter(|_| number < 8),
                ..draft(&format!("hello @p{}", dice.below(people.len())))
            };
            return statuses::create(actor, draft)
                .await
                .ok()
                .map(|view| view.id);
        }
    }
    None
}

#[tokio::test]
async fn a_status_reaches_a_stream_exactly_when_it_is_in_home() {
    for seed in 0..10 {
        let world = World::new(LogSettings::default(), None);
        let dice = Dice::new(seed);
        let (mut people, mut sessions) = (Vec::new(), Vec::new());
        for number in 0..5 {
            people.push(world.person(&format!("p{number}")).await);
            sessions.push(listen(&world, &people[number], &[Channel::User]).await);
        }
        let mut known = Vec::new();
        for step in 0..120 {
            let arrived = something_arrives(&dice, &people, &known).await;
            for (person, session) in people.iter().zip(&mut sessions) {
                let updates = texts(session).await;
                let updates = updates
                    .iter()
                    .filter(|text| text.starts_with("update"))
                    .count();
                let home = world
                    .timelines
                    .home(person, PageRequest::first(40))
                    .await
                    .unwrap();
                let is_in = |status| home.items.iter().any(|view| view.id == status);
                let expected = usize::from(arrived.is_some_and(is_in));
                assert_eq!(updates, expected, "seed {seed}, step {step}, {arrived:?}");
            }
            known.extend(arrived);
            world.tick();
        }
    }
}

async fn list_of(ctx: &Ctx, exclusive: bool) -> Id {
    let new = NewList {
        title: "a list".to_owned(),
        exclusive,
        ..NewList::default()
    };
    account_lists::create(ctx, new).await.unwrap().id
}

#[tokio::test]
async fn a_list_is_heard_by_its_owner_alone_and_as_it_is_now() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob, carl) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("carl").await,
    );
    let list = list_of(&ann, false).await;
    let channels = vec![Channel::List(list)];
    let other = world.streams.subscribe(bob.clone(), channels.clone()).await;
    assert!(matches!(other.err(), Some(Error::NotFound)));
    let mut session = listen(&world, &ann, &channels).await;
    follow(&ann, &bob).await;
    follow(&ann, &carl).await;
    post(&bob, "not on it yet").await;
    assert!(texts(&mut session).await.is_empty());
    account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
    let shown = post(&bob, "on it").await;
    let to_carl = Draft {
        in_reply_to: Some(post(&carl, "not on it").await),
        ..draft("to somebody who is not on it")
    };
    statuses::create(&bob, to_carl).await.unwrap();
    let expected = [(channels.clone(), format!("update {shown}"))];
    assert_eq!(heard(&mut session).await, expected);
    statuses::delete(&bob, shown).await.unwrap();
    assert_eq!(texts(&mut session).await, [format!("delete {shown}")]);
    account_lists::remove(&ann, list, &[id(&bob)])
        .await
        .unwrap();
    post(&bob, "off it again").await;
    assert!(texts(&mut session).await.is_empty());
    account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
    account_lists::delete(&ann, list).await.unwrap();
    post(&bob, "there is no list").await;
    assert!(texts(&mut session).await.is_empty());
}

#[tokio::test]
async fn home_is_heard_without_those_on_exclusive_lists_and_with_followed_hashtags() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let stranger = world.person("stranger").await;
    follow(&ann, &bob).await;
    tag_follows::follow(&ann, "tern").await.unwrap();
    let list = list_of(&ann, false).await;
    account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
    let mut session = listen(&world, &ann, &[Channel::User]).await;
    let before = post(&bob, "in home").await;
    assert_eq!(texts(&mut session).await, [format!("update {before}")]);
    let exclusive = |exclusive| ListUpdate {
        exclusive: Some(exclusive),
        ..ListUpdate::default()
    };
    account_lists::update(&ann, list, exclusive(true))
        .await
        .unwrap();
    post(&bob, "in the list alone").await;
    assert!(texts(&mut session).await.is_empty());
    account_lists::update(&ann, list, exclusive(false))
        .await
        .unwrap();
    let after = post(&bob, "in home again").await;
    assert_eq!(texts(&mut session).await, [format!("update {after}")]);
    post(&stranger, "not followed #gull").await;
    let known = post(&stranger, "followed before #Tern").await;
    assert_eq!(texts(&mut session).await, [format!("update {known}")]);
    tag_follows::follow(&ann, "gull").await.unwrap();
    let tagged = post(&stranger, "followed #Gull").await;
    let unlisted = Draft {
        visibility: Some(Visibility::Unlisted),
        ..draft("not public #gull")
    };
    statuses::create(&stranger, unlisted).await.unwrap();
    assert_eq!(texts(&mut session).await, [format!("update {tagged}")]);
    // The channel of a hashtag may go; home still hears it.
    let channel = Channel::Hashtag("gull".to_owned());
    session.add(channel.clone()).await.unwrap();
    session.remove(&channel);
    let tagged = post(&stranger, "still followed #gull").await;
    assert_eq!(texts(&mut session).await, [format!("update {tagged}")]);
    tag_follows::unfollow(&ann, "gull").await.unwrap();
    post(&stranger, "no longer #gull").await;
    assert!(texts(&mut session).await.is_empty());
}

#[tokio::test]
async fn what_has_no_media_is_not_heard_where_only_media_are() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let channels = [
        Channel::PublicMedia,
        Channel::PublicLocalMedia,
        Channel::PublicRemote,
        Channel::PublicRemoteMedia,
    ];
    let mut session = listen(&world, &ann, &channels).await;
    let bare = post(&bob, "hello").await;
    assert!(texts(&mut session).await.is_empty());
    let mut events = statuses::events_of(&world.social.store, &[bare])
        .await
        .unwrap();
    let mut event = events.remove(0);
    event.has_media = true;
    world.streams.happened(&Happened {
        event: Event::StatusEdited(event),
        sequence: 1_000,
        node: 0,
        token: 1,
        stamp: Stamp(1),
        settled: true,
    });
    let found = heard(&mut session).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, channels[..2]);
}

#[tokio::test]
async fn conversations_are_told_to_those_who_take_part() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cy = world.person("cy").await;
    let mut sessions = Vec::new();
    for ctx in [&ann, &bob, &cy] {
        sessions.push(listen(&world, ctx, &[Channel::Direct]).await);
    }
    let direct = Draft {
        visibility: Some(Visibility::Direct),
        ..draft("@bob psst")
    };
    let status = statuses::create(&ann, direct).await.unwrap().id;
    let told = [(vec![Channel::Direct], format!("conversation {status}"))];
    for (session, told) in sessions.iter_mut().zip([&told[..], &told, &[]]) {
        assert_eq!(heard(session).await, told);
    }
    let conversation = conversations::of_status(&bob, status).await.unwrap();
    let conversation = conversation.unwrap().id;
    conversations::mark_read(&bob, conversation).await.unwrap();
    for (session, told) in sessions.iter_mut().zip([&[][..], &told, &[]]) {
        assert_eq!(heard(session).await, told);
    }
    // Whoever blocks its author is told nothing more.
    relations::block(&bob, id(&ann)).await.unwrap();
    let again = Draft {
        in_reply_to: Some(status),
        visibility: Some(Visibility::Direct),
        ..draft("@bob again")
    };
    statuses::create(&ann, again).await.unwrap();
    assert_eq!(heard(&mut sessions[1]).await, []);
    assert_eq!(heard(&mut sessions[0]).await.len(), 1);
}

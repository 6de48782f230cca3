//! What streams on several nodes tell, and what it costs to know that they may.

use crate::common::cluster::Cluster;
use crate::common::{Dice, World};
use crate::{NODES, follow, home, people, write};
use petrel_model::id::{AccountId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::{Ctx, marks, relations, statuses};
use petrel_store::sim::Hostility;
use petrel_timeline::log::LogSettings;
use petrel_timeline::{Channel, Payload, Subscription};
use std::collections::HashMap;

/// Polls of a session after which nothing more is to be heard of it.
const POLLS: usize = 300;

async fn listen(world: &World, ctx: &Ctx) -> Subscription {
    let session = world.streams.subscribe(ctx.clone(), vec![Channel::User]);
    session.await.expect("the session is opened")
}

/// The next event, if it comes without anything else happening.
async fn next_now(session: &mut Subscription) -> Option<Payload> {
    let mut next = std::pin::pin!(session.next());
    for _ in 0..POLLS {
        tokio::select! {
            biased;
            event = &mut next => return Some(event.expect("the session goes on").payload),
            () = tokio::task::yield_now() => {}
        }
    }
    None
}

/// The statuses that the session is shown now, or told that they are gone.
async fn updates(session: &mut Subscription) -> Vec<StatusId> {
    let mut updates = Vec::new();
    while let Some(payload) = next_now(session).await {
        match payload {
            Payload::Update(view) => updates.push(view.id),
            Payload::Delete(id) => updates.push(id),
            _ => {}
        }
    }
    updates
}

/// What ann forbade on one node before she wrote on another is not shown on a third, whose only
/// news is of what she wrote.
#[tokio::test]
async fn what_was_forbidden_on_another_node_before_is_never_shown() {
    let mut cluster = Cluster::new(5, Hostility::SLOW, LogSettings::default()).await;
    let dice = Dice::new(5);
    let people = people(&cluster, 2).await;
    let (ann, bob) = (people[0], people[1]);
    let mut sessions = Vec::new();
    for node in 0..NODES {
        let ctx = cluster.attended(node, bob).await;
        sessions.push(listen(&cluster.nodes[node], &ctx).await);
    }
    for round in 0..40 {
        let order = [dice.below(NODES), dice.below(NODES), dice.below(NODES)];
        let [one, two, three] = order;
        let what = format!("round {round}, nodes {order:?}");
        relations::unblock(&cluster.attended(one, ann).await, bob)
            .await
            .unwrap();
        follow(&cluster.attended(two, bob).await, ann).await;
        let allowed = write(&cluster.attended(one, ann).await, Visibility::Private).await;
        cluster.deliver_all();
        cluster.pass(3_000).await;
        for (node, session) in sessions.iter_mut().enumerate() {
            assert_eq!(
                updates(session).await,
                [allowed],
                "{what}: stream on {node}"
            );
        }
        let reader = cluster.attended(three, bob).await;
        assert_eq!(
            home(&cluster.nodes[three], &reader).await[0],
            allowed,
            "{what}"
        );

        let forbids = cluster.attended(one, ann).await;
        match dice.below(2) {
            0 => relations::remove_follower(&forbids, bob).await.unwrap(),
            _ => relations::block(&forbids, bob).await.unwrap(),
        };
        cluster.lose_all();
        let writes = cluster.attended(two, ann).await;
        let hidden = match dice.below(3) {
            0 => write(&writes, Visibility::Private).await,
            // Not even what is public is in the home of who no longer follows.
            1 => write(&writes, Visibility::Public).await,
            _ => {
                statuses::delete(&writes, allowed).await.unwrap();
                allowed
            }
        };
        cluster.deliver_all();
        // As if the door had let him in just before.
        let shown = home(&cluster.nodes[three], &reader).await;
        assert!(!shown.contains(&hidden), "{what}: home");
        for (node, session) in sessions.iter_mut().enumerate() {
            assert!(
                updates(session).await.is_empty(),
                "{what}: stream on {node}"
            );
        }
        cluster.pass(1_000).await;
        for (node, session) in sessions.iter_mut().enumerate() {
            assert!(updates(session).await.is_empty(), "{what}: later on {node}");
        }
    }
}

/// What sessions hear of an event costs the engine no more for many of them than for one.
#[tokio::test]
async fn sessions_share_their_look_at_the_other_nodes() {
    let (alone, many) = (reads_of_an_event(1, 1).await, reads_of_an_event(3, 8).await);
    println!("one session: {alone}, 24 of three viewers: {many}");
    assert!(many <= alone + 1, "{many} reads, {alone} for one session");
    assert!(alone <= 3, "{alone}");
}

/// Sessions of that many viewers, as many of each, hear of one status of another node; as many more
/// that hear other channels cost nothing.
async fn reads_of_an_event(viewers: usize, each: usize) -> usize {
    let mut cluster = Cluster::new(70, Hostility::CALM, LogSettings::default()).await;
    let people = people(&cluster, viewers + 1).await;
    let (ann, readers) = people.split_last().unwrap();
    let mut sessions = Vec::new();
    let mut others = Vec::new();
    for reader in readers {
        let ctx = cluster.attended(0, *reader).await;
        follow(&ctx, *ann).await;
        for _ in 0..each {
            sessions.push(listen(&cluster.nodes[0], &ctx).await);
            let streams = &cluster.nodes[0].streams;
            let channels = vec![Channel::UserNotification, Channel::Direct];
            others.push(streams.subscribe(ctx.clone(), channels).await.unwrap());
        }
    }
    let mut reads = 0;
    for _ in 0..3 {
        cluster.deliver_all();
        cluster.pass(3_000).await;
        let status = write(&cluster.attended(1, *ann).await, Visibility::Public).await;
        cluster.deliver_all();
        cluster.nodes[0].counting.take();
        for session in &mut others {
            assert!(next_now(session).await.is_none());
        }
        assert_eq!(cluster.nodes[0].counting.take().reads.len(), 0);
        for session in &mut sessions {
            assert_eq!(updates(session).await, [status]);
        }
        let trips = cluster.nodes[0].counting.take();
        println!("{trips}");
        reads = trips.reads.len();
    }
    reads
}

/// No time passes between one event and the next: what was looked at for the first does not do for
/// the second.
#[tokio::test]
async fn a_look_is_shared_by_those_who_hear_the_same_event_only() {
    let mut cluster = Cluster::new(71, Hostility::CALM, LogSettings::default()).await;
    let people = people(&cluster, 3).await;
    let (ann, bob, cy) = (people[0], people[1], people[2]);
    let mut sessions = Vec::new();
    for reader in [bob, bob, cy] {
        let ctx = cluster.attended(0, reader).await;
        follow(&ctx, ann).await;
        sessions.push(listen(&cluster.nodes[0], &ctx).await);
    }
    cluster.deliver_all();
    cluster.pass(3_000).await;
    let mut known = Vec::new();
    for _ in 0..3 {
        let heard = write(&cluster.attended(1, ann).await, Visibility::Public).await;
        cluster.deliver_all();
        for session in &mut sessions {
            assert_eq!(updates(session).await, [heard]);
        }
        known.push(heard);
    }
    let forbids = cluster.attended(2, ann).await;
    relations::block(&forbids, bob).await.unwrap();
    cluster.lose_all();
    // A deletion is told without another look at its status.
    let deletes = cluster.attended(1, ann).await;
    statuses::delete(&deletes, known[0]).await.unwrap();
    cluster.deliver_all();
    for session in &mut sessions[..2] {
        assert_eq!(updates(session).await, []);
    }
    assert_eq!(updates(&mut sessions[2]).await, [known[0]]);
}

#[tokio::test]
async fn streams_reach_every_node_once_whether_the_hint_came_or_not() {
    for seed in 30..32 {
        let mut cluster = Cluster::new(seed, Hostility::SLOW, LogSettings::default()).await;
        let dice = Dice::new(seed);
        let people = people(&cluster, 4).await;
        for (reader, author) in [(0, 1), (0, 2), (1, 2), (3, 0), (3, 1)] {
            let reader = cluster.attended(dice.below(NODES), people[reader]).await;
            follow(&reader, people[author]).await;
        }
        cluster.pass(2_000).await;
        let mut sessions = Vec::new();
        for node in 0..NODES {
            for person in &people {
                let ctx = cluster.attended(node, *person).await;
                sessions.push((node, *person, listen(&cluster.nodes[node], &ctx).await));
            }
        }
        let mut told: HashMap<(usize, AccountId), Vec<StatusId>> = HashMap::new();
        let mut written = Vec::new();
        for _ in 0..30 {
            let author = cluster
                .attended(dice.below(NODES), *dice.one_of(&people))
                .await;
            match dice.below(4) {
                0 if !written.is_empty() => {
                    let reblog = marks::reblog(&author, *dice.one_of(&written), None).await;
                    written.extend(reblog.ok().map(|view| view.id));
                }
                _ => written.push(write(&author, *dice.one_of(&Visibility::ALL)).await),
            }
            cluster.deliver_some(&dice);
            cluster.pass(250).await;
            for (node, person, session) in &mut sessions {
                let heard = told.entry((*node, *person)).or_default();
                heard.extend(updates(session).await);
            }
        }
        cluster.lose_all();
        cluster.pass(3_000).await;
        for (node, person, session) in &mut sessions {
            let mut heard = told.remove(&(*node, *person)).unwrap_or_default();
            heard.extend(updates(session).await);
            heard.sort_unstable_by(|a, b| b.cmp(a));
            let ctx = cluster.attended(*node, *person).await;
            let expected = home(&cluster.nodes[*node], &ctx).await;
            assert_eq!(heard, expected, "seed {seed}: {person} on node {node}");
        }
    }
}

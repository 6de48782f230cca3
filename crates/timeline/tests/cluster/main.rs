//! The timelines of three nodes over one engine, whose clocks differ and whose hints get lost.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod streams;

use common::cluster::Cluster;
use common::life::{PEOPLE, something_happens};
use common::naive::Naive;
use common::{Dice, TINY, World, draft, id, post};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::{self, NewList};
use petrel_social::page::PageRequest;
use petrel_social::relations::FollowOptions;
use petrel_social::statuses::Draft;
use petrel_social::{Ctx, relations, statuses, tag_follows};
use petrel_store::sim::Hostility;
use petrel_timeline::Rebuilt;
use petrel_timeline::log::LogSettings;

const NODES: usize = 3;

async fn people(cluster: &Cluster, count: usize) -> Vec<AccountId> {
    let mut people = Vec::new();
    for number in 0..count {
        let node = &cluster.nodes[number % NODES];
        people.push(id(&node.person(&format!("p{number}")).await));
        cluster.advance(100);
    }
    people
}

async fn home(world: &World, ctx: &Ctx) -> Vec<StatusId> {
    let page = world.timelines.home(ctx, PageRequest::first(40)).await;
    let items = page.expect("home is read").items;
    items.iter().map(|view| view.id).collect()
}

async fn homes_are_right(what: &str, cluster: &Cluster, people: &[AccountId]) {
    for (number, node) in cluster.nodes.iter().enumerate() {
        node.social.store.catch_up().await.unwrap();
        let observer = cluster.observer(number);
        let seen: Vec<Ctx> = people
            .iter()
            .map(|person| observer.acting(*person))
            .collect();
        for person in &seen {
            let naive = Naive::of(person, &seen).await;
            let page = PageRequest::first(40);
            let ctx = node.acting(id(person));
            let ids = node.timelines.home_ids(&ctx, page).await.unwrap().items;
            assert_eq!(ids, naive.ids(&page), "{what}: ids on node {number}");
            let shown = home(node, &ctx).await;
            assert_eq!(shown, naive.shown(&page), "{what}: page on node {number}");
            lists_are_right(what, node, naive).await;
        }
    }
}

async fn lists_are_right(what: &str, node: &World, mut naive: Naive) {
    let ctx = node.acting(naive.viewer);
    let page = PageRequest::first(40);
    for place in 0..naive.lists.len() {
        naive = naive.of_list(place);
        let list = naive.lists[place].0.id;
        let found = node.timelines.list(&ctx, list, page).await.unwrap().items;
        let shown: Vec<StatusId> = found.iter().map(|view| view.id).collect();
        assert_eq!(shown, naive.shown(&page), "{what}: list {list}");
    }
}

/// What is shown to whoever has attended is for them, whatever this node has not heard of yet.
/// Deletions and suspensions by others may be seconds late.
async fn nothing_forbidden_is_shown(
    what: &str,
    cluster: &Cluster,
    dice: &Dice,
    people: &[AccountId],
) {
    let number = dice.below(NODES);
    let ctx = cluster.attended(number, *dice.one_of(people)).await;
    let shown = home(&cluster.nodes[number], &ctx).await;
    let observer = cluster.observer(number);
    let seen: Vec<Ctx> = people
        .iter()
        .map(|person| observer.acting(*person))
        .collect();
    let naive = Naive::of(&observer.acting(id(&ctx)), &seen).await;
    for status in shown {
        let author = naive.events.iter().find(|event| event.id == status);
        let is_late = author.is_none_or(|event| naive.gone.contains(&event.account));
        let may = naive.visible.contains(&status) || is_late;
        assert!(may, "{what}: {status} to {:?} on {number}", id(&ctx));
    }
    for own in &naive.events {
        if own.account == id(&ctx) && naive.shown(&PageRequest::first(40)).contains(&own.id) {
            let ids = home(&cluster.nodes[number], &ctx).await;
            assert!(ids.contains(&own.id), "{what}: own {} on {number}", own.id);
        }
    }
}

async fn a_life_on_several_nodes(seed: u64, settings: LogSettings) {
    let mut cluster = Cluster::new(seed, Hostility::SLOW, settings).await;
    let dice = Dice::new(seed);
    let people = people(&cluster, PEOPLE).await;
    let mut known = Vec::new();
    for step in 0..80 {
        let what = format!("seed {seed}, step {step}");
        let mut here = Vec::new();
        for person in &people {
            here.push(cluster.attended(dice.below(NODES), *person).await);
        }
        let system = cluster.nodes[dice.below(NODES)].system();
        // Somebody reads while it happens, and so sees events whose batches are being written.
        let happens = something_happens(&system, &dice, &here, &mut known);
        let reads = async {
            for ctx in here.iter().take(2) {
                let number = usize::from(ctx.clock().node().number());
                drop(ctx.store().catch_up().await);
                home(&cluster.nodes[number], ctx).await;
            }
        };
        tokio::join!(happens, reads);
        cluster.deliver_some(&dice);
        nothing_forbidden_is_shown(&what, &cluster, &dice, &people).await;
        match dice.below(3) {
            0 => cluster.advance(dice.below(400) as u64),
            _ => cluster.pass(250).await,
        }
        if step % 20 == 19 {
            homes_are_right(&what, &cluster, &people).await;
        }
    }
}

#[tokio::test]
async fn home_is_what_the_model_says_on_every_node() {
    for seed in 0..3 {
        a_life_on_several_nodes(seed, LogSettings::default()).await;
    }
    for seed in 10..11 {
        a_life_on_several_nodes(seed, TINY).await;
    }
}

#[tokio::test]
async fn home_is_right_again_after_an_engine_that_left_outcomes_unknown() {
    for seed in 20..22 {
        let mut cluster = Cluster::new(seed, Hostility::SLOW, LogSettings::default()).await;
        let dice = Dice::new(seed);
        let people = people(&cluster, PEOPLE).await;
        cluster.engine.set_hostility(Hostility::HOSTILE);
        let mut known = Vec::new();
        for _ in 0..120 {
            let mut here = Vec::new();
            for person in &people {
                here.push(cluster.attended(dice.below(NODES), *person).await);
            }
            let system = cluster.nodes[dice.below(NODES)].system();
            something_happens(&system, &dice, &here, &mut known).await;
            for ctx in &here {
                let number = usize::from(ctx.clock().node().number());
                let page = PageRequest::first(9);
                drop(cluster.nodes[number].timelines.home(ctx, page).await);
            }
            cluster.deliver_some(&dice);
            cluster.pass(250).await;
        }
        cluster.heal().await;
        homes_are_right(&format!("seed {seed}"), &cluster, &people).await;
    }
}

async fn write(ctx: &Ctx, visibility: Visibility) -> StatusId {
    let draft = Draft {
        visibility: Some(visibility),
        ..draft("hello")
    };
    statuses::create(ctx, draft).await.unwrap().id
}

async fn follow(ctx: &Ctx, other: AccountId) {
    let options = FollowOptions::default();
    relations::follow(ctx, other, options).await.unwrap();
}

/// Who takes back what they do not know of tells of no change; it is taken back all the same.
#[tokio::test]
async fn a_follow_taken_back_unseen_is_in_no_home() {
    let mut cluster = Cluster::new(6, Hostility::CALM, LogSettings::default()).await;
    let people = people(&cluster, 2).await;
    let (ann, bob) = (people[0], people[1]);
    let ctx = cluster.attended(0, ann).await;
    let public = write(&ctx, Visibility::Public).await;
    cluster.pass(3_000).await;
    // Both nodes know that bob does not follow her; one hears of nothing that the other does.
    for node in [0, 1] {
        let ctx = cluster.attended(node, ann).await;
        let tie = relations::relationships(&ctx, &[bob]).await.unwrap();
        assert!(!tie[0].followed_by);
        let ctx = cluster.attended(node, bob).await;
        assert!(home(&cluster.nodes[node], &ctx).await.is_empty());
    }
    let ctx = cluster.attended(0, bob).await;
    follow(&ctx, ann).await;
    assert_eq!(home(&cluster.nodes[0], &ctx).await, [public]);
    // At the same moment, on a node whose clock is ahead.
    let unaware = cluster.nodes[1].acting(ann);
    relations::remove_follower(&unaware, bob).await.unwrap();
    cluster.pass(1_000).await;
    for node in 0..NODES {
        let ctx = cluster.attended(node, bob).await;
        let shown = home(&cluster.nodes[node], &ctx).await;
        assert!(shown.is_empty(), "node {node}");
    }
}

/// Everything that the node's log says.
async fn all_homes(world: &World, people: &[AccountId]) -> Vec<Vec<StatusId>> {
    let mut homes = Vec::new();
    for person in people {
        let page = PageRequest::first(1_000);
        let ctx = world.acting(*person);
        homes.push(world.timelines.home_ids(&ctx, page).await.unwrap().items);
    }
    homes
}

#[tokio::test]
async fn a_node_that_comes_back_knows_what_one_knows_that_reads_everything() {
    for seed in 40..42 {
        let mut cluster = Cluster::new(seed, Hostility::SLOW, LogSettings::default()).await;
        let dice = Dice::new(seed);
        let people = people(&cluster, PEOPLE).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timeline");
        let (kept, rebuilt) = cluster.start(3, 1, Some(path.clone())).await;
        assert_eq!(rebuilt, Rebuilt::FromStore);
        cluster.nodes.push(kept);
        let mut known = Vec::new();
        let mut guest = None;
        for step in 0..90 {
            let mut here = Vec::new();
            for person in &people {
                let node = dice.below(cluster.nodes.len());
                here.push(cluster.attended(node, *person).await);
            }
            let system = cluster.nodes[0].system();
            something_happens(&system, &dice, &here, &mut known).await;
            cluster.deliver_some(&dice);
            cluster.pass(250).await;
            match step {
                // What is written after this comes from the events.
                30 => {
                    let kept = cluster.nodes.pop().unwrap();
                    kept.timelines.note_positions(&kept.social.store);
                    kept.flush();
                }
                // Another node comes, writes and goes before the first is back.
                40 => {
                    cluster.nodes.push(cluster.start(4, 1, None).await.0);
                    cluster.pass(5_000).await;
                }
                60 => {
                    let left = cluster.nodes.pop().unwrap();
                    let peers = left.social.store.peers().unwrap();
                    while peers.end().await.is_err() {}
                    guest = Some(left);
                }
                _ => {}
            }
        }
        assert!(guest.is_some());
        // What is told while it reads its files must be in the next ones.
        let comes = cluster.start(3, 2, Some(path.clone()));
        let others = async {
            for _ in 0..20 {
                life_goes_on(&cluster, &dice, &people, &mut known).await;
            }
        };
        let ((back, rebuilt), ()) = tokio::join!(comes, others);
        assert!(
            matches!(rebuilt, Rebuilt::FromFiles { events } if events > 0),
            "{rebuilt:?}"
        );
        back.social.store.catch_up().await.unwrap();
        back.timelines.note_positions(&back.social.store);
        back.flush();
        let (again, rebuilt) = cluster.start(3, 3, Some(path)).await;
        assert!(matches!(rebuilt, Rebuilt::FromFiles { .. }), "{rebuilt:?}");
        let (fresh, rebuilt) = cluster.start(5, 1, None).await;
        assert_eq!(rebuilt, Rebuilt::FromStore);
        for node in [&back, &again, &fresh] {
            node.social.store.catch_up().await.unwrap();
        }
        let ours = all_homes(&fresh, &people).await;
        assert_eq!(all_homes(&back, &people).await, ours, "seed {seed}");
        assert_eq!(all_homes(&again, &people).await, ours, "seed {seed}, again");
        assert!(ours.iter().any(|home| !home.is_empty()));
    }
}

/// A log that is filled out of the store while others write misses nothing.
#[tokio::test]
async fn a_node_that_comes_while_others_write_misses_nothing() {
    for seed in 50..52 {
        let mut cluster = Cluster::new(seed, Hostility::SLOW, LogSettings::default()).await;
        let dice = Dice::new(seed);
        let people = people(&cluster, PEOPLE).await;
        let mut known = Vec::new();
        for _ in 0..40 {
            life_goes_on(&cluster, &dice, &people, &mut known).await;
        }
        let (fresh, _) = {
            let comes = cluster.start(3, 1, None);
            let others = async {
                for _ in 0..40 {
                    life_goes_on(&cluster, &dice, &people, &mut known).await;
                }
            };
            tokio::join!(comes, others).0
        };
        cluster.nodes.push(fresh);
        cluster.pass(2_000).await;
        homes_are_right(&format!("seed {seed}"), &cluster, &people).await;
    }
}

async fn life_goes_on(
    cluster: &Cluster,
    dice: &Dice,
    people: &[AccountId],
    known: &mut Vec<StatusId>,
) {
    let mut here = Vec::new();
    for person in people {
        here.push(cluster.attended(dice.below(NODES), *person).await);
    }
    let system = cluster.nodes[0].system();
    something_happens(&system, dice, &here, known).await;
    cluster.advance(20);
}

/// The design's aims: home of 20 costs one read on a warm cluster, six within a second of an own
/// command.
#[tokio::test]
async fn home_costs_few_round_trips() {
    let mut cluster = Cluster::new(60, Hostility::CALM, LogSettings::default()).await;
    let people = people(&cluster, 5).await;
    let reader = people[0];
    for author in &people[1..] {
        follow(&cluster.attended(0, reader).await, *author).await;
    }
    // Lists and hashtags cost nothing on top.
    let list = lists_and_tags(&cluster.attended(0, reader).await, people[1], people[2]).await;
    for number in 0..30 {
        let author = cluster
            .attended(number % NODES, people[1 + number % 4])
            .await;
        write(&author, Visibility::Public).await;
        cluster.deliver_all();
        cluster.pass(250).await;
    }
    cluster.pass(3_000).await;
    cluster.deliver_all();
    let node = &cluster.nodes[0];
    let trips_of_list = async || {
        node.counting.take();
        let ctx = cluster.attended(0, reader).await;
        let page = node.timelines.list(&ctx, list, PageRequest::first(5)).await;
        assert_eq!(page.unwrap().items.len(), 5);
        node.counting.take()
    };
    let trips_of_home = async || {
        node.counting.take();
        let ctx = cluster.attended(0, reader).await;
        let page = node.timelines.home(&ctx, PageRequest::first(20)).await;
        assert_eq!(page.unwrap().items.len(), 20);
        node.counting.take()
    };
    trips_of_home().await;
    let warm = trips_of_home().await;
    assert_eq!(warm.reads.len(), 1, "warm: {warm}");
    trips_of_list().await;
    let warm = trips_of_list().await;
    assert_eq!(warm.reads.len(), 1, "a list, warm: {warm}");
    for elsewhere in [1, 0] {
        let ctx = cluster.attended(elsewhere, reader).await;
        post(&ctx, "an own command").await;
        let after = trips_of_home().await;
        assert!(after.reads.len() <= 6, "after one on {elsewhere}: {after}");
    }
}

/// An exclusive list with one, a list that is not with another, and a hashtag.
async fn lists_and_tags(ctx: &Ctx, hidden: AccountId, other: AccountId) -> Id {
    let mut made = Vec::new();
    for (account, exclusive) in [(hidden, true), (other, false)] {
        let new = NewList {
            title: "a list".to_owned(),
            exclusive,
            ..NewList::default()
        };
        let list = account_lists::create(ctx, new).await.unwrap().id;
        account_lists::add(ctx, list, &[account]).await.unwrap();
        made.push(list);
    }
    tag_follows::follow(ctx, "gull").await.unwrap();
    made[1]
}

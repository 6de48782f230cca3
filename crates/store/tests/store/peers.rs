//! What nodes know of each other.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{join, join3, poll_immediate};
use petrel_model::clock::{Clock, ManualClock};
use petrel_model::event::Event;
use petrel_model::id::{AccountId, Id};
use petrel_store::conformance::random::seeds;
use petrel_store::conformance::{Plains, RawKey, RawValue};
use petrel_store::events::Happened;
use petrel_store::sim::{self, Hostility};
use petrel_store::{Engine, Listener, NodeRow, NodeState, Stamp, Store, StoreError};

use crate::nodes::{Bus, World, key, row};
use crate::support::{Watched, unknown, watched};

/// How many steps a seed takes.
const STEPS: u64 = 120;
const ACCOUNTS: u64 = 3;

fn hostility() -> Hostility {
    Hostility {
        in_doubt: 120,
        unavailable: 60,
        ..Hostility::HOSTILE
    }
}

/// Random commands, requests, rounds and losses; two things at once in each step, so that reads
/// fall into the middle of torn batches.
async fn run(seed: u64) {
    let loss = [0, 500, 1_000][seed as usize % 3];
    let mut world = World::of(3, seed, loss).await;
    world.engine.set_hostility(hostility());
    for _ in 0..STEPS {
        let [writer, reader, other] = [(); 3].map(|()| world.below(3) as usize);
        let (account, another) = (world.below(ACCOUNTS), world.below(ACCOUNTS));
        let (answer, (), ()) = join3(
            world.command(writer, account),
            world.request(reader, another),
            world.request(other, account),
        )
        .await;
        world.note(account, answer);
        if world.below(3) == 0 {
            world.deliver();
        }
        world.request(reader, account).await;
        world.look();
        match world.below(4) {
            0 => world.live_for(250).await,
            1 => world.advance(world.below(300)),
            _ => {}
        }
    }
    world.heal().await;
    let events = world.events().await;
    assert!(events.len() > STEPS as usize / 2);
    for at in events {
        for (number, node) in world.nodes.iter().enumerate() {
            assert_eq!(node.ear.settled(at), 1, "{at:?} on node {number}");
        }
    }
    let behind = |store: &Store| store.peers().unwrap().status().watermark_age_ms;
    let ages: Vec<u64> = world.nodes.iter().map(|node| behind(&node.store)).collect();
    assert!(ages.iter().all(|age_ms| *age_ms < 3_000), "{ages:?}");
}

#[tokio::test]
async fn who_asks_is_shown_what_was_acknowledged_whatever_the_bus_and_the_engine_do() {
    for seed in seeds(500, 24) {
        eprintln!("PETREL_SEED={seed}");
        run(seed).await;
    }
}

async fn write(store: &Store, account: u64) -> Stamp {
    let mut batch = store.batch();
    batch.put::<Plains>(&key(account, 0), &RawKey::from("s"), &RawValue::from("x"));
    batch.latest(AccountId(Id(account)));
    batch.emit(Event::AccessEnded {
        account: AccountId(Id(account)),
        token: None,
    });
    batch.commit().await.unwrap()
}

#[tokio::test]
async fn a_dead_node_is_heard_to_its_end_and_holds_nobody_back() {
    let mut world = World::of(3, 1, 1_000).await;
    let at = (2, 1, world.nodes[2].store.drawn());
    let stamp = write(&world.nodes[2].store, 7).await;
    world.nodes[2].is_dead = true;
    world.live_for(14_000).await;
    let survivors = |world: &World| [0, 1].map(|node: usize| world.nodes[node].store.watermark());
    let before = survivors(&world);
    assert!(
        before
            .iter()
            .all(|watermark| watermark.0 < stamp.0 + 1_500_000),
        "a dead node is not known to be dead at once"
    );
    world.live_for(4_000).await;
    for node in &world.nodes[..2] {
        assert_eq!(node.ear.settled(at), 1);
        let status = node.store.peers().unwrap().status();
        assert!(status.watermark_age_ms < 3_000, "{status:?}");
        assert_eq!(
            status
                .sources
                .iter()
                .filter(|source| source.is_live)
                .count(),
            1
        );
    }
    // It comes back under the next token, and is heard from its first event on.
    let now_ms = sim::BEGIN_MS + 30_000;
    world.add(2, 2, now_ms).await;
    world.live_for(4_000).await;
    write(&world.nodes[3].store, 7).await;
    world.live_for(2_000).await;
    assert_eq!(world.nodes[0].ear.settled((2, 2, 0)), 1);
    assert_eq!(
        world.nodes[3].ear.settled(at),
        0,
        "who begins is told of nothing before"
    );
}

#[tokio::test]
async fn a_node_that_ends_in_good_order_leaves_at_once() {
    let mut world = World::of(2, 1, 1_000).await;
    let at = (1, 1, world.nodes[1].store.drawn());
    write(&world.nodes[1].store, 7).await;
    world.nodes[1].store.peers().unwrap().end().await.unwrap();
    assert!(world.nodes[1].store.unwritable().is_some());
    world.nodes[1].is_dead = true;
    world.live_for(2_500).await;
    assert_eq!(world.nodes[0].ear.settled(at), 1);
    assert!(
        world.nodes[0]
            .store
            .peers()
            .unwrap()
            .status()
            .watermark_age_ms
            < 2_500
    );
}

/// Ids and stamps of a node that it led astray would be ahead of those of a node that is behind.
#[tokio::test]
async fn a_node_whose_clock_is_far_off_leads_no_other_astray() {
    let mut world = World::of(1, 1, 0).await;
    world
        .add(1, 1, world.nodes[0].wall.now_us() / 1_000 + 10_000)
        .await;
    world.live_for(4_000).await;
    let clock = world.nodes[0].store.clock();
    let heard = world.nodes[0].store.peers().unwrap().status();
    assert!(
        heard.sources[0].next > 0,
        "its heartbeats are heard: {heard:?}"
    );
    assert!(clock.last_stamp().0 < world.nodes[0].wall.now_us() + 100_000);
    assert!(clock.next_id().time_ms() < world.nodes[0].wall.now_us() / 1_000 + 100);
}

#[tokio::test]
async fn with_the_bus_a_request_costs_one_read_and_without_it_one_more() {
    let mut world = World::of(2, 1, 0).await;
    let catch_ups = |world: &World| world.nodes[1].store.peers().unwrap().status().catch_ups;
    write(&world.nodes[0].store, 7).await;
    let account = Some(AccountId(Id(7)));
    world.nodes[1].store.attend(account).await.unwrap();
    assert_eq!(catch_ups(&world), 1, "the hint is still on its way");
    world.live_for(1_500).await;
    for _ in 0..3 {
        world.nodes[1].store.attend(account).await.unwrap();
        world.nodes[1].store.attend(None).await.unwrap();
    }
    assert_eq!(catch_ups(&world), 1);
    world.advance(4_000);
    world.nodes[1].store.attend(None).await.unwrap();
    world.nodes[1].store.attend(None).await.unwrap();
    assert_eq!(
        catch_ups(&world),
        2,
        "one may be three seconds behind, and having caught up counts"
    );
    world.advance(4_000);
    world.nodes[1].store.attend(account).await.unwrap();
    world.nodes[1].store.attend(account).await.unwrap();
    assert_eq!(
        catch_ups(&world),
        3,
        "knowing one's own doings is not enough"
    );
}

#[tokio::test]
async fn a_tail_is_followed_across_blocks_and_over_what_was_never_written() {
    let mut world = World::of(2, 1, 1_000).await;
    let store = world.nodes[0].store.clone();
    for account in 0..1_100 {
        write(&store, account).await;
    }
    // So many at once that the places of those that fail are not the last ones.
    let refused = Hostility {
        unavailable: 1_000,
        turns_max: 3,
        ..Hostility::CALM
    };
    world.engine.set_hostility(refused);
    let mut failing: Vec<_> = Vec::new();
    for account in 0..30 {
        failing.push(Box::pin(write_or_fail(&store, account)));
    }
    let mut account = 30;
    while store.drawn() < 4_100 && account < 20_000 {
        let turn = account as usize % failing.len();
        if poll_immediate(failing[turn].as_mut()).await.is_some() {
            failing[turn] = Box::pin(write_or_fail(&store, account));
        }
        account += 1;
    }
    drop(failing);
    world.engine.set_hostility(Hostility::CALM);
    let drawn = store.drawn();
    while write_or_fail(&store, 9).await.is_err() {
        world.live_for(250).await;
    }
    let last = store.drawn() - 1;
    world.nodes[1].store.catch_up().await.unwrap();
    let told =
        world.nodes[1].ear.settled((0, 1, last)) + world.nodes[1].ear.unsettled((0, 1, last));
    assert!(told > 0, "of {drawn} places the last was not heard of");
    world.live_for(3_000).await;
    assert_eq!(world.nodes[1].ear.settled((0, 1, last)), 1);
    assert!(
        world.nodes[1]
            .store
            .peers()
            .unwrap()
            .status()
            .watermark_age_ms
            < 3_000
    );
}

async fn write_or_fail(store: &Store, account: u64) -> Result<Stamp, StoreError> {
    let mut batch = store.batch();
    batch.put::<Plains>(&key(account, 0), &RawKey::from("s"), &RawValue::from("x"));
    batch.commit().await
}

/// A member over an engine that can be held up.
async fn member(listens: bool) -> (Arc<Watched>, Store, Arc<ManualClock>) {
    let engine_wall = Arc::new(ManualClock::at_ms(sim::BEGIN_MS));
    let engine = watched(engine_wall);
    let over: Arc<dyn Engine> = engine.clone();
    let (store, wall) = sim::member(
        over,
        1,
        1,
        sim::BEGIN_MS,
        Arc::new(Bus::default()),
        Vec::new(),
    );
    store.peers().unwrap().join(row()).await.unwrap();
    if listens {
        wall.advance_ms(3_000);
        store.peers().unwrap().announce(row()).await.unwrap();
    }
    (engine, store, wall)
}

#[tokio::test]
async fn a_node_takes_writes_only_when_all_others_have_read_of_it() {
    let (_, store, wall) = member(false).await;
    assert!(matches!(
        write_or_fail(&store, 1).await,
        Err(StoreError::Unwritable(_))
    ));
    wall.advance_ms(3_000);
    write_or_fail(&store, 1).await.unwrap();
    // It was silent for so long that others may have dropped it: it waits again.
    wall.advance_ms(10_001);
    assert!(matches!(
        write_or_fail(&store, 1).await,
        Err(StoreError::Unwritable(_))
    ));
    store.peers().unwrap().announce(row()).await.unwrap();
    assert!(matches!(
        write_or_fail(&store, 1).await,
        Err(StoreError::Unwritable(_))
    ));
    wall.advance_ms(3_000);
    write_or_fail(&store, 1).await.unwrap();
    let standing = store.peers().unwrap().standing();
    standing.refuse("its clock is off");
    assert_eq!(store.unwritable().as_deref(), Some("its clock is off"));
    standing.allow();
    assert_eq!(store.unwritable(), None);
}

#[tokio::test]
async fn a_lease_lost_while_writing_makes_the_outcome_unknown() {
    let (engine, store, _) = member(true).await;
    engine.write_gate.shut();
    let commit = write_or_fail(&store, 1);
    let lose = async {
        engine.write_gate.someone_waits().await;
        store.peers().unwrap().standing().extend_to(0);
        engine.write_gate.let_pass();
    };
    let (answer, ()) = join(commit, lose).await;
    assert!(
        matches!(
            answer,
            Err(StoreError::Timeout {
                outcome_unknown: true
            })
        ),
        "{answer:?}"
    );
}

#[tokio::test]
async fn what_was_under_way_while_others_held_a_node_for_dead_is_never_acknowledged() {
    // Just announced again, and long after.
    for rest_ms in [0, 5_000] {
        let (engine, store, wall) = member(true).await;
        engine.write_gate.shut();
        let commit = write_or_fail(&store, 1);
        let sleep = async {
            engine.write_gate.someone_waits().await;
            wall.advance_ms(20_000);
            store.peers().unwrap().announce(row()).await.unwrap();
            wall.advance_ms(rest_ms);
            engine.write_gate.let_pass();
        };
        let (answer, ()) = join(commit, sleep).await;
        let is_unknown = |error: StoreError| {
            matches!(
                error,
                StoreError::Timeout {
                    outcome_unknown: true
                }
            )
        };
        assert!(answer.is_err_and(is_unknown), "after {rest_ms} ms");
    }
}

#[tokio::test]
async fn a_clock_beyond_what_the_lease_says_takes_no_writes() {
    let (_, store, wall) = member(true).await;
    let standing = store.peers().unwrap().standing();
    standing.promise(Stamp(wall.now_us() + 5_000_000));
    write_or_fail(&store, 1).await.unwrap();
    wall.advance_ms(5_001);
    assert!(matches!(
        write_or_fail(&store, 1).await,
        Err(StoreError::Unwritable(_))
    ));
    standing.promise(Stamp(wall.now_us() + 5_000_000));
    write_or_fail(&store, 1).await.unwrap();
}

#[tokio::test]
async fn garbage_from_the_bus_is_not_believed_to_lie_at_the_end_of_all_places() {
    let world = World::of(2, 1, 1_000).await;
    let store = &world.nodes[0].store;
    let mut hint = vec![0x85, 1, 1];
    // Some places are missing already.
    for first in [world.nodes[1].store.drawn() + 5, u64::MAX - 1, u64::MAX] {
        hint.truncate(3);
        hint.push(0x1B);
        hint.extend(first.to_be_bytes());
        hint.push(0x1B);
        hint.extend((world.engine_wall.now_us() + 60_000_000).to_be_bytes());
        hint.extend([0x82, 0x81, 0x82, 8, 0x80, 0x81, 0x82, 8, 0x80]);
        store.hear(&hint);
    }
    let status = store.peers().unwrap().status();
    assert_eq!((status.hints_ignored, status.hints_heard), (0, 3));
    assert!((5..100).contains(&status.sources[0].gaps), "{status:?}");
}

/// Asks, whenever it is told of something, how far its store says that it has been told.
#[derive(Default)]
struct Asker(std::sync::OnceLock<Store>, std::sync::atomic::AtomicUsize);

impl Listener for Asker {
    fn happened(&self, happened: &Happened) {
        let Some(peers) = self.0.get().and_then(Store::peers) else {
            return;
        };
        let positions = peers.positions();
        let own = positions.iter().find(|own| own.node == happened.node);
        assert!(own.is_some_and(|own| own.next <= happened.sequence));
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_node_does_not_say_that_it_was_told_before_it_is() {
    let engine = watched(Arc::new(ManualClock::at_ms(sim::BEGIN_MS)));
    let asker = Arc::new(Asker::default());
    let listeners: Vec<Arc<dyn Listener>> = vec![asker.clone()];
    let bus = Arc::new(Bus::default());
    let (store, wall) = sim::member(engine, 0, 1, sim::BEGIN_MS, bus, listeners);
    store.peers().unwrap().join(row()).await.unwrap();
    wall.advance_ms(3_000);
    assert!(asker.0.set(store.clone()).is_ok());
    write_or_fail(&store, 1).await.unwrap();
    assert_eq!(asker.1.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_in_doubt_is_sent_again_and_told_once() {
    let mut world = World::of(2, 1, 1_000).await;
    world.engine.set_hostility(Hostility {
        in_doubt: 1_000,
        ..Hostility::CALM
    });
    let store = world.nodes[0].store.clone();
    let at = (0, 1, store.drawn());
    let answer = write_or_fail(&store, 1).await;
    assert!(matches!(
        answer,
        Err(StoreError::Timeout {
            outcome_unknown: true
        })
    ));
    world.live_for(1_000).await;
    assert_eq!(
        store.peers().unwrap().status().in_doubt,
        1 + (store.drawn() - at.2 - 1) as usize
    );
    world.engine.set_hostility(Hostility::CALM);
    world.live_for(35_000).await;
    assert_eq!(store.peers().unwrap().status().in_doubt, 0);
    for node in &world.nodes {
        assert_eq!(node.ear.settled(at), 1);
    }
}

#[tokio::test]
async fn a_command_that_nobody_awaits_any_more_is_followed_to_its_end() {
    let (engine, store, wall) = member(true).await;
    engine.write_gate.shut();
    {
        let mut commit = pin!(write_or_fail(&store, 1));
        assert!(poll_immediate(&mut commit).await.is_none());
    }
    assert_eq!(store.peers().unwrap().status().in_doubt, 1);
    wall.advance_ms(1_000);
    store.peers().unwrap().round().await.unwrap();
    assert_eq!(store.peers().unwrap().status().in_doubt, 0);
    let rows = store.partition::<Plains>(&key(1, 0)).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_batch_in_doubt_keeps_its_stamp_and_one_that_was_not_written_gets_another() {
    let (engine, store, _) = member(true).await;
    let mut batch = store.batch();
    batch.put::<Plains>(&key(1, 0), &RawKey::from("s"), &RawValue::from("x"));
    *engine.write_fails.lock() = Some(StoreError::Unavailable("away".to_owned()));
    assert!(batch.commit().await.is_err());
    *engine.write_fails.lock() = Some(unknown());
    assert!(batch.commit().await.is_err());
    let stamp = batch.commit().await.unwrap();
    assert_eq!(batch.commit().await.unwrap(), stamp);
    let stamps: Vec<Stamp> = engine
        .batches
        .lock()
        .iter()
        .rev()
        .take(3)
        .map(|raw| raw.stamp)
        .collect();
    assert_eq!(stamps[0], stamp);
    assert_eq!(stamps[1], stamp);
    assert!(stamps[2] < stamp);
}

#[tokio::test]
async fn waiters_share_catch_ups_and_one_that_goes_away_disturbs_nobody() {
    let (engine, store, _) = member(true).await;
    let count = || store.peers().unwrap().status().catch_ups;
    let other = {
        let over: Arc<dyn Engine> = engine.clone();
        let (other, wall) = sim::member(
            over,
            2,
            1,
            sim::BEGIN_MS,
            Arc::new(Bus::default()),
            Vec::new(),
        );
        other.peers().unwrap().join(row()).await.unwrap();
        wall.advance_ms(3_000);
        other
    };
    store.peers().unwrap().round().await.unwrap();
    engine.read_gate.shut();
    let mut first = Box::pin(store.catch_up());
    assert!(poll_immediate(first.as_mut()).await.is_none());
    // This is acknowledged after the first has begun, so the two that come now share another.
    write(&other, 5).await;
    let mut second = Box::pin(store.catch_up());
    let mut third = Box::pin(store.catch_up());
    assert!(poll_immediate(second.as_mut()).await.is_none());
    assert!(poll_immediate(third.as_mut()).await.is_none());
    assert_eq!(count(), 1);
    drop(first);
    drop(second);
    engine.read_gate.let_pass();
    third.await.unwrap();
    assert_eq!(count(), 2);
    let next = store
        .peers()
        .unwrap()
        .positions()
        .iter()
        .map(|position| (position.node, position.next))
        .max();
    assert!(next >= Some((2, 0)));
    store.catch_up().await.unwrap();
    assert_eq!(count(), 3);
}

#[tokio::test]
async fn a_view_goes_on_from_what_it_kept() {
    let mut world = World::of(2, 3, 1_000).await;
    let positions = world.nodes[0].store.peers().unwrap().positions();
    let mut expected = Vec::new();
    for account in 0..5 {
        let node = &world.nodes[account as usize % 2];
        expected.push((account as u16 % 2, 1, node.store.drawn()));
        write(&node.store, account).await;
    }
    // The other starts anew, and a third one comes.
    world.nodes[1].is_dead = true;
    world.add(1, 2, sim::BEGIN_MS + 5_000).await;
    world.add(5, 1, sim::BEGIN_MS + 5_000).await;
    world.live_for(4_000).await;
    for node in [2, 3] {
        let store = &world.nodes[node].store;
        expected.push(([1, 5][node - 2], [2, 1][node - 2], store.drawn()));
        write(store, 9).await;
    }
    let mut told = Vec::new();
    let peers = world.nodes[0].store.peers().unwrap();
    let mut tell = |happened: &petrel_store::events::Happened| {
        if happened.event != Event::Nothing {
            told.push((happened.node, happened.token, happened.sequence));
        }
    };
    peers.replay(&positions, &mut tell).await.unwrap();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    let strange = petrel_store::Position {
        node: 9,
        token: 1,
        next: 0,
    };
    let too_old = peers.replay(&[strange], &mut |_| {}).await;
    assert!(matches!(too_old, Err(petrel_store::ReplayError::TooOld(_))));
}

#[tokio::test]
async fn a_watermark_counts_on_nobody_whom_the_last_reading_could_not_show() {
    let world = World::of(1, 1, 0).await;
    let store = &world.nodes[0].store;
    let heard = store.watermark();
    world.advance(6_000);
    // Own writes raise the clock, and so what this node could be past.
    write(store, 1).await;
    assert!(
        store.watermark().0 <= heard.0 + 2_000_000,
        "another may write since"
    );
}

#[tokio::test]
async fn who_announces_itself_but_writes_nothing_holds_nobody_back() {
    let mut world = World::of(2, 1, 1_000).await;
    let standing = world.nodes[1].store.peers().unwrap().standing().clone();
    standing.refuse("its clock is off");
    world.live_for(10_000).await;
    let status = world.nodes[0].store.peers().unwrap().status();
    assert!(status.watermark_age_ms < 5_000, "{status:?}");
}

#[tokio::test]
async fn repairs_and_dropped_partitions_are_told_too() {
    let mut world = World::of(2, 1, 1_000).await;
    let [writer, reader] = [0, 1].map(|node: usize| world.nodes[node].store.clone());
    let stamp = write(&writer, 1).await;
    let count = async || reader.partition::<Plains>(&key(1, 0)).await.unwrap().len();
    world.live_for(1_500).await;
    assert_eq!(count().await, 1);
    let mend =
        writer
            .mend()
            .put::<Plains>(&key(1, 0), &RawKey::from("t"), &RawValue::from("x"), stamp);
    mend.commit().await.unwrap();
    assert_eq!(count().await, 1, "kept until it is told");
    reader.catch_up().await.unwrap();
    assert_eq!(count().await, 2);
    world.live_for(1_500).await;
    writer.delete_partition::<Plains>(&key(1, 0)).await.unwrap();
    reader.catch_up().await.unwrap();
    assert_eq!(count().await, 0);
    world.live_for(1_000).await;
}

#[tokio::test]
async fn what_is_kept_is_believed_for_ten_minutes_at_most() {
    let (engine, store, wall) = member(true).await;
    write_or_fail(&store, 1).await.unwrap();
    store.partition::<Plains>(&key(1, 0)).await.unwrap();
    engine.reads();
    wall.advance_ms(10 * 60_000);
    store.partition::<Plains>(&key(1, 0)).await.unwrap();
    assert_eq!(engine.reads(), 0);
    wall.advance_ms(1);
    store.partition::<Plains>(&key(1, 0)).await.unwrap();
    assert_eq!(engine.reads(), 1);
}

#[tokio::test]
async fn on_one_machine_there_is_none_of_this() {
    let (store, _) = sim::store(1);
    write(&store, 1).await;
    assert_eq!(store.watermark(), Stamp(u64::MAX));
    store.attend(Some(AccountId(Id(1)))).await.unwrap();
    assert!(!store.fresh_for(Stamp(u64::MAX)).await.unwrap());
    let (latest, _) = store
        .scan_table::<petrel_store::Latest>(None, 10)
        .await
        .unwrap();
    assert!(latest.is_empty());
    let events = store
        .scan::<petrel_store::events::Events>(&(0, 1, 0))
        .await
        .unwrap();
    assert!(events[0].value.voids.is_empty());
    let ended = NodeRow::new("", "", NodeState::Ended);
    assert_eq!(ended.beat, 0);
}

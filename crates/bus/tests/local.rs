//! The bus within one process: what its faults do, and that a seed repeats them.

use std::sync::Arc;

use bytes::Bytes;
use petrel_bus::{Bus, Faults, Link, LocalBus, MESSAGE_BYTES_MAX, Subscription, Topic};
use petrel_model::clock::ManualClock;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_ms(5_000))
}

fn numbered(count: u32) -> impl Iterator<Item = Bytes> {
    (0..count).map(|number| Bytes::copy_from_slice(&number.to_be_bytes()))
}

/// What has come: the bus must be dropped before, so that the end shows.
async fn all(mut subscription: Subscription) -> Vec<u32> {
    let mut got = Vec::new();
    while let Some(message) = subscription.next().await {
        got.push(u32::from_be_bytes(
            message[..].try_into().expect("four bytes"),
        ));
    }
    got
}

/// What the second of two nodes hears of so many messages of the first.
async fn heard(seed: u64, faults: Faults, count: u32) -> Vec<u32> {
    let bus = LocalBus::lossy(clock(), seed, faults);
    let (from, to) = (bus.node(), bus.node());
    let subscription = to.subscribe(Topic::Events);
    for message in numbered(count) {
        from.publish(Topic::Events, message);
    }
    bus.release();
    drop((from, to, bus));
    all(subscription).await
}

#[tokio::test]
async fn all_others_hear_and_oneself_does_not() {
    let bus = LocalBus::new(clock());
    let nodes = [bus.node(), bus.node(), bus.node()];
    let events = nodes.each_ref().map(|node| node.subscribe(Topic::Events));
    let rates = nodes[1].subscribe(Topic::Rates);
    for message in numbered(3) {
        nodes[0].publish(Topic::Events, message);
    }
    let state = nodes[2].state();
    assert_eq!((state.received, state.dropped), (3, 0));
    assert_eq!(nodes[0].state().published, 3);
    drop((nodes, bus));
    let [own, second, third] = events;
    assert!(all(own).await.is_empty());
    assert_eq!(all(second).await, [0, 1, 2]);
    assert_eq!(all(third).await, [0, 1, 2]);
    assert!(all(rates).await.is_empty());
}

#[tokio::test]
async fn a_seed_repeats_its_faults() {
    let faults = Faults {
        lost_percent: 20,
        twice_percent: 20,
        late_messages_max: 5,
    };
    let got = heard(7, faults, 500).await;
    assert_eq!(got, heard(7, faults, 500).await);
    assert_ne!(got, heard(8, faults, 500).await);

    let mut once = got.clone();
    once.sort_unstable();
    once.dedup();
    assert!(
        (350..450).contains(&once.len()),
        "lost: {}",
        500 - once.len()
    );
    assert!(
        got.len() > once.len() + 40,
        "twice: {}",
        got.len() - once.len()
    );
    assert!(!got.is_sorted(), "none was overtaken");
}

#[tokio::test]
async fn what_is_late_comes_when_released() {
    let faults = Faults {
        late_messages_max: 1_000,
        ..Faults::default()
    };
    let mut got = heard(1, faults, 50).await;
    got.sort_unstable();
    assert_eq!(got, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cut_bus_loses_and_says_since_when() {
    let clock = clock();
    let bus = LocalBus::new(clock.clone());
    let (from, to) = (bus.node(), bus.node());
    let mut subscription = to.subscribe(Topic::Events);
    clock.advance_ms(1);
    bus.cut();
    from.publish(Topic::Events, Bytes::from_static(b"lost"));
    assert_eq!(from.state().dropped, 1);
    assert_eq!(
        from.state().link,
        Link::Disconnected {
            since_us: 5_001_000
        }
    );
    bus.mend();
    assert_eq!(from.state().link, Link::Connected);
    from.publish(Topic::Events, Bytes::from_static(b"heard"));
    assert_eq!(subscription.next().await.unwrap(), "heard");
}

#[tokio::test]
async fn a_slow_subscriber_loses_the_oldest_and_it_is_counted() {
    let bus = LocalBus::new(clock());
    let (from, to) = (bus.node(), bus.node());
    let mut subscription = to.subscribe(Topic::Events);
    for message in numbered(5_000) {
        from.publish(Topic::Events, message);
    }
    let first = subscription.next().await.unwrap();
    let missed = u32::from_be_bytes(first[..].try_into().unwrap());
    assert!(missed > 0);
    assert_eq!(to.state().dropped, u64::from(missed));
}

#[test]
fn what_is_too_long_is_dropped() {
    let bus = LocalBus::new(clock());
    let node = bus.node();
    node.publish(Topic::Events, Bytes::from(vec![0; MESSAGE_BYTES_MAX + 1]));
    assert_eq!((node.state().dropped, node.state().published), (1, 0));
}

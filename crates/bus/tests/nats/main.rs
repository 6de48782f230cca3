//! The bus over real NATS servers: those of the cluster, and some of each test's own to kill.

mod servers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use petrel_bus::{Bus, Link, MESSAGE_BYTES_MAX, NatsBus, Topic};
use petrel_model::clock::ManualClock;
use servers::{Server, cluster};
use tokio::time::{timeout, timeout_at};

/// Longer than anything takes on a machine that has much else to do. How soon a server is left or
/// found again follows from the constants of the bus, which says so beside them.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than all queues hold.
const FLOOD: u32 = 20_000;

async fn bus(url: &str, network: &str) -> NatsBus {
    let clock = Arc::new(ManualClock::at_ms(7_000));
    NatsBus::connect(url, network, clock)
        .await
        .expect("the address is right")
}

/// Publishes on one until the other hears it: connecting and subscribing take their time.
async fn flows(from: &NatsBus, to: &NatsBus) {
    let mut heard = to.subscribe(Topic::Rates);
    let tried = timeout(PATIENCE, async {
        loop {
            from.publish(Topic::Rates, Bytes::from_static(b"?"));
            if timeout(Duration::from_millis(20), heard.next())
                .await
                .is_ok()
            {
                return;
            }
        }
    });
    let state = (from.state(), to.state());
    tried.await.unwrap_or_else(|_| {
        panic!(
            "nothing came within {PATIENCE:?}: {state:?}, now {:?}",
            (from.state(), to.state())
        )
    });
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    while !holds() {
        timeout_at(deadline, ticks.tick())
            .await
            .unwrap_or_else(|_| panic!("never: {what}"));
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
    }
}

#[tokio::test]
async fn messages_flow_in_order_from_server_to_server_and_not_back() {
    let Some(hosts) = cluster() else { return };
    let (a, b) = (
        bus(&hosts[0], "bus_flow").await,
        bus(&hosts[1], "bus_flow").await,
    );
    flows(&a, &b).await;
    flows(&b, &a).await;
    let (mut own, mut heard) = (a.subscribe(Topic::Events), b.subscribe(Topic::Events));
    for number in 0..2_000_u32 {
        a.publish(Topic::Events, Bytes::copy_from_slice(&number.to_be_bytes()));
    }
    for number in 0..2_000_u32 {
        let message = timeout(PATIENCE, heard.next())
            .await
            .expect("it comes")
            .unwrap();
        assert_eq!(message[..], number.to_be_bytes());
    }
    b.publish(Topic::Events, Bytes::from_static(b"answer"));
    assert_eq!(
        timeout(PATIENCE, own.next()).await.unwrap().unwrap(),
        "answer"
    );
    assert_eq!(b.state().garbled, 0);
    assert_eq!(a.state().link, Link::Connected);
}

#[tokio::test]
async fn the_longest_messages_pass_and_longer_ones_do_not() {
    let Some(hosts) = cluster() else { return };
    let (a, b) = (
        bus(&hosts[1], "bus_long").await,
        bus(&hosts[2], "bus_long").await,
    );
    flows(&a, &b).await;
    let mut heard = b.subscribe(Topic::Events);
    let dropped = a.state().dropped;
    a.publish(Topic::Events, Bytes::from(vec![1; MESSAGE_BYTES_MAX + 1]));
    for _ in 0..40 {
        a.publish(Topic::Events, Bytes::from(vec![2; MESSAGE_BYTES_MAX]));
    }
    for _ in 0..40 {
        let message = timeout(PATIENCE, heard.next()).await.unwrap().unwrap();
        assert!(message.len() == MESSAGE_BYTES_MAX && message[0] == 2);
    }
    assert_eq!(a.state().dropped, dropped + 1);
}

#[tokio::test]
async fn networks_share_servers_and_do_not_hear_each_other() {
    let Some(hosts) = cluster() else { return };
    let (a, b) = (
        bus(&hosts[0], "bus_one").await,
        bus(&hosts[0], "bus_one").await,
    );
    let (c, d) = (
        bus(&hosts[0], "bus_two").await,
        bus(&hosts[0], "bus_two").await,
    );
    flows(&a, &b).await;
    flows(&c, &d).await;
    let (mut near, mut far) = (b.subscribe(Topic::Events), d.subscribe(Topic::Events));
    a.publish(Topic::Events, Bytes::from_static(b"of one"));
    let message = timeout(PATIENCE, near.next()).await.unwrap().unwrap();
    assert_eq!(message, "of one");
    c.publish(Topic::Events, Bytes::from_static(b"of two"));
    let message = timeout(PATIENCE, far.next()).await.unwrap().unwrap();
    assert_eq!(message, "of two", "it came to the other network");
}

#[tokio::test]
async fn a_node_starts_while_no_server_does() {
    let Some(mut server) = Server::new() else {
        return;
    };
    let (a, b) = (bus(&server.url(), "x").await, bus(&server.url(), "x").await);
    assert_eq!(
        a.state().link,
        Link::Disconnected {
            since_us: 7_000_000
        }
    );
    a.publish(Topic::Events, Bytes::from_static(b"nobody hears"));
    until("it is counted", || a.state().dropped == 1).await;
    server.start().await;
    flows(&a, &b).await;
}

#[tokio::test]
async fn with_all_servers_dead_nobody_waits_and_afterwards_messages_flow_again() {
    let Some(mut server) = Server::new() else {
        return;
    };
    server.start().await;
    let (a, b) = (bus(&server.url(), "x").await, bus(&server.url(), "x").await);
    flows(&a, &b).await;
    server.kill();
    until("both notice", || {
        [&a, &b]
            .iter()
            .all(|bus| bus.state().link != Link::Connected)
    })
    .await;
    let before = a.state();
    for _ in 0..FLOOD {
        a.publish(Topic::Events, Bytes::from_static(b"lost"));
    }
    until("all is counted", || {
        a.state().dropped - before.dropped == u64::from(FLOOD)
    })
    .await;
    let mut heard = b.subscribe(Topic::Events);
    server.start().await;
    flows(&a, &b).await;
    a.publish(Topic::Events, Bytes::from_static(b"fresh"));
    let message = timeout(PATIENCE, heard.next()).await.unwrap().unwrap();
    assert_eq!(message, "fresh", "what was lost came late");
}

#[tokio::test]
async fn a_frozen_server_blocks_nobody_and_is_left_for_the_next() {
    let Some((mut first, mut second)) = Server::pair() else {
        return;
    };
    first.start().await;
    let url = format!("{},{}", first.url(), second.host());
    let (a, b) = (bus(&url, "x").await, bus(&url, "x").await);
    flows(&a, &b).await;
    second.start().await;
    first.freeze();
    for _ in 0..FLOOD {
        a.publish(Topic::Events, Bytes::from(vec![0; 1_000]));
    }
    assert_eq!(
        a.state().link,
        Link::Connected,
        "both were on the first until now"
    );
    flows(&a, &b).await;
}

#[tokio::test]
async fn a_user_and_password_open_the_door_and_a_wrong_one_stays_outside() {
    let Some(mut server) = Server::new() else {
        return;
    };
    server
        .start_with(&["--user", "ann", "--pass", "p@ss:word"])
        .await;
    let url = |password: &str| format!("nats://ann:{password}@{}", server.host());
    let (a, b) = (
        bus(&url("p@ss:word"), "x").await,
        bus(&url("p@ss:word"), "x").await,
    );
    let stranger = bus(&url("guess"), "x").await;
    flows(&a, &b).await;
    assert!(matches!(stranger.state().link, Link::Disconnected { .. }));
    assert_eq!(stranger.state().received, 0);
}

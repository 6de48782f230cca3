//! The bus over NATS: core publish and subscribe, nothing kept.

mod link;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions};
use bytes::Bytes;
use petrel_model::clock::Clock;
use tokio::sync::mpsc;

use crate::fan::{Fan, Subscription};
use crate::servers::{BusError, Servers, subject_prefix};
use crate::state::BusState;
use crate::topic::Topic;
use crate::{Bus, MESSAGE_BYTES_MAX};
use link::LinkWatch;

/// Messages that wait for the socket; what finds no place is dropped.
const QUEUE_MESSAGES_MAX: usize = 4_096;
/// Commands that the client takes before its socket does.
const CLIENT_COMMANDS_MAX: usize = 256;
/// Frames that wait for the reader of a topic.
const FRAMES_WAITING_MAX: usize = 1_024;
/// Between two tries, whichever server is next.
const RECONNECT_DELAY: Duration = Duration::from_millis(150);
/// A server that takes the connection and says nothing is frozen.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The client gives a server up at the third ping without an answer: frozen ones within 2.25 s.
const PING_INTERVAL: Duration = Duration::from_millis(750);
const PINGS_MAX: u32 = 3;
/// Longest that one frozen server holds messages up while another stands.
const FROZEN_MAX: Duration = Duration::from_secs(4);
/// Longest that messages go nowhere after a server is back.
const BACK_MAX: Duration = Duration::from_secs(2);

// The frozen one may be tried once more before the other's turn comes.
const _: () = assert!(
    PINGS_MAX as u128 * PING_INTERVAL.as_millis()
        + 2 * RECONNECT_DELAY.as_millis()
        + CONNECT_TIMEOUT.as_millis()
        < FROZEN_MAX.as_millis()
);
// A try that began before it was back may have to run out first.
const _: () =
    assert!(CONNECT_TIMEOUT.as_millis() + RECONNECT_DELAY.as_millis() < BACK_MAX.as_millis());

/// One connection, to any of the servers. Ends its tasks when it is dropped.
pub struct NatsBus {
    fan: Arc<Fan>,
    queue: mpsc::Sender<(Topic, Bytes)>,
    client: Client,
    link: Arc<LinkWatch>,
    _tasks: socket::Tasks,
}

impl NatsBus {
    /// Whether the address is one, without calling there.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(url: &str) -> Result<(), BusError> {
        Servers::parse(url).map(|_| ())
    }

    /// Sets up a bus at `nats://[user:password@]host[:port],host…` (or `tls://`). Returns at once:
    /// the servers may all be dead, and are tried for ever. Networks of different names (the
    /// keyspace's) may share servers. Errors are mistakes in the address or the name.
    pub async fn connect(
        url: &str,
        network: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<NatsBus, BusError> {
        let servers = Servers::parse(url)?;
        let prefix = subject_prefix(network)?;
        let link = Arc::new(LinkWatch::new(clock));
        let fan = Arc::new(Fan::new());
        let client = options(&servers, &link, &fan)
            .connect(servers.addresses)
            .await
            .map_err(|error| BusError::Client(error.to_string()))?;
        let (queue, waiting) = mpsc::channel(QUEUE_MESSAGES_MAX);
        Ok(NatsBus {
            _tasks: socket::start(&client, &prefix, waiting, &fan),
            fan,
            queue,
            client,
            link,
        })
    }
}

impl Bus for NatsBus {
    fn publish(&self, topic: Topic, message: Bytes) {
        let fits = message.len() <= MESSAGE_BYTES_MAX;
        if !fits || self.queue.try_send((topic, message)).is_err() {
            self.fan.counters.dropped(1);
        }
    }

    fn subscribe(&self, topic: Topic) -> Subscription {
        self.fan.subscribe(topic)
    }

    fn state(&self) -> BusState {
        self.fan.counters.state(self.link.state(&self.client))
    }
}

fn options(servers: &Servers, link: &Arc<LinkWatch>, fan: &Arc<Fan>) -> ConnectOptions {
    let (link, fan) = (link.clone(), fan.clone());
    let options = ConnectOptions::new()
        .name("petrel")
        .no_echo()
        .retry_on_initial_connect()
        .max_reconnects(None)
        .ignore_discovered_servers()
        .require_tls(servers.tls)
        .connection_timeout(CONNECT_TIMEOUT)
        .ping_interval(PING_INTERVAL)
        .reconnect_delay_callback(|_| RECONNECT_DELAY)
        .client_capacity(CLIENT_COMMANDS_MAX)
        .subscription_capacity(FRAMES_WAITING_MAX)
        .event_callback(move |event| {
            let (link, fan) = (link.clone(), fan.clone());
            async move { link.note(&event, &fan) }
        });
    match &servers.credentials {
        Some((user, password)) => options.user_and_password(user.clone(), password.clone()),
        None => options,
    }
}

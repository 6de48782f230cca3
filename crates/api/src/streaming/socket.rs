//! The WebSocket: any number of channels over one connection, begun and ended by messages.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use petrel_social::context::Social;
use petrel_social::error::Error;
use petrel_timeline::{Channel, StreamEvent, Subscription};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::wire::{Frame, told, written};
use super::{NOT_ONES_LIST, stops};

/// Bytes of a message that a client sends.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// How often a client is asked whether it is there. One that has said nothing since is gone.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// What a client may take to receive one message.
const SEND_DEADLINE: Duration = Duration::from_secs(20);
/// Channels of one connection.
const CHANNELS_MAX: usize = 20;
/// How often one connection may begin to listen to something: each time costs a look at whom its
/// viewer follows.
const SUBSCRIPTIONS_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "type")]
    kind: String,
    stream: String,
    #[serde(default)]
    tag: Option<String>,
    /// Clients send it as a text or as a number.
    #[serde(default)]
    list: Option<ListName>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ListName {
    Text(String),
    Number(u64),
}

/// The connection is over.
struct Over;

struct Session {
    socket: WebSocket,
    subscription: Subscription,
    social: Arc<Social>,
    /// How often it began to listen to something.
    subscribed: usize,
}

/// Lasts until the client goes, its token ends, it does not keep up, or the server stops.
pub async fn run(
    socket: WebSocket,
    subscription: Subscription,
    social: Arc<Social>,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut session = Session {
        socket,
        subscription,
        social,
        subscribed: 0,
    };
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_heard = true;
    loop {
        let went_on = tokio::select! {
            event = session.subscription.next() => match event {
                Some(event) => session.tell(&event).await,
                None => Err(Over),
            },
            message = session.socket.recv() => {
                was_heard = true;
                match message {
                    Some(Ok(message)) => session.hear(message).await,
                    Some(Err(_)) | None => return,
                }
            }
            _ = heartbeat.tick() => match std::mem::take(&mut was_heard) {
                true => session.send(Message::Ping(Default::default())).await,
                false => Err(Over),
            },
            () = stops(&mut shutdown) => Err(Over),
        };
        if went_on.is_err() {
            // Whether the client still takes the farewell or not, this is the end.
            let _ = session.send(Message::Close(None)).await;
            return;
        }
    }
}

impl Session {
    async fn send(&mut self, message: Message) -> Result<(), Over> {
        let sent = tokio::time::timeout(SEND_DEADLINE, self.socket.send(message)).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }

    async fn tell(&mut self, event: &StreamEvent) -> Result<(), Over> {
        let Some(told) = told(event, &self.social.settings) else {
            return Ok(());
        };
        for channel in &event.channels {
            let frame = Frame {
                stream: channel.names(),
                event: told.event,
                payload: told.payload.as_deref(),
            };
            if let Some(text) = written(&frame) {
                self.send(Message::Text(text.into())).await?;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Close(_) => return Err(Over),
            // Pings are answered below us, and binary messages mean nothing.
            _ => return Ok(()),
        };
        let Ok(asked) = serde_json::from_str::<Asked>(text) else {
            return self.complain("The message is not understood", 400).await;
        };
        let list = asked.list.map(|list| match list {
            ListName::Text(text) => text,
            ListName::Number(number) => number.to_string(),
        });
        let channel = Channel::parse(&asked.stream, asked.tag.as_deref(), list.as_deref());
        let channel = match channel {
            Ok(channel) => channel,
            Err(why) => return self.complain(&why.to_string(), 400).await,
        };
        match asked.kind.as_str() {
            "subscribe" => self.add(channel).await,
            "unsubscribe" => {
                self.subscription.remove(&channel);
                Ok(())
            }
            _ => self.complain("The message is not understood", 400).await,
        }
    }

    async fn add(&mut self, channel: Channel) -> Result<(), Over> {
        if self.subscription.channels().count() >= CHANNELS_MAX {
            return self.complain("Too many channels", 400).await;
        }
        self.subscribed += 1;
        if self.subscribed > SUBSCRIPTIONS_MAX {
            self.complain("Too many subscriptions", 429).await?;
            return Err(Over);
        }
        match self.subscription.add(channel).await {
            Ok(()) => Ok(()),
            Err(Error::NotFound) => self.complain(NOT_ONES_LIST, 401).await,
            Err(why @ (Error::Scope | Error::Unauthenticated)) => {
                self.complain(&why.to_string(), 401).await
            }
            Err(why) => self.complain(&why.to_string(), 400).await,
        }
    }

    async fn complain(&mut self, why: &str, status: u16) -> Result<(), Over> {
        let text = json!({ "error": why, "status": status }).to_string();
        self.send(Message::Text(text.into())).await
    }
}

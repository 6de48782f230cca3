//! The tasks of the socket: one that writes, and one for each topic that reads.

use std::sync::Arc;

use async_nats::Client;
use async_nats::connection::State;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::fan::Fan;
use crate::frame;
use crate::topic::Topic;

/// Messages that are packed together at most.
const MESSAGES_AT_ONCE_MAX: usize = 256;

/// They end when this is dropped.
pub(crate) struct Tasks {
    _running: JoinSet<()>,
}

pub(crate) fn start(
    client: &Client,
    prefix: &str,
    waiting: mpsc::Receiver<(Topic, Bytes)>,
    fan: &Arc<Fan>,
) -> Tasks {
    let mut tasks = JoinSet::new();
    let subjects = Topic::ALL.map(|topic| format!("{prefix}.{}", topic.name()));
    for topic in Topic::ALL {
        let subject = subjects[topic.index()].clone();
        tasks.spawn(read(client.clone(), topic, subject, fan.clone()));
    }
    tasks.spawn(write(client.clone(), subjects, waiting, fan.clone()));
    Tasks { _running: tasks }
}

/// Sends what waits, as much at once as there is: no message waits for another.
async fn write(
    client: Client,
    subjects: [String; Topic::ALL.len()],
    mut waiting: mpsc::Receiver<(Topic, Bytes)>,
    fan: Arc<Fan>,
) {
    let mut taken = Vec::with_capacity(MESSAGES_AT_ONCE_MAX);
    while waiting.recv_many(&mut taken, MESSAGES_AT_ONCE_MAX).await > 0 {
        for topic in Topic::ALL {
            let of_topic = taken.iter().filter(|(about, _)| *about == topic);
            for frame in frame::pack(of_topic.map(|(_, message)| message)) {
                // What cannot go now is not kept: later the store knows it better.
                let connected = client.connection_state() == State::Connected;
                let subject = subjects[topic.index()].clone();
                if connected && client.publish(subject, frame.bytes).await.is_ok() {
                    fan.counters.published(frame.messages);
                } else {
                    fan.counters.dropped(frame.messages);
                }
            }
        }
        taken.clear();
    }
}

/// Hands on what comes. The client subscribes anew by itself after each reconnection.
async fn read(client: Client, topic: Topic, subject: String, fan: Arc<Fan>) {
    let mut frames = match client.subscribe(subject).await {
        Ok(frames) => frames,
        Err(error) => {
            let error = error.to_string();
            tracing::error!(error, topic = topic.name(), "the bus cannot be heard");
            return;
        }
    };
    while let Some(frame) = frames.next().await {
        match frame::unpack(frame.payload) {
            Some(messages) => {
                for message in messages {
                    fan.hear(topic, message);
                }
            }
            None => fan.counters.garbled(),
        }
    }
}

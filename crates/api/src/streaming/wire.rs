//! Events as Mastodon's streams name and spell them.

use petrel_social::settings::Settings;
use petrel_timeline::{Payload, StreamEvent};
use serde::Serialize;

use crate::entities::{Notification, Status};

/// An event's name, and its payload: an entity in JSON, or the bare id of what was deleted.
pub struct Told {
    pub event: &'static str,
    pub payload: String,
}

/// None if it could not be written, which is noted.
pub fn told(event: &StreamEvent, settings: &Settings) -> Option<Told> {
    let (name, payload) = match &event.payload {
        Payload::Update(view) => ("update", written(&Status::new(view, settings))?),
        Payload::StatusUpdate(view) => ("status.update", written(&Status::new(view, settings))?),
        Payload::Notification(view) => {
            ("notification", written(&Notification::new(view, settings))?)
        }
        Payload::Delete(id) => ("delete", id.to_string()),
    };
    Some(Told {
        event: name,
        payload,
    })
}

/// A frame of the multiplexed WebSocket.
#[derive(Serialize)]
pub struct Frame<'a> {
    pub stream: Vec<String>,
    pub event: &'static str,
    /// A text, even where it is JSON.
    pub payload: &'a str,
}

pub fn written(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value)
        .inspect_err(|why| tracing::error!(%why, "an event could not be written"))
        .ok()
}

//! Events as Mastodon's streams name and spell them.

use petrel_social::settings::Settings;
use petrel_timeline::{Payload, StreamEvent};
use serde::Serialize;

use crate::entities::{Conversation, Notification, Status};

/// An event's name, and its payload: an entity in JSON, or the bare id of what was deleted.
pub struct Told {
    pub event: &'static str,
    /// None where there is nothing to say beside the event itself.
    pub payload: Option<String>,
}

/// None if it could not be written, which is noted.
pub fn told(event: &StreamEvent, settings: &Settings) -> Option<Told> {
    let (name, payload) = match &event.payload {
        Payload::Update(view) => ("update", written(&Status::new(view, settings))?),
        Payload::StatusUpdate(view) => ("status.update", written(&Status::new(view, settings))?),
        Payload::Notification(view) => {
            ("notification", written(&Notification::new(view, settings))?)
        }
        Payload::Conversation(view) => {
            ("conversation", written(&Conversation::new(view, settings))?)
        }
        Payload::Delete(id) => ("delete", id.to_string()),
        Payload::FiltersChanged => {
            return Some(Told {
                event: "filters_changed",
                payload: None,
            });
        }
    };
    Some(Told {
        event: name,
        payload: Some(payload),
    })
}

/// A frame of the multiplexed WebSocket.
#[derive(Serialize)]
pub struct Frame<'a> {
    pub stream: Vec<String>,
    pub event: &'static str,
    /// A text, even where it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<&'a str>,
}

pub fn written(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value)
        .inspect_err(|why| tracing::error!(%why, "an event could not be written"))
        .ok()
}

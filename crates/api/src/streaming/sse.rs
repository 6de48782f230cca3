//! Server-sent events: one channel, from now until somebody goes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{Stream, StreamExt, once, unfold};
use petrel_social::context::Social;
use petrel_timeline::Subscription;
use tokio::sync::watch;

use super::stops;
use super::wire::told;
use crate::state::ApiState;

/// How often a client is told that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Session {
    subscription: Subscription,
    social: Arc<Social>,
    shutdown: watch::Receiver<bool>,
}

pub fn answer(api: &ApiState, subscription: Subscription) -> Response {
    let session = Session {
        subscription,
        social: api.social.clone(),
        shutdown: api.shutdown.clone(),
    };
    // Said at once, so that the client knows that it is heard from here on.
    let hello = once(async { Ok(Event::default().comment(")")) });
    let events = hello.chain(events(session));
    let heartbeat = KeepAlive::new().interval(HEARTBEAT).text("thump");
    let mut response = Sse::new(events).keep_alive(heartbeat).into_response();
    // Proxies must not collect events before they pass them on.
    response.headers_mut().insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

fn events(session: Session) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(session, |mut session| async move {
        loop {
            let event = tokio::select! {
                event = session.subscription.next() => event?,
                () = stops(&mut session.shutdown) => return None,
            };
            if let Some(told) = told(&event, &session.social.settings) {
                // What Mastodon sends where there is none: an event without data is none at all.
                let payload = told.payload.as_deref().unwrap_or("undefined");
                let event = Event::default().event(told.event).data(payload);
                return Some((Ok(event), session));
            }
        }
    })
}

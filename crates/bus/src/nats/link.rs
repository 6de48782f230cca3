//! Whether the connection stands, since when not, and one line in the log for each outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_nats::connection::State;
use async_nats::{Client, Event};
use petrel_model::clock::Clock;

use crate::fan::Fan;
use crate::state::Link;

pub(crate) struct LinkWatch {
    clock: Arc<dyn Clock>,
    down_since_us: AtomicU64,
    /// Whether the log knows of this outage.
    told: AtomicBool,
}

impl LinkWatch {
    pub fn new(clock: Arc<dyn Clock>) -> LinkWatch {
        LinkWatch {
            down_since_us: AtomicU64::new(clock.now_us()),
            told: AtomicBool::new(false),
            clock,
        }
    }

    pub fn state(&self, client: &Client) -> Link {
        match client.connection_state() {
            State::Connected => Link::Connected,
            State::Pending | State::Disconnected => Link::Disconnected {
                since_us: self.down_since_us.load(Ordering::Relaxed),
            },
        }
    }

    /// Takes note of what the client tells.
    pub fn note(&self, event: &Event, fan: &Fan) {
        match event {
            Event::Connected => {
                self.told.store(false, Ordering::Relaxed);
                tracing::info!("connected to the bus");
            }
            Event::Disconnected => {
                let now_us = self.clock.now_us();
                self.down_since_us.store(now_us, Ordering::Relaxed);
                self.tell_once("the connection ended");
            }
            Event::SlowConsumer(_) => fan.counters.dropped(1),
            // The client's texts name kinds of errors, never what it was configured with.
            Event::ClientError(error) => self.tell_once(&error.to_string()),
            Event::ServerError(error) => {
                tracing::warn!(error = error.to_string(), "a server of the bus complains");
            }
            _ => (),
        }
    }

    fn tell_once(&self, reason: &str) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                reason,
                "the bus is away: other nodes learn of commits from the store, a little later"
            );
        }
    }
}

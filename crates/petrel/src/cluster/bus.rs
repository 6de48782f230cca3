//! The bus, if there is one, and what comes by it.

use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use petrel_api::RateLimits;
use petrel_bus::{Bus, BusState, Link, NatsBus, Topic};
use petrel_model::clock::Clock;
use tokio::sync::watch;

use super::{Member, rates};
use crate::config::Config;

/// Connects to the bus that the configuration names. `keyspace` keeps apart what belongs to
/// different stores. A bus that cannot be reached now is no reason not to start: it is tried on.
pub async fn connect(
    config: &Config,
    keyspace: &str,
    clock: Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Bus>>> {
    let Some(url) = &config.bus.url else {
        tracing::warn!(
            "there is no bus (bus.url): other nodes hear of what happens here only when they ask the store"
        );
        return Ok(None);
    };
    let bus = NatsBus::connect(url.reveal(), keyspace, clock).await;
    let bus = bus.context("connecting to the bus")?;
    Ok(Some(Arc::new(bus)))
}

/// Gives the store what other nodes hint at, until told to stop.
pub async fn hear_hints(member: Arc<Member>, bus: Arc<dyn Bus>, stop: watch::Receiver<bool>) {
    hear(bus, Topic::Events, stop, |hint| member.store.hear(&hint)).await;
}

/// Adds what other nodes have counted, until told to stop.
pub async fn hear_rates(
    member: Arc<Member>,
    bus: Arc<dyn Bus>,
    limits: Arc<RateLimits>,
    stop: watch::Receiver<bool>,
) {
    hear(bus, Topic::Rates, stop, |told| {
        let now_ms = member.clock.now_ms();
        if !rates::hear(&limits, &told, now_ms) {
            tracing::debug!("what a node told of rates was not understood");
        }
    })
    .await;
}

async fn hear(
    bus: Arc<dyn Bus>,
    topic: Topic,
    mut stop: watch::Receiver<bool>,
    take: impl Fn(Bytes),
) {
    let mut told = bus.subscribe(topic);
    let heard = async {
        while let Some(message) = told.next().await {
            take(message);
        }
    };
    tokio::select! {
        () = heard => {}
        _ = stop.wait_for(|stopped| *stopped) => {}
    }
}

/// In words for operators.
pub fn words(state: &BusState, now_us: u64) -> String {
    let link = match state.link {
        Link::Connected => "connected".to_owned(),
        Link::Disconnected { since_us } => {
            let ago_s = now_us.saturating_sub(since_us) / 1_000_000;
            format!("not connected for {ago_s} s")
        }
    };
    let (published, received) = (state.published, state.received);
    let lost = state.dropped + state.garbled;
    format!("{link}; {published} sent, {received} heard, {lost} lost here")
}

use std::sync::atomic::Ordering;

use petrel_model::clock::Stamp;

use super::NodeState;
use super::inner::Core;
use super::source::{Life, Source};

/// For operators.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeersStatus {
    /// Why this node takes no writes, if so.
    pub unwritable: Option<String>,
    pub watermark: Stamp,
    /// How far the watermark is behind the wall clock, in milliseconds.
    pub watermark_age_ms: u64,
    /// How long ago the table of nodes was read, in milliseconds; none if never.
    pub nodes_read_ms: Option<u64>,
    /// Own batches whose outcome is not known and that are sent again.
    pub in_doubt: usize,
    pub hints_heard: u64,
    /// Garbage, and hints from nodes that are not known.
    pub hints_ignored: u64,
    pub catch_ups: u64,
    /// All other nodes of which something may still be heard.
    pub sources: Vec<SourceStatus>,
}

/// One start of another node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceStatus {
    pub node: u16,
    pub token: u64,
    pub address: String,
    pub version: String,
    pub state: NodeState,
    /// Whether it holds the watermark back; if not, it is gone.
    pub is_live: bool,
    /// All places below are heard of and settled.
    pub next: u64,
    /// Places that are missing.
    pub gaps: usize,
    /// Events that are seen but may not be whole yet.
    pub unsettled: usize,
    /// How far it is heard of without gaps, as milliseconds behind the wall clock.
    pub lag_ms: u64,
}

impl Core {
    pub(super) fn status(&self) -> PeersStatus {
        let wall_us = self.clock.wall().now_us();
        let behind_ms = |stamp: Stamp| wall_us.saturating_sub(stamp.0) / 1_000;
        let unwritable = self.unwritable();
        let in_doubt = self.doubts.lock().len();
        let sources = self.sources.lock();
        let of_source = |source: &Source| {
            let (gaps, unsettled) = source.counts();
            SourceStatus {
                node: source.node,
                token: source.token,
                address: source.row.address.clone(),
                version: source.row.version.clone(),
                state: source.row.state,
                is_live: source.life != Life::Gone,
                next: source.next(),
                gaps,
                unsettled,
                lag_ms: behind_ms(source.watermark()),
            }
        };
        PeersStatus {
            unwritable,
            watermark: self.watermark(),
            watermark_age_ms: behind_ms(self.watermark()),
            nodes_read_ms: sources
                .reading
                .map(|reading| self.now_us().saturating_sub(reading.sent_us) / 1_000),
            in_doubt,
            hints_heard: self.counters.hints_heard.load(Ordering::Relaxed),
            hints_ignored: self.counters.hints_ignored.load(Ordering::Relaxed),
            catch_ups: self.counters.catch_ups.load(Ordering::Relaxed),
            sources: sources.map.values().map(of_source).collect(),
        }
    }
}

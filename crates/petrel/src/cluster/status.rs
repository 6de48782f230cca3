//! What operators see of a member.

use petrel_store::{NodeState, SourceStatus};

use super::Member;
use super::bus::words;
use crate::admin::{ClusterLines, PeerLine};

impl Member {
    pub fn lines(&self) -> ClusterLines {
        let status = self.peers().status();
        let now_us = self.clock.wall().monotonic_us();
        let left_us = self.term.until_us().saturating_sub(now_us);
        ClusterLines {
            node: self.number(),
            token: self.store.token(),
            lease_left_ms: left_us / 1_000,
            clock_ahead_ms: self.ahead_us().map(|ahead_us| ahead_us / 1_000),
            watermark_age_ms: status.watermark_age_ms,
            in_doubt: status.in_doubt as u64,
            hints_heard: status.hints_heard,
            catch_ups: status.catch_ups,
            bus: self.bus.as_ref().map_or_else(
                || "none: the store is asked".to_owned(),
                |bus| words(&bus.state(), self.clock.wall().now_us()),
            ),
            peers: status.sources.iter().map(line).collect(),
        }
    }
}

fn line(source: &SourceStatus) -> PeerLine {
    let state = match (source.is_live, source.state) {
        (_, NodeState::Ended) => "ended",
        (false, _) => "gone",
        (true, NodeState::Joining) => "joining",
        (true, NodeState::Serving) => "serving",
    };
    PeerLine {
        node: source.node,
        token: source.token,
        address: source.address.clone(),
        version: source.version.clone(),
        state: state.to_owned(),
        lag_ms: source.lag_ms,
        gaps: source.gaps as u64,
        unsettled: source.unsettled as u64,
    }
}

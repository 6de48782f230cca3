//! Rate limits across nodes: each second a node tells the others what it has counted since, and
//! they add it. With the bus dead each counts alone.

use bytes::Bytes;
use petrel_api::{Counted, RateLimits};

/// Callers that a node tells of each second, the busiest first; with names of limits that fills
/// about half of a message.
const CALLERS_TOLD_MAX: usize = 1_000;

/// Limit, window, caller, count.
type Line = (String, u64, u64, u32);

/// What is to be told now; none if nobody called.
pub fn told(rates: &RateLimits) -> Option<Bytes> {
    let counted = rates.take_untold(CALLERS_TOLD_MAX);
    if counted.is_empty() {
        return None;
    }
    let line = |counted: Counted| -> Line {
        let Counted {
            limit,
            window,
            caller,
            count,
        } = counted;
        (limit, window, caller, count)
    };
    let lines: Vec<Line> = counted.into_iter().map(line).collect();
    let told = minicbor::to_vec(lines).expect("encoding into a vector cannot fail");
    Some(told.into())
}

/// Takes in what another node has told. False if it is not understood.
pub fn hear(rates: &RateLimits, told: &[u8], now_ms: u64) -> bool {
    let Ok(lines) = minicbor::decode::<Vec<Line>>(told) else {
        return false;
    };
    for (limit, window, caller, count) in lines.into_iter().take(CALLERS_TOLD_MAX) {
        let counted = Counted {
            limit,
            window,
            caller,
            count,
        };
        rates.add(&counted, now_ms);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use petrel_api::{Limit, Who};
    use petrel_bus::{Bus, LocalBus, MESSAGE_BYTES_MAX, Topic};
    use petrel_model::clock::ManualClock;

    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn who(number: u32) -> Who {
        Who::address(IpAddr::from(number.to_be_bytes()))
    }

    /// Asks as often as the limit allows; true if it was allowed each time.
    fn use_up(limits: &RateLimits, limit: &Limit, who: Who) -> bool {
        (0..limit.requests).all(|_| !limits.count(limit, who, NOW_MS).exceeded)
    }

    #[tokio::test]
    async fn a_limit_that_was_used_up_on_one_node_is_so_on_another() {
        let bus = LocalBus::new(Arc::new(ManualClock::at_ms(NOW_MS)));
        let (a, b) = (bus.node(), bus.node());
        let mut ear = b.subscribe(Topic::Rates);
        let (here, there) = (RateLimits::default(), RateLimits::default());
        let limit = &Limit::LOG_IN;
        assert!(use_up(&here, limit, who(1)));
        a.publish(Topic::Rates, told(&here).unwrap());
        assert!(hear(&there, &ear.next().await.unwrap(), NOW_MS));
        assert!(there.count(limit, who(1), NOW_MS).exceeded);
        assert!(!there.count(limit, who(2), NOW_MS).exceeded);
        // Nothing is told where nobody called.
        assert!(told(&here).is_none());
    }

    #[test]
    fn with_the_bus_dead_each_node_counts_alone() {
        let (here, there) = (RateLimits::default(), RateLimits::default());
        assert!(use_up(&here, &Limit::LOG_IN, who(1)));
        assert!(use_up(&there, &Limit::LOG_IN, who(1)));
        assert!(here.count(&Limit::LOG_IN, who(1), NOW_MS).exceeded);
        assert!(!hear(&there, b"nonsense", NOW_MS));
    }

    #[test]
    fn however_many_call_it_is_one_message() {
        let limits = RateLimits::default();
        for number in 0..20_000 {
            limits.count(&Limit::REGISTER_APP, who(number), u64::MAX / 2);
        }
        let told = told(&limits).unwrap();
        assert!(told.len() < MESSAGE_BYTES_MAX, "{}", told.len());
    }
}

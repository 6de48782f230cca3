//! The counts of rate limits. Several nodes tell one another what each counted, about once a
//! second, and add it: so a limit holds across nodes but for what happens within that second.
//! Who hears of nobody counts alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use parking_lot::Mutex;

use super::rate::{Allowance, CallerKey, Limit, Who};

/// Callers counted in one window of one limit. Strangers beyond share a count, so that memory is
/// bounded however many addresses or names somebody comes up with.
const CALLERS_MAX: usize = 100_000;
/// How many counts those beyond share.
const SHARED_COUNTS: u64 = 1_024;

/// How many requests of a caller a node has counted since it last told of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The name of the limit.
    pub limit: String,
    /// The number of the window: whole windows since 1970.
    pub window: u64,
    pub caller: u64,
    pub count: u32,
}

#[derive(Default)]
pub struct RateLimits {
    /// By the name of the limit.
    windows: Mutex<HashMap<&'static str, Window>>,
}

#[derive(Default)]
struct Window {
    number: u64,
    counts: HashMap<CallerKey, Count>,
    /// Who has asked since that was last told.
    untold: Vec<CallerKey>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    all: u32,
    /// Counted here, and not told yet.
    untold: u32,
}

impl RateLimits {
    /// Counts one request.
    pub fn count(&self, limit: &Limit, who: Who, now_ms: u64) -> Allowance {
        let number = now_ms / window_ms(limit);
        let key = CallerKey::of(limit, who);
        let mut windows = self.windows.lock();
        let window = windows.entry(limit.name).or_default();
        window.turn_to(number);
        let key = match who.is_known() {
            true => key,
            false => window.place_of(key),
        };
        let count = window.counts.entry(key).or_default();
        count.all = count.all.saturating_add(1);
        count.untold = count.untold.saturating_add(1);
        let all = count.all;
        if count.untold == 1 {
            window.untold.push(key);
        }
        Allowance {
            limit: limit.requests,
            remaining: limit.requests.saturating_sub(all),
            reset_ms: (number + 1) * window_ms(limit),
            exceeded: all > limit.requests,
        }
    }

    /// What was counted here since the last call, the busiest callers first, at most `len_max` of
    /// them. What is left out is never told: the least busy are counted by each node alone.
    pub fn take_untold(&self, len_max: usize) -> Vec<Counted> {
        let mut told = Vec::new();
        for (limit, window) in self.windows.lock().iter_mut() {
            let number = window.number;
            for key in std::mem::take(&mut window.untold) {
                let Entry::Occupied(mut count) = window.counts.entry(key) else {
                    continue;
                };
                told.push(Counted {
                    limit: (*limit).to_owned(),
                    window: number,
                    caller: key.0,
                    count: std::mem::take(&mut count.get_mut().untold),
                });
            }
        }
        told.sort_unstable_by_key(|counted| std::cmp::Reverse(counted.count));
        told.truncate(len_max);
        told
    }

    /// Adds what another node has counted. What is of another window than this node's is left out.
    pub fn add(&self, counted: &Counted, now_ms: u64) {
        let mut limits = Limit::ALL.into_iter();
        let Some(limit) = limits.find(|limit| limit.name == counted.limit) else {
            return;
        };
        let number = now_ms / window_ms(limit);
        if counted.window != number {
            return;
        }
        let mut windows = self.windows.lock();
        let window = windows.entry(limit.name).or_default();
        window.turn_to(number);
        let key = window.place_of(CallerKey(counted.caller));
        let count = window.counts.entry(key).or_default();
        count.all = count.all.saturating_add(counted.count);
    }
}

impl Window {
    fn turn_to(&mut self, number: u64) {
        if self.number != number {
            *self = Window {
                number,
                ..Window::default()
            };
        }
    }

    /// Where this caller is counted.
    fn place_of(&self, key: CallerKey) -> CallerKey {
        let is_full = self.counts.len() >= CALLERS_MAX && !self.counts.contains_key(&key);
        match is_full {
            true => CallerKey(key.0 % SHARED_COUNTS),
            false => key,
        }
    }
}

fn window_ms(limit: &Limit) -> u64 {
    limit.window_s * 1_000
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use petrel_model::id::{AccountId, Id};

    use super::super::rate::Per;
    use super::*;

    fn who(last: u8) -> Who {
        Who::address(IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn a_window_ends_and_callers_are_counted_apart() {
        let limits = RateLimits::default();
        let limit = Limit::new("a", 2, 10, Per::Address);
        let at = |last, ms| limits.count(&limit, who(last), ms);
        assert_eq!(at(1, 20_000).remaining, 1);
        assert_eq!(at(1, 20_001).remaining, 0);
        let third = at(1, 29_999);
        assert!(third.exceeded);
        assert_eq!(third.reset_ms, 30_000);
        assert!(!at(2, 29_999).exceeded);
        assert!(!at(1, 30_000).exceeded);
        let other = Limit::new("b", 2, 10, Per::Address);
        assert!(!limits.count(&other, who(1), 29_999).exceeded);
    }

    #[test]
    fn memory_is_bounded_however_many_call() {
        let limits = RateLimits::default();
        let limit = Limit::new("a", 1, 10, Per::Address);
        let callers = CALLERS_MAX as u32 + 5_000;
        for caller in 0..callers {
            let who = Who::Address(IpAddr::from(caller.to_be_bytes()));
            limits.count(&limit, who, 0);
        }
        let windows = limits.windows.lock();
        let kept: usize = windows.values().map(|window| window.counts.len()).sum();
        assert!(kept <= CALLERS_MAX + SHARED_COUNTS as usize);
        let untold: usize = windows.values().map(|window| window.untold.len()).sum();
        assert!(untold <= CALLERS_MAX + SHARED_COUNTS as usize);
    }

    #[test]
    fn who_has_an_account_shares_no_count_with_strangers() {
        let limits = RateLimits::default();
        let limit = Limit::new("a", 1, 10, Per::Caller);
        for stranger in 0..CALLERS_MAX as u32 + 50_000 {
            let who = Who::Address(IpAddr::from(stranger.to_be_bytes()));
            limits.count(&limit, who, 0);
        }
        let exceeded = (0..100).filter(|id| {
            let who = Who::Account(AccountId(Id(*id)));
            limits.count(&limit, who, 0).exceeded
        });
        assert_eq!(exceeded.count(), 0);
        let late = Who::Address(IpAddr::from([255, 0, 0, 1]));
        assert!(limits.count(&limit, late, 0).exceeded);
    }

    #[test]
    fn what_two_nodes_count_is_one_sum() {
        let (a, b) = (RateLimits::default(), RateLimits::default());
        let limit = &Limit::SIGN_UP;
        for _ in 0..limit.requests {
            assert!(!a.count(limit, who(1), 1_000).exceeded);
        }
        let told = a.take_untold(10);
        assert_eq!((told.len(), told[0].count), (1, limit.requests));
        told.iter().for_each(|counted| b.add(counted, 2_000));
        assert!(b.count(limit, who(1), 2_000).exceeded);
        assert!(!b.count(limit, who(2), 2_000).exceeded);
        // What was heard is not told on, and what was told is not told twice.
        let told: u32 = b.take_untold(10).iter().map(|counted| counted.count).sum();
        assert_eq!(told, 2);
        assert!(a.take_untold(10).is_empty());
        // Of another window, or of a limit that nobody knows.
        let hour = Counted {
            window: 1,
            ..told_of(&a, limit)
        };
        b.add(&hour, 2_000);
        let unknown = Counted {
            limit: "unknown".to_owned(),
            ..told_of(&a, limit)
        };
        b.add(&unknown, 2_000);
        assert_eq!(b.count(limit, who(9), 2_000).remaining, limit.requests - 1);
    }

    fn told_of(limits: &RateLimits, limit: &Limit) -> Counted {
        limits.count(limit, who(9), 1_000);
        limits.take_untold(1).remove(0)
    }

    #[test]
    fn every_limit_of_a_route_is_known_by_its_name() {
        let names: Vec<&str> = Limit::ALL.iter().map(|limit| limit.name).collect();
        let routes = crate::areas::route_table();
        for limit in routes.iter().filter_map(|route| route.limit) {
            assert!(names.contains(&limit.name), "{}", limit.name);
        }
    }

    #[test]
    fn the_busiest_are_told_first() {
        let limits = RateLimits::default();
        for last in 1..=9 {
            for _ in 0..last {
                limits.count(&Limit::POST, who(last), 0);
            }
        }
        let told = limits.take_untold(3);
        let counts: Vec<u32> = told.iter().map(|counted| counted.count).collect();
        assert_eq!(counts, [9, 8, 7]);
        assert!(limits.take_untold(3).is_empty());
    }
}

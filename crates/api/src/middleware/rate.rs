//! How often a caller may ask, counted in memory in fixed windows, as Mastodon counts.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};

use parking_lot::Mutex;
use petrel_model::id::AccountId;

/// Callers counted in one window of one limit. Those beyond share a count, so that memory is bounded.
const CALLERS_MAX: usize = 100_000;
/// How many counts those beyond share.
const SHARED_COUNTS: u64 = 1_024;

/// Whom a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// The account, or the address of who has none.
    Caller,
    Address,
}

#[derive(Debug)]
pub struct Limit {
    /// Counts of different names are apart.
    pub name: &'static str,
    pub requests: u32,
    pub window_s: u64,
    pub per: Per,
}

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;

impl Limit {
    /// For whatever has no limit of its own, and beside it.
    pub const GENERAL: Limit = Limit::new("general", 300, 5 * MINUTE_S, Per::Caller);
    pub const SIGN_UP: Limit = Limit::new("sign_up", 5, 30 * MINUTE_S, Per::Address);
    pub const REGISTER_APP: Limit = Limit::new("register_app", 5, 10 * MINUTE_S, Per::Address);
    /// Attempts to log in with one name, from wherever.
    pub const LOG_IN_NAME: Limit = Limit::new("log_in_name", 25, HOUR_S, Per::Address);
    /// Attempts to log in, or to guess a confirmation.
    pub const LOG_IN: Limit = Limit::new("log_in", 25, 5 * MINUTE_S, Per::Address);
    pub const POST: Limit = Limit::new("post", 300, 3 * HOUR_S, Per::Caller);
    pub const FOLLOW: Limit = Limit::new("follow", 400, 24 * HOUR_S, Per::Caller);
    /// Deletes and reblogs taken back.
    pub const DELETE: Limit = Limit::new("delete", 30, 30 * MINUTE_S, Per::Caller);

    const fn new(name: &'static str, requests: u32, window_s: u64, per: Per) -> Limit {
        Limit {
            name,
            requests,
            window_s,
            per,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Who {
    Account(AccountId),
    Address(IpAddr),
    /// A name, by its hash.
    Name(u64),
    Shared(u64),
}

impl Who {
    /// Who somebody says that they are.
    pub fn name(name: &str) -> Who {
        Who::Name(hash_of(&name.trim().to_lowercase()))
    }

    /// One household has a whole IPv6 /64. A socket for both says IPv4 addresses as IPv6 ones, all
    /// of them in one /64.
    pub fn address(address: IpAddr) -> Who {
        Who::Address(match address.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
        })
    }
}

/// What is left to a caller in this window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    /// When the window ends, in Unix milliseconds.
    pub reset_ms: u64,
    /// This request is one too many.
    pub exceeded: bool,
}

#[derive(Default)]
pub struct RateLimits {
    /// By the name of the limit.
    windows: Mutex<HashMap<&'static str, Window>>,
}

#[derive(Default)]
struct Window {
    number: u64,
    counts: HashMap<Who, u32>,
}

impl RateLimits {
    /// Counts one request.
    pub fn count(&self, limit: &Limit, who: Who, now_ms: u64) -> Allowance {
        let window_ms = limit.window_s * 1_000;
        let number = now_ms / window_ms;
        let mut windows = self.windows.lock();
        let window = windows.entry(limit.name).or_default();
        if window.number != number {
            window.number = number;
            window.counts = HashMap::new();
        }
        let is_full = window.counts.len() >= CALLERS_MAX && !window.counts.contains_key(&who);
        let who = if is_full { shared(who) } else { who };
        let count = window.counts.entry(who).or_default();
        *count = count.saturating_add(1);
        Allowance {
            limit: limit.requests,
            remaining: limit.requests.saturating_sub(*count),
            reset_ms: (number + 1) * window_ms,
            exceeded: *count > limit.requests,
        }
    }
}

fn shared(who: Who) -> Who {
    Who::Shared(hash_of(&who) % SHARED_COUNTS)
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_and_callers_are_counted_apart() {
        let limits = RateLimits::default();
        let limit = Limit::new("a", 2, 10, Per::Address);
        let who = |last: u8| Who::address(IpAddr::from([10, 0, 0, last]));
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
    fn a_household_is_one_caller() {
        let who = |text: &str| Who::address(text.parse().unwrap());
        assert_eq!(who("2001:db8::1"), who("2001:db8::ffff"));
        assert_ne!(who("2001:db8::1"), who("2001:db8:0:1::1"));
        assert_ne!(who("::ffff:192.0.2.1"), who("::ffff:192.0.2.2"));
        assert_eq!(who("::ffff:192.0.2.1"), who("192.0.2.1"));
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
    }
}

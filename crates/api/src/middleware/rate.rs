//! How often a caller may ask, counted in memory in fixed windows, as Mastodon counts.

use std::net::{IpAddr, Ipv6Addr};

use petrel_model::id::{AccountId, Id};
use petrel_social::context::Caller;
use sha2::{Digest, Sha256};

/// Whom a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// The token, so that each of a person's clients is counted alone; else as `Caller`.
    Token,
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
    pub const GENERAL: Limit = Limit::new("general", 300, 5 * MINUTE_S, Per::Token);
    /// The same for all clients of an account together.
    pub const ACCOUNT: Limit = Limit::new("account", 1_500, 5 * MINUTE_S, Per::Caller);
    /// Forms that were sent, also those that are shown again for what is wrong with them.
    pub const SIGN_UP_PAGE: Limit = Limit::new("sign_up_page", 25, 5 * MINUTE_S, Per::Address);
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

    pub const REPORT: Limit = Limit::new("report", 400, 24 * HOUR_S, Per::Caller);
    pub const UPLOAD: Limit = Limit::new("upload", 30, 30 * MINUTE_S, Per::Caller);
    /// Changes of a profile: each may ask other servers for its links, and makes pictures.
    pub const PROFILE: Limit = Limit::new("profile", 60, 30 * MINUTE_S, Per::Caller);
    /// Files, of which timelines are full: in place of the general limit.
    pub const FETCH: Limit = Limit::new("fetch", 6_000, 5 * MINUTE_S, Per::Caller);

    /// All of them.
    pub const ALL: [&Limit; 14] = [
        &Limit::GENERAL,
        &Limit::ACCOUNT,
        &Limit::SIGN_UP_PAGE,
        &Limit::PROFILE,
        &Limit::SIGN_UP,
        &Limit::REGISTER_APP,
        &Limit::LOG_IN_NAME,
        &Limit::LOG_IN,
        &Limit::POST,
        &Limit::FOLLOW,
        &Limit::DELETE,
        &Limit::REPORT,
        &Limit::UPLOAD,
        &Limit::FETCH,
    ];

    pub(super) const fn new(name: &'static str, requests: u32, window_s: u64, per: Per) -> Limit {
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
    Token(Id),
    Account(AccountId),
    Address(IpAddr),
    /// A name, by its hash.
    Name([u8; 8]),
}

impl Who {
    /// Whom a limit counts when this caller asks from this address; an app is counted by its address.
    pub fn of(caller: Option<&Caller>, per: Per, address: IpAddr) -> Who {
        match (per, caller) {
            (
                Per::Token,
                Some(Caller::User {
                    token: Some(token), ..
                }),
            ) => Who::Token(*token),
            (Per::Token | Per::Caller, Some(Caller::User { account, .. })) => {
                Who::Account(*account)
            }
            _ => Who::address(address),
        }
    }

    /// Known by a token of ours, of which nobody has any number.
    pub fn is_known(self) -> bool {
        matches!(self, Who::Token(_) | Who::Account(_))
    }

    /// Who somebody says that they are.
    pub fn name(name: &str) -> Who {
        Who::Name(hash_of(&[name.trim().to_lowercase().as_bytes()]))
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

/// A caller under one limit: the same number on every node, and one that nobody can aim at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CallerKey(pub u64);

impl CallerKey {
    pub fn of(limit: &Limit, who: Who) -> CallerKey {
        let limit = limit.name.as_bytes();
        CallerKey(u64::from_be_bytes(match who {
            Who::Token(id) => hash_of(&[limit, b" token ", &id.0.to_be_bytes()]),
            Who::Account(id) => hash_of(&[limit, b" account ", &id.0.0.to_be_bytes()]),
            Who::Address(IpAddr::V4(v4)) => hash_of(&[limit, b" v4 ", &v4.octets()]),
            Who::Address(IpAddr::V6(v6)) => hash_of(&[limit, b" v6 ", &v6.octets()]),
            Who::Name(hash) => hash_of(&[limit, b" name ", &hash]),
        }))
    }
}

fn hash_of(parts: &[&[u8]]) -> [u8; 8] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let whole: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = whole;
    [a, b, c, d, e, f, g, h]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_caller() {
        let who = |text: &str| Who::address(text.parse().unwrap());
        assert_eq!(who("2001:db8::1"), who("2001:db8::ffff"));
        assert_ne!(who("2001:db8::1"), who("2001:db8:0:1::1"));
        assert_ne!(who("::ffff:192.0.2.1"), who("::ffff:192.0.2.2"));
        assert_eq!(who("::ffff:192.0.2.1"), who("192.0.2.1"));
    }

    #[test]
    fn all_nodes_know_a_caller_by_the_same_number() {
        let id = AccountId("42".parse().unwrap());
        let key = CallerKey::of(&Limit::POST, Who::Account(id));
        assert_eq!(key, CallerKey(0x7a20_470d_a69d_16c1));
        assert_ne!(key, CallerKey::of(&Limit::FOLLOW, Who::Account(id)));
        assert_eq!(Who::name(" Ann"), Who::name("ann"));
    }
}

//! What the timeline of a list of accounts is.
//!
//! - Statuses of its **members** belong: of those whom the viewer follows, as far as the follow
//!   shows them (reblogs, languages, replies to somebody whom the viewer follows), and the viewer's
//!   own if the viewer is a member.
//! - No **direct** ones.
//! - A **reply** to somebody other than its author and the viewer is judged by the list's
//!   [`RepliesPolicy`] besides.
//! - What keeps an entry out of home whoever wrote it (blocks, mutes, domains, accounts that are
//!   gone, the text, the reblog rule) keeps it out here. Exclusive lists do not: they are what is
//!   read instead of home.

use std::fmt;
use std::str::FromStr;

use minicbor::{CborLen, Decode, Encode};

use super::{Entry, HomeFacts, is_wanted};
use crate::event::About;
use crate::id::AccountId;
use crate::visibility::Visibility;

/// Which replies of its members a list shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, CborLen)]
#[cbor(index_only)]
pub enum RepliesPolicy {
    /// To other members.
    #[default]
    #[n(0)]
    List,
    /// To anyone whom the viewer follows.
    #[n(1)]
    Followed,
    /// To nobody.
    #[n(2)]
    None,
}

impl RepliesPolicy {
    pub const ALL: [RepliesPolicy; 3] = [
        RepliesPolicy::List,
        RepliesPolicy::Followed,
        RepliesPolicy::None,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RepliesPolicy::List => "list",
            RepliesPolicy::Followed => "followed",
            RepliesPolicy::None => "none",
        }
    }
}

impl fmt::Display for RepliesPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("replies policy is one of list, followed, none")]
pub struct NotARepliesPolicy;

impl FromStr for RepliesPolicy {
    type Err = NotARepliesPolicy;

    fn from_str(text: &str) -> Result<RepliesPolicy, NotARepliesPolicy> {
        RepliesPolicy::ALL
            .into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or(NotARepliesPolicy)
    }
}

/// A list of accounts, as its timeline is judged by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListView<'a> {
    /// Those who are members in effect, in ascending order.
    pub members: &'a [AccountId],
    pub replies: RepliesPolicy,
}

impl ListView<'_> {
    pub fn has(&self, account: AccountId) -> bool {
        self.members.binary_search(&account).is_ok()
    }
}

/// Whether the entry, which nobody hides, is part of the list's timeline.
pub(super) fn belongs(
    entry: &Entry,
    list: &ListView<'_>,
    facts: &(impl HomeFacts + ?Sized),
) -> bool {
    let is_shown = entry.account == facts.viewer()
        || facts
            .follow(entry.account)
            .is_some_and(|follow| is_wanted(entry, &follow, facts));
    list.has(entry.account)
        && entry.visibility != Visibility::Direct
        && is_shown
        && is_reply_wanted(entry, list, facts.viewer())
}

fn is_reply_wanted(entry: &Entry, list: &ListView<'_>, viewer: AccountId) -> bool {
    match entry.about {
        About::Reply { account, .. } if account != entry.account && account != viewer => {
            match list.replies {
                RepliesPolicy::List => list.has(account),
                RepliesPolicy::Followed => true,
                RepliesPolicy::None => false,
            }
        }
        _ => true,
    }
}

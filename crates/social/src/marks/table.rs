//! Facts of an account about statuses: favourite, reblog, bookmark, pin, thread mute, vote. Each has an
//! id of its own, and its list rows count only while it is on and bears that id.

use minicbor::{Decode, Encode};
use petrel_model::event::MarkKind;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Plain, Table, TakesRights};

use crate::polls::table::Ballot;

/// A month of thirty days, in milliseconds, by the id of the status.
const MONTH_MS: u64 = 30 * 24 * 3_600 * 1_000;

pub struct Marks;

impl Table for Marks {
    const ID: u16 = 24;
    const NAME: &'static str = "marks";
    /// Account, and the month of the status's id.
    type Partition = (AccountId, u32);
    type Sort = (StatusId, MarkKind);
    type Value = Mark;
    type Mode = Plain;
    const BOUND: &'static str = "time bucket: a month of status ids, by one account's own hand";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

pub fn partition(account: AccountId, status: StatusId) -> (AccountId, u32) {
    (account, (status.time_ms() / MONTH_MS) as u32)
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Mark {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
    /// The status's author.
    #[n(2)]
    pub author: AccountId,
    /// The chapter of its row in the status's list.
    #[n(3)]
    pub status_chapter: Id,
    /// The chapter of its row in the account's own list.
    #[n(4)]
    pub account_chapter: Id,
    /// The chapter of the author's notification, if there is one.
    #[n(5)]
    pub notification_chapter: Option<Id>,
    /// What was chosen, of a vote.
    #[n(6)]
    pub ballot: Option<Ballot>,
}

impl Mark {
    pub fn off(author: AccountId) -> Mark {
        Mark {
            id: Id::MIN,
            on: false,
            author,
            status_chapter: Id::MIN,
            account_chapter: Id::MIN,
            notification_chapter: None,
            ballot: None,
        }
    }
}

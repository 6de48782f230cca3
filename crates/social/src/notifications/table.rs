//! What an account is told. A notification bears the id of the fact that it tells of, so telling
//! twice is telling once.

use std::str::FromStr;

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, NotificationId, StatusId};
use petrel_store::{Plain, Table};

pub struct Notifications;

impl Table for Notifications {
    const ID: u16 = 26;
    const NAME: &'static str = "notifications";
    /// Account and chapter.
    type Partition = (AccountId, Id);
    type Sort = NotificationId;
    type Value = Notification;
    type Mode = Plain;
    const BOUND: &'static str = "chapters";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Notification {
    #[n(0)]
    pub kind: NotificationKind,
    /// Who caused it.
    #[n(1)]
    pub from: AccountId,
    #[n(2)]
    pub status: Option<StatusId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum NotificationKind {
    #[n(0)]
    Mention,
    #[n(1)]
    Status,
    #[n(2)]
    Reblog,
    #[n(3)]
    Follow,
    #[n(4)]
    FollowRequest,
    #[n(5)]
    Favourite,
    #[n(6)]
    Poll,
    #[n(7)]
    Update,
}

impl NotificationKind {
    pub const ALL: [NotificationKind; 8] = [
        NotificationKind::Mention,
        NotificationKind::Status,
        NotificationKind::Reblog,
        NotificationKind::Follow,
        NotificationKind::FollowRequest,
        NotificationKind::Favourite,
        NotificationKind::Poll,
        NotificationKind::Update,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            NotificationKind::Mention => "mention",
            NotificationKind::Status => "status",
            NotificationKind::Reblog => "reblog",
            NotificationKind::Follow => "follow",
            NotificationKind::FollowRequest => "follow_request",
            NotificationKind::Favourite => "favourite",
            NotificationKind::Poll => "poll",
            NotificationKind::Update => "update",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such notification type")]
pub struct NotAKind;

impl FromStr for NotificationKind {
    type Err = NotAKind;

    fn from_str(text: &str) -> Result<NotificationKind, NotAKind> {
        NotificationKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(NotAKind)
    }
}

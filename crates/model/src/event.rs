//! What happened, with all that a consumer needs without reading the fact.

use minicbor::{CborLen, Decode, Encode};

use crate::choices::Choices;
use crate::id::{AccountId, Id, NotificationId, StatusId};
use crate::visibility::Visibility;

/// What a status is about, for home: whom it replies to or what it reblogs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, CborLen)]
pub enum About {
    #[default]
    #[n(0)]
    Nothing,
    #[n(1)]
    Reply {
        #[n(0)]
        status: StatusId,
        #[n(1)]
        account: AccountId,
    },
    #[n(2)]
    Reblog {
        #[n(0)]
        status: StatusId,
        #[n(1)]
        account: AccountId,
    },
}

/// A status as the log and the streams need it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
pub struct StatusEvent {
    #[n(0)]
    pub id: StatusId,
    #[n(1)]
    pub account: AccountId,
    #[n(2)]
    pub visibility: Visibility,
    #[n(3)]
    pub about: About,
    /// BCP 47, empty when unknown.
    #[n(4)]
    pub language: String,
    /// Accounts that the status names (for a reblog: that the reblogged status names).
    #[n(5)]
    pub mentions: Vec<AccountId>,
    /// Folded names of its hashtags.
    #[n(6)]
    pub tags: Vec<String>,
    /// Whether files are attached to it (for a reblog: to the reblogged status).
    #[cbor(n(7), skip_if = "is_no")]
    pub has_media: bool,
}

fn is_no(flag: &bool) -> bool {
    !flag
}

/// What one account may do to a status, kept in `marks`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, CborLen)]
#[cbor(index_only)]
pub enum MarkKind {
    #[n(0)]
    Favourite,
    #[n(1)]
    Reblog,
    #[n(2)]
    Bookmark,
    #[n(3)]
    Pin,
    #[n(4)]
    ThreadMute,
    /// A vote in its poll, never taken back.
    #[n(5)]
    Vote,
}

/// What one account may be to another, kept in `relations`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, CborLen)]
#[cbor(index_only)]
pub enum RelationKind {
    #[n(0)]
    Follow,
    /// How the follow is shown; counts only while the follow is on.
    #[n(1)]
    FollowSettings,
    #[n(2)]
    FollowRequest,
    #[n(3)]
    Block,
    #[n(4)]
    Mute,
    #[n(5)]
    Note,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
pub enum Event {
    #[n(0)]
    StatusCreated(#[n(0)] StatusEvent),
    #[n(1)]
    StatusEdited(#[n(0)] StatusEvent),
    /// Also a reblog that was taken back.
    #[n(2)]
    StatusDeleted(#[n(0)] StatusEvent),
    #[n(3)]
    Marked {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        status: StatusId,
        /// The author of the status.
        #[n(2)]
        author: AccountId,
        #[n(3)]
        kind: MarkKind,
        #[n(4)]
        on: bool,
        /// It was switched off without having been seen on: should it have been in doubt, it is
        /// off now.
        #[n(5)]
        unseen: Option<bool>,
    },
    #[n(4)]
    Related {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        other: AccountId,
        #[n(2)]
        kind: RelationKind,
        #[n(3)]
        on: bool,
        /// As for a mark.
        #[n(4)]
        unseen: Option<bool>,
    },
    #[n(5)]
    AccountChanged {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        change: AccountChange,
    },
    #[n(6)]
    Notified {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        notification: NotificationId,
    },
    /// A token was revoked or a password changed: open streams of it end.
    #[n(7)]
    AccessEnded {
        #[n(0)]
        account: AccountId,
        /// The token's id, or none for all of the account's.
        #[n(1)]
        token: Option<Id>,
    },
    /// Fills a place in the sequence where nothing was written.
    #[n(8)]
    Nothing,
    /// One of the account's lists of accounts: made, changed or deleted, or who is on it.
    #[n(9)]
    AccountListChanged {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        list: Id,
    },
    #[n(10)]
    TagFollowed {
        #[n(0)]
        account: AccountId,
        /// Folded.
        #[n(1)]
        tag: String,
        #[n(2)]
        on: bool,
    },
    /// What the account did to a conversation.
    #[n(12)]
    ConversationChanged {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        conversation: Id,
    },
    /// What the account filters out of what it reads.
    #[n(11)]
    FiltersChanged {
        #[n(0)]
        account: AccountId,
    },
    #[n(13)]
    Poll(#[n(0)] PollEvent),
}

/// What became of a poll.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
pub enum PollEvent {
    #[n(0)]
    Voted {
        #[n(0)]
        account: AccountId,
        #[n(1)]
        status: StatusId,
        /// The version of the poll that was voted in.
        #[n(2)]
        poll: Id,
        #[n(3)]
        choices: Choices,
    },
    /// Nobody can vote any more in the poll of this status.
    #[n(1)]
    Ended(#[n(0)] StatusEvent),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, CborLen)]
#[cbor(index_only)]
pub enum AccountChange {
    #[n(0)]
    Created,
    #[n(1)]
    Profile,
    #[n(2)]
    Suspended,
    #[n(3)]
    Unsuspended,
    #[n(4)]
    Deleted,
    /// Its name is its own from now on: only now does it exist.
    #[n(5)]
    Claimed,
}

//! Facts of an account about others: follow, request, block, mute. Keyed by who did them.

use minicbor::{Decode, Encode};
use petrel_model::event::RelationKind;
use petrel_model::id::{AccountId, Id};
use petrel_store::{Plain, Table, TakesRights};

pub struct Relations;

impl Table for Relations {
    const ID: u16 = 25;
    const NAME: &'static str = "relations";
    type Partition = AccountId;
    type Sort = (AccountId, RelationKind);
    type Value = Relation;
    type Mode = Plain;
    const BOUND: &'static str =
        "cap: FOLLOWS_MAX, REQUESTS_MAX, BLOCKS_MAX and MUTES_MAX of a kind";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Relation {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
    /// The chapter of its row in the other's list.
    #[n(2)]
    pub chapter: Id,
    /// The chapter of the other's notification, if there is one.
    #[n(3)]
    pub notification_chapter: Option<Id>,
    /// How a follow is shown; on rows of kind `FollowSettings`.
    #[n(4)]
    pub follow: Option<FollowSettings>,
    #[n(5)]
    pub mute: Option<MuteSettings>,
    /// A private note; on rows of kind `Note`.
    #[n(6)]
    pub note: Option<String>,
    /// The request that a follow came of: what stood upon that stands upon this.
    #[n(7)]
    pub asked: Option<Id>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FollowSettings {
    #[n(0)]
    pub reblogs: bool,
    #[n(1)]
    pub notify: bool,
    /// Empty means all.
    #[n(2)]
    pub languages: Vec<String>,
}

impl Default for FollowSettings {
    fn default() -> FollowSettings {
        FollowSettings {
            reblogs: true,
            notify: false,
            languages: Vec::new(),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MuteSettings {
    #[n(0)]
    pub notifications: bool,
    /// Unix milliseconds; none is for ever.
    #[n(1)]
    pub expires_at_ms: Option<u64>,
}

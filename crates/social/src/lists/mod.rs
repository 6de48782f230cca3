//! Lists are indexes: each row points at a fact, and counts only while that fact is on and bears
//! the row's id. Long lists are cut into chapters so that no partition grows without bound.

mod chapters;
mod growth;
mod keeper;
mod read;

pub use chapters::{chapter_for, chapters, chapters_of_each, put_chapter};
pub use growth::Growth;
pub use keeper::{CHAPTER_GAP_MS, ChapterKeeper};
pub use read::{read, read_chapters, read_for};

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::{Batch, Key, KeyError, KeyReader, KeyWriter, Plain, Table};

use crate::error::Result;
use crate::polls::table::Ballot;

/// The lists there are. The numbers are stored: append only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum List {
    /// All statuses and reblogs of an account, by status id.
    StatusesByAccount = 0,
    PinsByAccount = 1,
    FavouritesByAccount = 2,
    BookmarksByAccount = 3,
    Followers = 4,
    /// Requests that an account has received.
    FollowRequests = 5,
    RepliesByStatus = 6,
    FavouritesByStatus = 7,
    ReblogsByStatus = 8,
    StatusesByTag = 9,
    /// Chapters only; the rows are in their own table.
    Notifications = 10,
    /// Followers who want to be told of each status.
    Bells = 11,
    /// By the id of the vote.
    VotesByStatus = 12,
    /// Chapters only; the rows are in their own table.
    Conversations = 14,
}

impl List {
    pub const ALL: [List; 14] = [
        List::StatusesByAccount,
        List::PinsByAccount,
        List::FavouritesByAccount,
        List::BookmarksByAccount,
        List::Followers,
        List::FollowRequests,
        List::RepliesByStatus,
        List::FavouritesByStatus,
        List::ReblogsByStatus,
        List::StatusesByTag,
        List::Notifications,
        List::Bells,
        List::VotesByStatus,
        List::Conversations,
    ];

    /// Whether its rows are in the table of lists.
    pub fn is_of_lists(self) -> bool {
        !matches!(self, List::Notifications | List::Conversations)
    }

    pub fn name(self) -> &'static str {
        match self {
            List::StatusesByAccount => "statuses_by_account",
            List::PinsByAccount => "pins_by_account",
            List::FavouritesByAccount => "favourites_by_account",
            List::BookmarksByAccount => "bookmarks_by_account",
            List::Followers => "followers",
            List::FollowRequests => "follow_requests",
            List::RepliesByStatus => "replies_by_status",
            List::FavouritesByStatus => "favourites_by_status",
            List::ReblogsByStatus => "reblogs_by_status",
            List::StatusesByTag => "statuses_by_tag",
            List::Notifications => "notifications",
            List::Bells => "bells",
            List::VotesByStatus => "votes_by_status",
            List::Conversations => "conversations",
        }
    }
}

impl Key for List {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<List, KeyError> {
        // By value: some of the numbers are not in use.
        let number = u8::read(from)?;
        let mut all = List::ALL.into_iter();
        all.find(|list| *list as u8 == number)
            .ok_or(KeyError("no such list"))
    }
}

/// Whose list it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    Account(AccountId),
    Status(StatusId),
    /// A folded hashtag.
    Tag(String),
}

impl Key for Owner {
    fn write(&self, out: &mut KeyWriter) {
        match self {
            Owner::Account(id) => {
                out.put(&[0]);
                id.write(out);
            }
            Owner::Status(id) => {
                out.put(&[1]);
                id.write(out);
            }
            Owner::Tag(name) => {
                out.put(&[2]);
                name.write(out);
            }
        }
    }
    fn read(from: &mut KeyReader<'_>) -> Result<Owner, KeyError> {
        match u8::read(from)? {
            0 => AccountId::read(from).map(Owner::Account),
            1 => StatusId::read(from).map(Owner::Status),
            2 => String::read(from).map(Owner::Tag),
            _ => Err(KeyError("no such owner")),
        }
    }
}

/// All lists: (list, owner, chapter) → id → entry.
pub struct Lists;

impl Table for Lists {
    const ID: u16 = 20;
    const NAME: &'static str = "lists";
    type Partition = (List, Owner, Id);
    type Sort = Id;
    type Value = Entry;
    type Mode = Plain;
    const BOUND: &'static str = "chapters";
}

/// What a list row points at.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Entry {
    /// The account or status that the row is about.
    #[n(0)]
    pub id: Id,
    /// For lists of statuses: whom the status is for.
    #[n(1)]
    pub visibility: Option<Visibility>,
    /// For lists of statuses: a reply to someone else.
    #[n(2)]
    pub reply: Option<bool>,
    /// For lists of statuses: a reblog.
    #[n(3)]
    pub reblog: Option<bool>,
    /// For lists of votes: what was chosen, so that they are counted without reading each.
    #[n(6)]
    pub ballot: Option<Ballot>,
}

impl Entry {
    pub fn of(id: impl Into<Id>) -> Entry {
        Entry {
            id: id.into(),
            visibility: None,
            reply: None,
            reblog: None,
            ballot: None,
        }
    }
}

/// One list row, as the functions that list a fact's index rows name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListRow {
    pub list: List,
    pub owner: Owner,
    pub chapter: Id,
    pub id: Id,
    pub entry: Entry,
}

impl ListRow {
    pub fn partition(&self) -> (List, Owner, Id) {
        (self.list, self.owner.clone(), self.chapter)
    }

    pub fn put(&self, batch: &mut Batch<'_>) {
        batch.put::<Lists>(&self.partition(), &self.id, &self.entry);
    }

    pub fn delete(&self, batch: &mut Batch<'_>) {
        batch.delete::<Lists>(&self.partition(), &self.id);
    }
}

impl From<AccountId> for Owner {
    fn from(id: AccountId) -> Owner {
        Owner::Account(id)
    }
}

impl From<StatusId> for Owner {
    fn from(id: StatusId) -> Owner {
        Owner::Status(id)
    }
}

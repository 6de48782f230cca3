//! Lists are indexes: each row points at a fact, and counts only while that fact is on and bears
//! the row's id. Long lists are cut into chapters so that no partition grows without bound.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::{Batch, Key, KeyError, KeyReader, KeyWriter, Plain, Row, Store, Table};

use crate::accounts::table::{AccountRow, AccountSort, Accounts};
use crate::error::Result;
use crate::page::PageRequest;
use crate::statuses::table::{StatusRow, StatusSort, Statuses};
use crate::tags::{TagRow, TagSort, Tags};

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
}

impl List {
    pub const ALL: [List; 12] = [
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
    ];

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
        }
    }
}

impl Key for List {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<List, KeyError> {
        List::ALL
            .get(usize::from(u8::read(from)?))
            .copied()
            .ok_or(KeyError("no such list"))
    }
}

/// Whose list it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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
}

impl Entry {
    pub fn of(id: impl Into<Id>) -> Entry {
        Entry {
            id: id.into(),
            visibility: None,
            reply: None,
            reblog: None,
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

/// Where the chapters of a list begin, oldest first; always begins with [`Id::MIN`].
pub async fn chapters(store: &Store, list: List, owner: &Owner) -> Result<Vec<Id>> {
    let mut begins = vec![Id::MIN];
    match owner {
        Owner::Account(account) => {
            let rows = store.partition::<Accounts>(account).await?;
            begins.extend(rows.iter().filter_map(|row| match row.sort {
                AccountSort::Chapter(of, begin) if of == list => Some(begin),
                _ => None,
            }));
        }
        Owner::Status(status) => {
            let rows = store.partition::<Statuses>(status).await?;
            begins.extend(rows.iter().filter_map(|row| match row.sort {
                StatusSort::Chapter(of, begin) if of == list => Some(begin),
                _ => None,
            }));
        }
        Owner::Tag(tag) => {
            let rows = store.partition::<Tags>(tag).await?;
            begins.extend(rows.iter().filter_map(|row| match row.sort {
                TagSort::Chapter(begin) => Some(begin),
                TagSort::Created => None,
            }));
        }
    }
    begins.sort_unstable();
    Ok(begins)
}

/// The chapter that a new row with this id belongs to.
pub async fn chapter_for(store: &Store, list: List, owner: &Owner, id: Id) -> Result<Id> {
    let begins = chapters(store, list, owner).await?;
    Ok(begins
        .into_iter()
        .rfind(|begin| *begin <= id)
        .unwrap_or(Id::MIN))
}

/// Adds a beginning in the partition of the list's owner.
pub fn put_chapter(batch: &mut Batch<'_>, list: List, owner: &Owner, begin: Id) {
    match owner {
        Owner::Account(account) => batch.put::<Accounts>(
            account,
            &AccountSort::Chapter(list, begin),
            &AccountRow::Chapter,
        ),
        Owner::Status(status) => batch.put::<Statuses>(
            status,
            &StatusSort::Chapter(list, begin),
            &StatusRow::Chapter,
        ),
        Owner::Tag(tag) => {
            batch.put::<Tags>(tag, &TagSort::Chapter(begin), &TagRow::Chapter);
        }
    }
}

/// Up to `limit` rows, newest first (with `min_id` the oldest above it, still newest first).
/// A reader of a chapter also asks the one before it for ids beyond its end, since a writer may
/// have chosen its chapter before the newest was begun.
pub async fn read(
    store: &Store,
    list: List,
    owner: &Owner,
    page: &PageRequest,
) -> Result<Vec<Row<Lists>>> {
    let begins = chapters(store, list, owner).await?;
    if page.min_id.is_some() {
        let mut rows = read_ascending(store, list, owner, page, &begins).await?;
        rows.reverse();
        return Ok(rows);
    }
    let mut rows: Vec<Row<Lists>> = Vec::new();
    for (index, begin) in begins.iter().enumerate().rev() {
        // All rows still wanted are at or above this chapter's beginning.
        let full = rows.len() >= page.limit;
        if full && rows[page.limit - 1].sort >= begins.get(index + 1).copied().unwrap_or(Id::MAX) {
            break;
        }
        if page.max_id.is_some_and(|max| max <= *begin) {
            continue;
        }
        let partition = (list, owner.clone(), *begin);
        let mut scan = store
            .scan::<Lists>(&partition)
            .descending()
            .limit(page.limit);
        if let Some(max_id) = page.max_id {
            scan = scan.before(&max_id);
        }
        if let Some(above) = page.above() {
            scan = scan.after(&above);
        }
        rows.extend(scan.await?);
        rows.sort_by(|a, b| b.sort.cmp(&a.sort));
        rows.truncate(page.limit);
        if page.above().is_some_and(|above| above >= *begin) && index + 1 < begins.len() {
            break;
        }
    }
    Ok(rows)
}

async fn read_ascending(
    store: &Store,
    list: List,
    owner: &Owner,
    page: &PageRequest,
    begins: &[Id],
) -> Result<Vec<Row<Lists>>> {
    let above = page.above().unwrap_or(Id::MIN);
    let mut rows: Vec<Row<Lists>> = Vec::new();
    // The chapter before the one that holds `above` may have ids beyond its end.
    let holds = begins
        .iter()
        .rposition(|begin| *begin <= above)
        .unwrap_or(0);
    for (index, begin) in begins.iter().enumerate().skip(holds.saturating_sub(1)) {
        if rows.len() >= page.limit && rows[page.limit - 1].sort < *begin && index > holds + 1 {
            break;
        }
        let partition = (list, owner.clone(), *begin);
        let mut scan = store
            .scan::<Lists>(&partition)
            .after(&above)
            .limit(page.limit);
        if let Some(max_id) = page.max_id {
            scan = scan.before(&max_id);
        }
        rows.extend(scan.await?);
        rows.sort_by_key(|row| row.sort);
        rows.truncate(page.limit);
    }
    Ok(rows)
}

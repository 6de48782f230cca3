//! All rows of one status share a partition. A status exists while its creation row is there and
//! its `deleted` row is not; an edit adds a row, and the edit with the latest revision is shown.

use minicbor::{Decode, Encode};
use petrel_model::event::About;
use petrel_model::id::{AccountId, AppId, Id, MediaId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::{Key, KeyError, KeyReader, KeyWriter, Plain, Table, TakesRights};

use crate::lists::List;
use crate::media::{Focus, MediaKind};
use crate::polls::table::Poll;

pub struct Statuses;

impl Table for Statuses {
    const ID: u16 = 23;
    const NAME: &'static str = "statuses";
    type Partition = StatusId;
    type Sort = StatusSort;
    type Value = StatusRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: EDITS_MAX edits and one row for each chapter";
    /// The `deleted` row.
    const TAKES_RIGHTS: Option<TakesRights> = Some(|sort| sort == [1]);
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StatusSort {
    Created,
    Deleted,
    Edit(Id),
    Chapter(List, Id),
}

impl Key for StatusSort {
    fn write(&self, out: &mut KeyWriter) {
        match self {
            StatusSort::Created => out.put(&[0]),
            StatusSort::Deleted => out.put(&[1]),
            StatusSort::Edit(id) => {
                out.put(&[2]);
                id.write(out);
            }
            StatusSort::Chapter(list, begin) => {
                out.put(&[3]);
                (*list, *begin).write(out);
            }
        }
    }
    fn read(from: &mut KeyReader<'_>) -> Result<StatusSort, KeyError> {
        Ok(match u8::read(from)? {
            0 => StatusSort::Created,
            1 => StatusSort::Deleted,
            2 => StatusSort::Edit(Id::read(from)?),
            3 => {
                let (list, begin) = <(List, Id)>::read(from)?;
                StatusSort::Chapter(list, begin)
            }
            _ => return Err(KeyError("no such row of a status")),
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum StatusRow {
    #[n(0)]
    Created(#[n(0)] StatusCreated),
    /// Without content; never expires.
    #[n(1)]
    Deleted,
    #[n(2)]
    Edit(#[n(0)] StatusContent),
    #[n(3)]
    Chapter,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StatusCreated {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub visibility: Visibility,
    #[n(2)]
    pub about: About,
    /// The status at the root of the conversation; its own id if it begins one.
    #[n(3)]
    pub thread: StatusId,
    #[n(4)]
    pub content: StatusContent,
    #[n(5)]
    pub app: Option<AppId>,
    /// The chapter of its row in the author's list.
    #[n(6)]
    pub account_chapter: Id,
    /// The chapter of its row in the replies of what it replies to.
    #[n(7)]
    pub replies_chapter: Id,
}

/// What an edit changes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct StatusContent {
    /// Plain text as its author wrote it.
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub spoiler_text: String,
    #[n(2)]
    pub sensitive: bool,
    #[n(3)]
    pub language: Option<String>,
    #[n(4)]
    pub mentions: Vec<Mention>,
    #[n(5)]
    pub tags: Vec<StatusTag>,
    /// What is attached, in order, with all that is shown of it.
    #[cbor(n(6), skip_if = "Vec::is_empty")]
    pub media: Vec<StatusMedia>,
    #[n(7)]
    pub poll: Option<Poll>,
}

impl StatusContent {
    /// All that its author wrote in it, attachments aside.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let options = self.poll.iter().flat_map(|poll| &poll.options);
        let own = [self.spoiler_text.as_str(), self.text.as_str()];
        own.into_iter().chain(options.map(String::as_str))
    }
}

/// An attachment as readers need it, so that a status stays one read.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StatusMedia {
    #[n(0)]
    pub id: MediaId,
    #[n(1)]
    pub kind: MediaKind,
    #[n(2)]
    pub original: Shape,
    #[n(3)]
    pub preview: Option<Shape>,
    #[n(4)]
    pub blurhash: Option<String>,
    #[n(5)]
    pub duration_ms: Option<u64>,
    #[n(6)]
    pub frame_rate: Option<String>,
    /// Bits in a second.
    #[n(7)]
    pub bitrate: Option<u64>,
    #[n(8)]
    pub description: Option<String>,
    #[n(9)]
    pub focus: Option<Focus>,
}

/// A variant of a file as it is addressed and laid out.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Shape {
    /// The last part of its key in the depot: `original.jpg`.
    #[n(0)]
    pub file: String,
    /// In pixels; 0 for sound.
    #[n(1)]
    pub width: u32,
    #[n(2)]
    pub height: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Mention {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub username: String,
    /// The chapter of the notification, if there is one.
    #[n(2)]
    pub notification_chapter: Option<Id>,
    /// The edit that names the account anew, of which it is told as of then. In the row of that
    /// edit [`THIS_EDIT`] stands for it.
    #[n(3)]
    pub since_edit: Option<Id>,
}

/// No edit has this id. Many may be named at once, and in this form each takes a byte for it.
const THIS_EDIT: Id = Id::MIN;

impl StatusContent {
    /// The row of this edit.
    pub fn to_edit(&self, edit: Id) -> StatusRow {
        StatusRow::Edit(self.with_edit(edit, THIS_EDIT))
    }

    /// What the row of this edit says.
    pub fn of_edit(&self, edit: Id) -> StatusContent {
        self.with_edit(THIS_EDIT, edit)
    }

    fn with_edit(&self, from: Id, to: Id) -> StatusContent {
        let mut content = self.clone();
        for mention in &mut content.mentions {
            if mention.since_edit == Some(from) {
                mention.since_edit = Some(to);
            }
        }
        content
    }
}

impl Mention {
    /// The id of the notification: that of the version which named the account first, or anew.
    pub fn notification(&self, status: StatusId) -> Id {
        self.since_edit.unwrap_or(status.0)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StatusTag {
    /// Folded.
    #[n(0)]
    pub name: String,
    /// As written.
    #[n(1)]
    pub text: String,
    /// The chapter of its row in the tag's list.
    #[n(2)]
    pub chapter: Id,
}

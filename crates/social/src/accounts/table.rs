//! All rows of one account share a partition. The row that says that it exists is written once;
//! profile, settings, credentials, role and moderation state are rows of their own beside it.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, MediaId};
use petrel_model::visibility::Visibility;
use petrel_store::{Batch, Key, KeyError, KeyReader, KeyWriter, Plain, Table, TakesRights};

use crate::lists::List;

pub struct Accounts;

impl Table for Accounts {
    const ID: u16 = 22;
    const NAME: &'static str = "accounts";
    type Partition = AccountId;
    type Sort = AccountSort;
    type Value = AccountRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row of each kind and one for each chapter";
    /// The rows `deleted`, `suspension` and `access ended`, and the switches of a profile.
    const TAKES_RIGHTS: Option<TakesRights> = Some(|sort| matches!(sort, [1 | 7 | 11] | [16, _]));
}

/// Puts a row of an account, of whose rights the batch is the latest word then.
pub(crate) fn put(batch: &mut Batch<'_>, id: AccountId, sort: AccountSort, row: &AccountRow) {
    batch.put::<Accounts>(&id, &sort, row);
    batch.latest(id);
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AccountSort {
    Created,
    Deleted,
    Profile,
    Settings,
    Credentials,
    Confirmed,
    Role,
    Suspension,
    /// Notifications up to this one were cleared.
    NotificationsCleared,
    Chapter(List, Id),
    Email,
    AccessEnded,
    Claimed,
    /// Of the field at this place.
    FieldVerified(u8),
    Avatar,
    Header,
    Switch(ProfileSwitch),
}

/// What is on or off in a profile. Each is a row of its own, so that of two changes at the same
/// moment neither takes the other back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ProfileSwitch {
    Locked,
    Bot,
    Indexable,
    Discoverable,
    HideCollections,
}

impl ProfileSwitch {
    pub const ALL: [ProfileSwitch; 5] = [
        ProfileSwitch::Locked,
        ProfileSwitch::Bot,
        ProfileSwitch::Indexable,
        ProfileSwitch::Discoverable,
        ProfileSwitch::HideCollections,
    ];

    fn number(self) -> u8 {
        match self {
            ProfileSwitch::Locked => 0,
            ProfileSwitch::Bot => 1,
            ProfileSwitch::Indexable => 2,
            ProfileSwitch::Discoverable => 3,
            ProfileSwitch::HideCollections => 4,
        }
    }

    fn read(from: &mut KeyReader<'_>) -> Result<ProfileSwitch, KeyError> {
        let number = u8::read(from)?;
        let mut all = ProfileSwitch::ALL.into_iter();
        all.find(|switch| switch.number() == number)
            .ok_or(KeyError("no such switch of a profile"))
    }
}

impl Key for AccountSort {
    fn write(&self, out: &mut KeyWriter) {
        match self {
            AccountSort::Created => out.put(&[0]),
            AccountSort::Deleted => out.put(&[1]),
            AccountSort::Profile => out.put(&[2]),
            AccountSort::Settings => out.put(&[3]),
            AccountSort::Credentials => out.put(&[4]),
            AccountSort::Confirmed => out.put(&[5]),
            AccountSort::Role => out.put(&[6]),
            AccountSort::Suspension => out.put(&[7]),
            AccountSort::NotificationsCleared => out.put(&[8]),
            AccountSort::Chapter(list, begin) => {
                out.put(&[9]);
                (*list, *begin).write(out);
            }
            AccountSort::Email => out.put(&[10]),
            AccountSort::AccessEnded => out.put(&[11]),
            AccountSort::Claimed => out.put(&[12]),
            AccountSort::FieldVerified(place) => out.put(&[13, *place]),
            AccountSort::Avatar => out.put(&[14]),
            AccountSort::Header => out.put(&[15]),
            AccountSort::Switch(switch) => out.put(&[16, switch.number()]),
        }
    }
    fn read(from: &mut KeyReader<'_>) -> Result<AccountSort, KeyError> {
        Ok(match u8::read(from)? {
            0 => AccountSort::Created,
            1 => AccountSort::Deleted,
            2 => AccountSort::Profile,
            3 => AccountSort::Settings,
            4 => AccountSort::Credentials,
            5 => AccountSort::Confirmed,
            6 => AccountSort::Role,
            7 => AccountSort::Suspension,
            8 => AccountSort::NotificationsCleared,
            9 => {
                let (list, begin) = <(List, Id)>::read(from)?;
                AccountSort::Chapter(list, begin)
            }
            10 => AccountSort::Email,
            11 => AccountSort::AccessEnded,
            12 => AccountSort::Claimed,
            13 => AccountSort::FieldVerified(u8::read(from)?),
            14 => AccountSort::Avatar,
            15 => AccountSort::Header,
            16 => AccountSort::Switch(ProfileSwitch::read(from)?),
            _ => return Err(KeyError("no such row of an account")),
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum AccountRow {
    #[n(0)]
    Created(#[n(0)] AccountCreated),
    /// Without content; never expires.
    #[n(1)]
    Deleted,
    #[n(2)]
    Profile(#[n(0)] Profile),
    #[n(3)]
    Settings(#[n(0)] PostingSettings),
    #[n(4)]
    Credentials(#[n(0)] Credentials),
    #[n(5)]
    Confirmed,
    #[n(6)]
    Role(#[n(0)] Role),
    #[n(7)]
    Suspension(#[n(0)] Suspension),
    #[n(8)]
    NotificationsCleared(#[n(0)] Id),
    #[n(9)]
    Chapter,
    #[n(10)]
    Email(#[n(0)] Email),
    /// Tokens, codes and sessions that are no later than this row's revision have ended.
    #[n(11)]
    AccessEnded,
    /// The claim on the name is done: the account exists. Written after that, so that not everybody
    /// who meets the account has to ask the claim itself, which is dear; its absence says nothing.
    #[n(12)]
    Claimed,
    /// None when the link was taken back.
    #[n(13)]
    FieldVerified(#[n(0)] Option<VerifiedField>),
    #[n(14)]
    Avatar(#[n(0)] Picture),
    #[n(15)]
    Header(#[n(0)] Picture),
    /// Whether it is on.
    #[n(16)]
    Switch(#[n(0)] bool),
}

/// A link that leads back to the profile. It says nothing of a field that has another value.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct VerifiedField {
    #[n(0)]
    pub value: String,
    /// Unix milliseconds.
    #[n(1)]
    pub at_ms: u64,
}

/// Which uploaded file an account shows as its avatar or header.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Picture {
    /// The file; where none is shown, an id that is later than all that were shown before.
    #[n(0)]
    pub media: MediaId,
    #[n(1)]
    pub files: Option<PictureFiles>,
}

/// What the variants of a picture are called, as in "original.png".
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PictureFiles {
    #[n(0)]
    pub original: String,
    /// One that does not move, if the original does or is large.
    #[n(1)]
    pub still: Option<String>,
}

impl PictureFiles {
    /// What is shown where nothing should move.
    pub fn still(&self) -> &str {
        self.still.as_deref().unwrap_or(&self.original)
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.original).chain(&self.still)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AccountCreated {
    /// As the owner wrote it; compared case-folded.
    #[n(0)]
    pub username: String,
    /// The nonce of the claim on the name: the account exists only if the claim is done and bears it.
    #[n(1)]
    pub nonce: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Profile {
    #[n(0)]
    pub display_name: String,
    /// Plain text.
    #[n(1)]
    pub note: String,
    #[n(2)]
    pub fields: Vec<ProfileField>,
    /// From here on each counts as long as it has no row of its own.
    #[n(3)]
    pub locked: bool,
    #[n(4)]
    pub bot: bool,
    #[n(5)]
    pub indexable: bool,
    #[n(6)]
    pub discoverable: Option<bool>,
    #[n(7)]
    pub hide_collections: Option<bool>,
}

impl Profile {
    /// None if it was never said.
    pub fn switch(&self, switch: ProfileSwitch) -> Option<bool> {
        match switch {
            ProfileSwitch::Locked => Some(self.locked),
            ProfileSwitch::Bot => Some(self.bot),
            ProfileSwitch::Indexable => Some(self.indexable),
            ProfileSwitch::Discoverable => self.discoverable,
            ProfileSwitch::HideCollections => self.hide_collections,
        }
    }

    pub fn set_switch(&mut self, switch: ProfileSwitch, on: bool) {
        match switch {
            ProfileSwitch::Locked => self.locked = on,
            ProfileSwitch::Bot => self.bot = on,
            ProfileSwitch::Indexable => self.indexable = on,
            ProfileSwitch::Discoverable => self.discoverable = Some(on),
            ProfileSwitch::HideCollections => self.hide_collections = Some(on),
        }
    }

    /// All texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter();
        let fields = fields.flat_map(|field| [field.name.as_str(), field.value.as_str()]);
        [self.note.as_str(), self.display_name.as_str()]
            .into_iter()
            .chain(fields)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct ProfileField {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub value: String,
}

/// Defaults for new statuses, and the locale of pages and mails.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct PostingSettings {
    #[n(0)]
    pub privacy: Visibility,
    #[n(1)]
    pub sensitive: bool,
    #[n(2)]
    pub language: Option<String>,
    #[n(3)]
    pub locale: Option<String>,
}

/// As its owner wrote it; compared folded. Never leaves the domain.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Email(#[n(0)] pub String);

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(hidden)")
    }
}

/// Never leaves the domain. The e-mail is a row of its own: a new password must not write it back.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Credentials {
    /// A PHC string of argon2id.
    #[n(0)]
    pub password_hash: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    #[default]
    #[n(0)]
    User,
    #[n(1)]
    Moderator,
    #[n(2)]
    Admin,
    #[n(3)]
    Owner,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::User, Role::Moderator, Role::Admin, Role::Owner];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Moderator => "moderator",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Suspension {
    #[n(0)]
    pub on: bool,
}

use minicbor::{Decode, Encode};
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{AccountId, Id};
use petrel_store::{Key, KeyError, KeyReader, KeyWriter, Plain, Table, TakesRights};

/// An account's lists: which there are, and how each is shown.
pub struct AccountLists;

impl Table for AccountLists {
    const ID: u16 = 30;
    const NAME: &'static str = "account_lists";
    type Partition = AccountId;
    type Sort = (Id, AccountListSort);
    type Value = AccountListRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: ACCOUNT_LISTS_MAX, with two rows each";
    /// A list that was made exclusive hides its members from home.
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum AccountListSort {
    /// Whether there is the list.
    Existence = 0,
    Settings = 1,
}

impl Key for AccountListSort {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<AccountListSort, KeyError> {
        match u8::read(from)? {
            0 => Ok(AccountListSort::Existence),
            1 => Ok(AccountListSort::Settings),
            _ => Err(KeyError("no such row of an account list")),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum AccountListRow {
    #[n(0)]
    Existence {
        #[n(0)]
        on: bool,
    },
    #[n(1)]
    Settings(#[n(0)] ListSettings),
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct ListSettings {
    #[n(0)]
    pub title: String,
    #[n(1)]
    pub replies_policy: RepliesPolicy,
    /// Its members' statuses are read here and not in home.
    #[n(2)]
    pub exclusive: bool,
}

/// Who is on a list: (owner, list) → account.
pub struct AccountListMembers;

impl Table for AccountListMembers {
    const ID: u16 = 53;
    const NAME: &'static str = "account_list_members";
    type Partition = (AccountId, Id);
    type Sort = AccountId;
    type Value = Member;
    type Mode = Plain;
    const BOUND: &'static str = "cap: ACCOUNT_LIST_MEMBERS_MAX";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Member {
    #[n(0)]
    pub on: bool,
    /// The follow, or the request to follow, that it stands upon. Nobody follows themselves.
    #[n(1)]
    pub follow: Id,
}

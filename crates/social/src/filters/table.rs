//! What an account filters out of what it reads. All of it shares a partition, which is read with
//! each page through the cache. A filter is there while its creation row is, a keyword while its
//! own and its filter's are; what can be changed of either is a row beside it.

use std::str::FromStr;

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Key, KeyError, KeyReader, KeyWriter, Plain, Table};

pub struct Filters;

impl Table for Filters {
    const ID: u16 = 33;
    const NAME: &'static str = "filters";
    type Partition = AccountId;
    type Sort = FilterSort;
    type Value = FilterRow;
    type Mode = Plain;
    const BOUND: &'static str =
        "cap: two rows for each of FILTERS_MAX and FILTER_KEYWORDS_MAX, and FILTER_STATUSES_MAX";
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FilterSort {
    Filter(Id),
    Settings(Id),
    Keyword(Id),
    KeywordText(Id),
    Status(Id),
}

impl Key for FilterSort {
    fn write(&self, out: &mut KeyWriter) {
        let (kind, id) = match self {
            FilterSort::Filter(id) => (0, id),
            FilterSort::Settings(id) => (1, id),
            FilterSort::Keyword(id) => (2, id),
            FilterSort::KeywordText(id) => (3, id),
            FilterSort::Status(id) => (4, id),
        };
        out.put(&[kind]);
        id.write(out);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<FilterSort, KeyError> {
        let kind = u8::read(from)?;
        let id = Id::read(from)?;
        Ok(match kind {
            0 => FilterSort::Filter(id),
            1 => FilterSort::Settings(id),
            2 => FilterSort::Keyword(id),
            3 => FilterSort::KeywordText(id),
            4 => FilterSort::Status(id),
            _ => return Err(KeyError("no such row of a filter")),
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum FilterRow {
    #[n(0)]
    Filter,
    #[n(1)]
    Settings(#[n(0)] FilterSettings),
    #[n(2)]
    Keyword {
        #[n(0)]
        filter: Id,
    },
    #[n(3)]
    KeywordText(#[n(0)] KeywordText),
    #[n(4)]
    Status {
        #[n(0)]
        filter: Id,
        #[n(1)]
        status: StatusId,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FilterSettings {
    #[n(0)]
    pub title: String,
    /// As the client named them, without repeats.
    #[n(1)]
    pub contexts: Vec<FilterContext>,
    #[n(2)]
    pub action: FilterAction,
    /// Unix milliseconds; none is for ever.
    #[n(3)]
    pub expires_at_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeywordText {
    #[n(0)]
    pub keyword: String,
    #[n(1)]
    pub whole_word: bool,
}

/// Where a filter counts. The server says of each status what matches, whatever the place; the
/// client knows which place it shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum FilterContext {
    #[n(0)]
    Home,
    #[n(1)]
    Notifications,
    #[n(2)]
    Public,
    #[n(3)]
    Thread,
    #[n(4)]
    Account,
}

impl FilterContext {
    pub fn as_str(self) -> &'static str {
        match self {
            FilterContext::Home => "home",
            FilterContext::Notifications => "notifications",
            FilterContext::Public => "public",
            FilterContext::Thread => "thread",
            FilterContext::Account => "account",
        }
    }
}

impl FromStr for FilterContext {
    type Err = ();

    fn from_str(name: &str) -> Result<FilterContext, ()> {
        use FilterContext::*;
        let all = [Home, Notifications, Public, Thread, Account];
        let mut all = all.into_iter();
        all.find(|context| context.as_str() == name).ok_or(())
    }
}

/// What a client is to do with what matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum FilterAction {
    #[default]
    #[n(0)]
    Warn,
    #[n(1)]
    Hide,
    /// Media only.
    #[n(2)]
    Blur,
}

impl FilterAction {
    pub fn as_str(self) -> &'static str {
        match self {
            FilterAction::Warn => "warn",
            FilterAction::Hide => "hide",
            FilterAction::Blur => "blur",
        }
    }
}

impl FromStr for FilterAction {
    type Err = ();

    fn from_str(name: &str) -> Result<FilterAction, ()> {
        use FilterAction::*;
        let mut all = [Warn, Hide, Blur].into_iter();
        all.find(|action| action.as_str() == name).ok_or(())
    }
}

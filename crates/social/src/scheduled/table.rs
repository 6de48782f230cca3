//! An account's scheduled statuses, and the keys by which each is published or cancelled once.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, AppId, Id, MediaId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::{Cas, Key, KeyError, KeyReader, KeyWriter, Plain, Table};

pub struct ScheduledStatuses;

impl Table for ScheduledStatuses {
    const ID: u16 = 36;
    const NAME: &'static str = "scheduled_statuses";
    type Partition = AccountId;
    type Sort = ScheduledSort;
    type Value = ScheduledRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: two rows for each of SCHEDULED_MAX";
    /// Read by scans alone: all of it at once would be too much to keep.
    const CACHED: bool = false;
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ScheduledSort {
    /// Written once.
    Status(Id),
    /// When: the latest counts.
    Due(Id),
}

impl Key for ScheduledSort {
    fn write(&self, out: &mut KeyWriter) {
        let (kind, id) = match self {
            ScheduledSort::Status(id) => (0, id),
            ScheduledSort::Due(id) => (1, id),
        };
        out.put(&[kind]);
        id.write(out);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<ScheduledSort, KeyError> {
        let kind = u8::read(from)?;
        let id = Id::read(from)?;
        match kind {
            0 => Ok(ScheduledSort::Status(id)),
            1 => Ok(ScheduledSort::Due(id)),
            _ => Err(KeyError("no such row of a scheduled status")),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum ScheduledRow {
    #[n(0)]
    Status(#[n(0)] ScheduledStatus),
    /// Unix milliseconds.
    #[n(1)]
    Due(#[n(0)] u64),
}

/// What is to be published. What its author did not say was taken from their settings.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ScheduledStatus {
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub spoiler_text: String,
    #[n(2)]
    pub sensitive: bool,
    #[n(3)]
    pub visibility: Visibility,
    #[n(4)]
    pub language: Option<String>,
    #[n(5)]
    pub in_reply_to: Option<StatusId>,
    #[n(6)]
    pub poll: Option<ScheduledPoll>,
    #[n(7)]
    pub app: Option<AppId>,
    #[n(8)]
    pub idempotency_key: Option<String>,
    /// Its files, which it holds until it is published or cancelled.
    #[cbor(n(9), default, skip_if = "Vec::is_empty")]
    pub media: Vec<MediaId>,
}

/// A poll that is open from the moment at which its status is published.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ScheduledPoll {
    #[n(0)]
    pub options: Vec<String>,
    /// Seconds.
    #[n(1)]
    pub expires_in_s: u64,
    #[n(2)]
    pub multiple: bool,
    #[n(3)]
    pub hide_totals: bool,
}

/// Scheduled status → what was decided of it.
pub struct PublishKeys;

impl Table for PublishKeys {
    const ID: u16 = 49;
    const NAME: &'static str = "publish_keys";
    type Partition = Id;
    type Sort = ();
    type Value = PublishKey;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row, and it expires";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PublishKey {
    /// The status that it becomes, of every try; none if it was cancelled.
    #[n(0)]
    pub status: Option<StatusId>,
    /// The writer's nonce.
    #[n(1)]
    pub nonce: u64,
}

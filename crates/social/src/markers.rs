//! How far an account has read its timelines: one contended row for each, because its version is
//! the number of changes, which only a conditional write can count.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id};
use petrel_model::scope::Scope;
use petrel_store::{Cas, Key, KeyError, KeyReader, KeyWriter, Store, Table};

use crate::contended::{self, Put};
use crate::context::Ctx;
use crate::error::{Error, Result};

pub struct Markers;

impl Table for Markers {
    const ID: u16 = 35;
    const NAME: &'static str = "markers";
    type Partition = (AccountId, MarkedTimeline);
    type Sort = ();
    type Value = Marker;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row";
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MarkedTimeline {
    Home,
    Notifications,
}

impl MarkedTimeline {
    pub const ALL: [MarkedTimeline; 2] = [MarkedTimeline::Home, MarkedTimeline::Notifications];

    pub fn as_str(self) -> &'static str {
        match self {
            MarkedTimeline::Home => "home",
            MarkedTimeline::Notifications => "notifications",
        }
    }
}

impl Key for MarkedTimeline {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<MarkedTimeline, KeyError> {
        let known = MarkedTimeline::ALL.get(usize::from(u8::read(from)?));
        known.copied().ok_or(KeyError("no such timeline"))
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Marker {
    #[n(0)]
    pub last_read: Id,
    /// How often it was changed.
    #[n(1)]
    pub version: u64,
    /// Unix milliseconds.
    #[n(2)]
    pub updated_at_ms: u64,
    /// No two writers draw the same.
    #[n(3)]
    pub nonce: Id,
}

/// The caller's markers of these timelines, as far as there are any.
pub async fn get(ctx: &Ctx, timelines: &[MarkedTimeline]) -> Result<Vec<(MarkedTimeline, Marker)>> {
    let account = ctx.require_user(Scope::ReadStatuses)?;
    let mut markers = Vec::new();
    for timeline in timelines {
        let row = contended::get::<Markers>(ctx.store(), &(account, *timeline)).await?;
        markers.extend(row.map(|row| (*timeline, row.value)));
    }
    Ok(markers)
}

/// Up to where the account has read it, if that was ever said.
pub(crate) async fn last_read(
    store: &Store,
    account: AccountId,
    timeline: MarkedTimeline,
) -> Result<Option<Id>> {
    let row = contended::get::<Markers>(store, &(account, timeline)).await?;
    Ok(row.map(|row| row.value.last_read))
}

/// Moves the caller's markers, back as well, and gives them as they are then.
///
/// # Errors
/// `Stale` if another device moved one of them at the same moment.
pub async fn set(
    ctx: &Ctx,
    moves: &[(MarkedTimeline, Id)],
) -> Result<Vec<(MarkedTimeline, Marker)>> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    let mut markers = Vec::with_capacity(moves.len());
    for (timeline, last_read) in moves {
        markers.push((
            *timeline,
            set_one(ctx, account, *timeline, *last_read).await?,
        ));
    }
    Ok(markers)
}

async fn set_one(
    ctx: &Ctx,
    account: AccountId,
    timeline: MarkedTimeline,
    last_read: Id,
) -> Result<Marker> {
    let partition = (account, timeline);
    let known = contended::get::<Markers>(ctx.store(), &partition).await?;
    let version = match &known {
        Some(row) if row.value.last_read == last_read => return Ok(row.value.clone()),
        Some(row) => row.value.version + 1,
        None => 1,
    };
    let marker = Marker {
        last_read,
        version,
        updated_at_ms: ctx.clock().now_ms(),
        nonce: ctx.clock().next_id(),
    };
    let expected = known.map(|row| row.revision);
    match contended::put_if::<Markers>(ctx.store(), &partition, expected, &marker, None).await? {
        Put::Won => Ok(marker),
        Put::Lost(_) => Err(Error::Stale),
    }
}

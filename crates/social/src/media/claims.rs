//! A file is attached to one status, whatever two nodes do at once: whoever attaches it, or sweeps
//! it away because nobody did, first claims it by a conditional write.

use minicbor::{Decode, Encode};
use petrel_model::id::{MediaId, StatusId};
use petrel_store::{Cas, Store, Table};

use crate::contended::{self, Put};
use crate::error::Result;

pub struct MediaClaims;

impl Table for MediaClaims {
    const ID: u16 = 51;
    const NAME: &'static str = "media_claims";
    type Partition = MediaId;
    type Sort = ();
    type Value = MediaClaim;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row";
}

/// Also its own nonce: a status claims a file again without harm, and nobody else bears its id.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MediaClaim {
    /// None where the file is to go.
    #[n(0)]
    pub status: Option<StatusId>,
}

/// What became of a claim.
pub(crate) enum Claimed {
    /// Just now.
    Now,
    /// The same claim was there before.
    Before,
    /// By another status, or to be removed.
    ByAnother,
}

pub(crate) async fn claim(
    store: &Store,
    media: MediaId,
    status: Option<StatusId>,
) -> Result<Claimed> {
    let value = MediaClaim { status };
    if let Some(row) = contended::get::<MediaClaims>(store, &media).await? {
        return Ok(match row.value == value {
            true => Claimed::Before,
            false => Claimed::ByAnother,
        });
    }
    let put = contended::put_if::<MediaClaims>(store, &media, None, &value, None);
    Ok(match put.await? {
        Put::Won => Claimed::Now,
        Put::Lost(_) => Claimed::ByAnother,
    })
}

/// Gives up a claim that came to nothing, or whose file is gone.
pub(crate) async fn release(store: &Store, media: MediaId) -> Result<()> {
    if let Some(row) = contended::get::<MediaClaims>(store, &media).await? {
        contended::delete_if::<MediaClaims>(store, &media, row.revision).await?;
    }
    Ok(())
}

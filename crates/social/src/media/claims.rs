//! A file is attached to one status, whatever two nodes do at once: whoever attaches it, or sweeps
//! it away because nobody did, first claims it by a conditional write.

use minicbor::{Decode, Encode};
use petrel_model::id::{MediaId, StatusId};
use petrel_store::{Cas, Store, Table};

use crate::contended::{self, Put};
use crate::context::Ctx;
use crate::error::Result;

/// How often a claim is tried where others try the same.
const ATTEMPTS_MAX: usize = 3;

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

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MediaClaim {
    /// None where the file is to go. A scheduled status claims by its own id.
    #[n(0)]
    pub status: Option<StatusId>,
    /// Drawn for each try, so that each knows its own claim.
    #[cbor(n(1), default)]
    pub nonce: u64,
}

impl MediaClaim {
    /// Of a new try; no status means that the file is to go.
    pub(crate) fn of_try(ctx: &Ctx, status: Option<StatusId>) -> MediaClaim {
        let nonce = ctx.social.entropy.next_u64();
        MediaClaim { status, nonce }
    }
}

/// Whose claim may be taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Over {
    Nobody,
    /// What held the file and let go of it.
    LetGo(StatusId),
    /// A try that came to nothing.
    Try(u64),
}

impl Over {
    fn allows(self, claim: &MediaClaim) -> bool {
        match self {
            Over::Nobody => false,
            Over::LetGo(status) => claim.status == Some(status),
            Over::Try(nonce) => claim.nonce == nonce && claim.status.is_some(),
        }
    }
}

/// What became of a claim.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Claimed {
    /// Just now.
    Now,
    /// An earlier try for the same status had claimed it; now this one has.
    Before,
    /// By another status, or to be removed; the nonce is that of the try that did.
    ByAnother(u64),
}

/// Claims a file for a status, or for its removal.
pub(crate) async fn claim(
    store: &Store,
    media: MediaId,
    value: &MediaClaim,
    over: Over,
) -> Result<Claimed> {
    claim_telling(store, media, value, over, |_| {}).await
}

/// As [`claim`], and tells before each write what it makes of the claim if it succeeds.
pub(super) async fn claim_telling(
    store: &Store,
    media: MediaId,
    value: &MediaClaim,
    over: Over,
    mut tell: impl FnMut(&Claimed),
) -> Result<Claimed> {
    let mut other = 0;
    for _ in 0..ATTEMPTS_MAX {
        let known = contended::get::<MediaClaims>(store, &media).await?;
        let claimed = match &known {
            None => Claimed::Now,
            // Written anew: whoever thinks that the earlier try came to nothing sees this one.
            Some(row) if row.value.status == value.status => Claimed::Before,
            Some(row) if over.allows(&row.value) => Claimed::Now,
            Some(row) => return Ok(Claimed::ByAnother(row.value.nonce)),
        };
        tell(&claimed);
        let expected = known.map(|row| row.revision);
        let put = contended::put_if::<MediaClaims>(store, &media, expected, value, None);
        match put.await? {
            Put::Won => return Ok(claimed),
            Put::Lost(row) => other = row.map_or(other, |row| row.value.nonce),
        }
    }
    Ok(Claimed::ByAnother(other))
}

/// Gives up a try's own claim, which came to nothing.
pub(crate) async fn give_up(store: &Store, media: MediaId, own: &MediaClaim) -> Result<()> {
    release_if(store, media, |claim| claim == own).await
}

/// Lets go of whatever claim there is on a file that is gone.
pub(crate) async fn release(store: &Store, media: MediaId) -> Result<()> {
    release_if(store, media, |_| true).await
}

async fn release_if(
    store: &Store,
    media: MediaId,
    is_meant: impl FnOnce(&MediaClaim) -> bool,
) -> Result<()> {
    if let Some(row) = contended::get::<MediaClaims>(store, &media).await?
        && is_meant(&row.value)
    {
        contended::delete_if::<MediaClaims>(store, &media, row.revision).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use petrel_model::id::Id;
    use petrel_store::sim;

    use super::*;

    const MEDIA: MediaId = MediaId(Id(9));

    fn of(status: u64, nonce: u64) -> MediaClaim {
        let status = (status > 0).then_some(StatusId(Id(status)));
        MediaClaim { status, nonce }
    }

    #[tokio::test]
    async fn a_try_gives_up_its_own_claim_only() {
        let (store, _) = sim::store(1);
        let (first, second, other) = (of(1, 10), of(1, 11), of(2, 12));
        let claimed = async |claim| {
            super::claim(&store, MEDIA, claim, Over::Nobody)
                .await
                .unwrap()
        };
        assert_eq!(claimed(&first).await, Claimed::Now);
        // The same status once more: its second try has it from then on.
        assert_eq!(claimed(&second).await, Claimed::Before);
        give_up(&store, MEDIA, &first).await.unwrap();
        assert_eq!(claimed(&other).await, Claimed::ByAnother(11));
        give_up(&store, MEDIA, &second).await.unwrap();
        assert_eq!(claimed(&other).await, Claimed::Now);
    }

    #[tokio::test]
    async fn only_what_came_to_nothing_or_let_go_is_taken_over() {
        let (store, _) = sim::store(1);
        let claimed = async |claim, over| super::claim(&store, MEDIA, &claim, over).await.unwrap();
        let (one, removal) = (StatusId(Id(1)), |nonce| of(0, nonce));
        assert_eq!(claimed(of(1, 10), Over::Nobody).await, Claimed::Now);
        // The try that was looked at has been followed by another one.
        assert_eq!(claimed(of(1, 11), Over::Nobody).await, Claimed::Before);
        let swept = claimed(removal(20), Over::Try(10)).await;
        assert_eq!(swept, Claimed::ByAnother(11));
        // The status let go of it, and the next one was quicker than the sweep.
        assert_eq!(claimed(of(2, 12), Over::LetGo(one)).await, Claimed::Now);
        let swept = claimed(removal(20), Over::LetGo(one)).await;
        assert_eq!(swept, Claimed::ByAnother(12));
        assert_eq!(claimed(removal(20), Over::Try(12)).await, Claimed::Now);
        // What is to go is nobody's any more.
        let late = claimed(of(2, 13), Over::LetGo(one)).await;
        assert_eq!(late, Claimed::ByAnother(20));
        assert_eq!(
            claimed(of(2, 13), Over::Try(20)).await,
            Claimed::ByAnother(20)
        );
    }
}

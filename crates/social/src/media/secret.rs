//! Secrets that all nodes share, drawn by whichever needs one first.

use std::sync::Arc;

use hmac::{Hmac, Mac};
use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, MediaId};
use petrel_store::{Cas, StoreError, Table};
use sha2::Sha256;
use tokio::sync::OnceCell;

use crate::contended::{self, Put};
use crate::context::Ctx;
use crate::error::Result;

const SECRET_BYTES: usize = 32;
/// The secret that tickets are signed with.
const TICKETS: u8 = 0;
/// Bytes of a signature that a ticket bears.
pub(super) const SIGNATURE_BYTES: usize = 16;

pub struct ServerSecrets;

impl Table for ServerSecrets {
    const ID: u16 = 50;
    const NAME: &'static str = "server_secrets";
    /// What the secret is for.
    type Partition = u8;
    type Sort = ();
    type Value = ServerSecret;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row";
}

/// Its bytes are also the nonce of who drew it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct ServerSecret {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerSecret(hidden)")
    }
}

/// Signs tickets. The secret never changes, so it is read once in a process's life.
#[derive(Default)]
pub struct Secrets {
    tickets: OnceCell<Arc<Signer>>,
}

pub(super) struct Signer {
    secret: Vec<u8>,
}

pub(super) async fn signer(ctx: &Ctx) -> Result<Arc<Signer>> {
    let kept = &ctx.social.access.secrets.tickets;
    let signer = kept.get_or_try_init(|| async {
        let secret = shared(ctx, TICKETS).await?;
        Ok::<_, crate::error::Error>(Arc::new(Signer { secret }))
    });
    signer.await.cloned()
}

async fn shared(ctx: &Ctx, purpose: u8) -> Result<Vec<u8>> {
    if let Some(row) = contended::get::<ServerSecrets>(ctx.store(), &purpose).await? {
        return Ok(row.value.secret);
    }
    let mut secret = vec![0; SECRET_BYTES];
    ctx.social.entropy.fill(&mut secret);
    let fresh = ServerSecret { secret };
    let put = contended::put_if::<ServerSecrets>(ctx.store(), &purpose, None, &fresh, None);
    match put.await? {
        Put::Won => Ok(fresh.secret),
        Put::Lost(Some(row)) => Ok(row.value.secret),
        // Nobody deletes it: this was an answer in doubt, and the next request asks again.
        Put::Lost(None) => Err(StoreError::Timeout {
            outcome_unknown: true,
        }
        .into()),
    }
}

impl Signer {
    fn mac(&self, media: MediaId, viewer: AccountId, last_day: u32) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key may have any length");
        mac.update(&media.0.0.to_be_bytes());
        mac.update(&viewer.0.0.to_be_bytes());
        mac.update(&last_day.to_be_bytes());
        mac
    }

    pub fn sign(&self, media: MediaId, viewer: AccountId, last_day: u32) -> [u8; SIGNATURE_BYTES] {
        let whole = self.mac(media, viewer, last_day).finalize().into_bytes();
        std::array::from_fn(|at| whole[at])
    }

    /// Takes the same time wherever a wrong signature differs.
    pub fn is_signed(
        &self,
        media: MediaId,
        viewer: AccountId,
        last_day: u32,
        signature: &[u8; SIGNATURE_BYTES],
    ) -> bool {
        let mac = self.mac(media, viewer, last_day);
        mac.verify_truncated_left(signature).is_ok()
    }
}

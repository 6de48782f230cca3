//! Once only: an idempotency key is one conditional write that names the status it stands for.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, StatusId};
use petrel_model::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use petrel_store::{Cas, StoreError, Table};

use crate::contended::{self, Put};
use crate::context::Ctx;
use crate::error::{Error, Result};

/// How long a key is remembered, in seconds.
const KEPT_S: u64 = 24 * 3_600;

pub struct IdempotencyKeys;

impl Table for IdempotencyKeys {
    const ID: u16 = 27;
    const NAME: &'static str = "idempotency_keys";
    type Partition = (AccountId, String);
    type Sort = ();
    type Value = IdempotencyKey;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row, and it expires";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct IdempotencyKey {
    #[n(0)]
    pub body_hash: u64,
    /// Also the writer's nonce: no two writers draw the same id.
    #[n(1)]
    pub status: StatusId,
}

/// The status that this key stands for: `fresh`, or the one of an earlier try.
pub async fn claim(
    ctx: &Ctx,
    account: AccountId,
    key: &str,
    body_hash: u64,
    fresh: StatusId,
) -> Result<StatusId> {
    if key.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        return Err(Error::invalid(format!(
            "Idempotency-Key is longer than {IDEMPOTENCY_KEY_BYTES_MAX} bytes"
        )));
    }
    let partition = (account, key.to_owned());
    let value = IdempotencyKey {
        body_hash,
        status: fresh,
    };
    let expires_at_s = ctx.clock().now_s() + KEPT_S;
    let put = contended::put_if(ctx.store(), &partition, None, &value, Some(expires_at_s));
    let known = match put.await? {
        Put::<IdempotencyKeys>::Won => return Ok(fresh),
        Put::Lost(known) => known,
    };
    match known {
        Some(row) if row.value.body_hash == body_hash => Ok(row.value.status),
        Some(_) => Err(Error::invalid(
            "Idempotency-Key was used with another request",
        )),
        // It expired just now, or its write never landed: the client may try again.
        None => Err(StoreError::Timeout {
            outcome_unknown: true,
        }
        .into()),
    }
}

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

/// Under which id a request with a key is done.
pub enum Settled<T> {
    /// Under the fresh one, as it was resolved.
    Fresh(T),
    /// Under that of an earlier try, which may have got through.
    Earlier(StatusId),
}

/// Whose key stands for which request.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub account: AccountId,
    pub key: &'a str,
    pub body_hash: u64,
}

/// Settles what a key stands for, once it is known what the request comes to under the id `fresh`.
/// What is refused claims nothing, so whoever corrects it may send it with the same key; unless an
/// earlier try of the same got through, which may be the very reason: its files are not free any
/// more, say.
///
/// # Errors
/// That of the request if nobody has claimed the key; `Invalid` if it stands for another request.
pub async fn settle<T>(
    ctx: &Ctx,
    key: Key<'_>,
    fresh: StatusId,
    resolved: Result<T>,
) -> Result<Settled<T>> {
    if key.key.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        return Err(Error::invalid(format!(
            "Idempotency-Key is longer than {IDEMPOTENCY_KEY_BYTES_MAX} bytes"
        )));
    }
    match resolved {
        Ok(resolved) => match claim(ctx, key, fresh).await? {
            id if id == fresh => Ok(Settled::Fresh(resolved)),
            id => Ok(Settled::Earlier(id)),
        },
        Err(why) => {
            let partition = (key.account, key.key.to_owned());
            match contended::get::<IdempotencyKeys>(ctx.store(), &partition).await? {
                Some(row) => same_request(key, &row.value).map(Settled::Earlier),
                None => Err(why),
            }
        }
    }
}

/// The status that this key stands for: `fresh`, or the one of an earlier try.
async fn claim(ctx: &Ctx, key: Key<'_>, fresh: StatusId) -> Result<StatusId> {
    let partition = (key.account, key.key.to_owned());
    let value = IdempotencyKey {
        body_hash: key.body_hash,
        status: fresh,
    };
    let expires_at_s = ctx.clock().now_s() + KEPT_S;
    let put = contended::put_if(ctx.store(), &partition, None, &value, Some(expires_at_s));
    match put.await? {
        Put::<IdempotencyKeys>::Won => Ok(fresh),
        Put::Lost(Some(known)) => same_request(key, &known.value),
        // It expired just now, or its write never landed: the client may try again.
        Put::Lost(None) => Err(StoreError::Timeout {
            outcome_unknown: true,
        }
        .into()),
    }
}

fn same_request(key: Key<'_>, known: &IdempotencyKey) -> Result<StatusId> {
    if known.body_hash != key.body_hash {
        return Err(Error::invalid(
            "Idempotency-Key was used with another request",
        ));
    }
    Ok(known.status)
}

//! What an account has a few of, each known by a text: hashtags that it follows or features, domains
//! that it blocks. Members are switched off, not deleted, and what was switched off lately bounds the
//! partition too.

use petrel_model::id::AccountId;
use petrel_store::{Batch, Plain, Row, Table};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::expiry;
use crate::turns::Turn;

/// The default is a member that is off.
pub trait Member: Default {
    fn is_on(&self) -> bool;
}

pub(crate) trait OwnSet: Table<Partition = AccountId, Sort = String, Mode = Plain>
where
    Self::Value: Member,
{
    /// Members of one account.
    const ON_MAX: usize;
    /// Rows of one account, those of what it took back lately among them.
    const ROWS_MAX: usize;

    /// What is said to who wants one more than there may be.
    fn full() -> Error;
}

/// The members, in the order of their texts.
pub(crate) fn on<T: Table<Value: Member>>(rows: &[Row<T>]) -> impl Iterator<Item = &Row<T>> {
    rows.iter().filter(|row| row.value.is_on())
}

/// Commands on one set of an account wait for one another.
pub(crate) async fn turn<T: Table>(ctx: &Ctx, account: AccountId) -> Turn<'_> {
    ctx.turns().key(account, T::NAME).await
}

/// Adds a member. False if it is one already: nothing is written then.
///
/// # Errors
/// [`OwnSet::full`]; `TooMany` if only time makes room, because too much was taken back lately.
pub(crate) async fn put_on<T>(
    batch: &mut Batch<'_>,
    account: AccountId,
    text: &String,
    member: T::Value,
) -> Result<bool>
where
    T: OwnSet,
    T::Value: Member,
{
    let known = batch.partition::<T>(&account).await?;
    if on(&known).any(|row| row.sort == *text) {
        return Ok(false);
    }
    if on(&known).count() >= T::ON_MAX {
        return Err(T::full());
    }
    if known.iter().filter(|row| row.sort != *text).count() >= T::ROWS_MAX {
        return Err(Error::TooMany);
    }
    batch.put::<T>(&account, text, &member);
    Ok(true)
}

/// Switches a member off, whether or not it is one.
///
/// # Errors
/// `TooMany` if it is not, and there is no room to note so.
pub(crate) async fn put_off<T>(
    batch: &mut Batch<'_>,
    account: AccountId,
    text: &String,
) -> Result<()>
where
    T: OwnSet,
    T::Value: Member,
{
    let known = batch.partition::<T>(&account).await?;
    if known.len() >= T::ROWS_MAX && known.iter().all(|row| row.sort != *text) {
        return Err(Error::TooMany);
    }
    let expires_at_s = expiry::of_off(batch.store());
    batch.put_until::<T>(&account, text, &T::Value::default(), expires_at_s);
    Ok(())
}

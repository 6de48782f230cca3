//! Roles and suspension: who may do what to whose account.

use petrel_model::event::{AccountChange, Event};
use petrel_model::id::AccountId;
use petrel_store::Batch;

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::{self, AccountRow, AccountSort, Accounts, Role, Suspension};
use crate::context::{Caller, Ctx};
use crate::error::{Error, Result};
use crate::expiry;

const NOT_ALLOWED: Error = Error::Forbidden("This action is not allowed");

/// Gives an account another role.
///
/// # Errors
/// `Forbidden` unless the caller is the system or an admin who ranks above the account, before
/// and after.
pub async fn set_role(ctx: &Ctx, id: AccountId, role: Role) -> Result<()> {
    let mut batch = ctx.batch();
    let rank = authorise_over(ctx, &mut batch, id, Role::Admin).await?;
    if rank.is_some_and(|rank| role >= rank) {
        return Err(NOT_ALLOWED);
    }
    table::put(&mut batch, id, AccountSort::Role, &AccountRow::Role(role));
    batch.emit(changed(id, AccountChange::Profile));
    batch.commit().await?;
    Ok(())
}

/// Nobody sees the account any more and it can do nothing; nothing of it is lost.
///
/// # Errors
/// `Forbidden` unless the caller is the system or a moderator who ranks above the account.
pub async fn suspend(ctx: &Ctx, id: AccountId) -> Result<()> {
    let mut batch = ctx.batch();
    authorise_over(ctx, &mut batch, id, Role::Moderator).await?;
    let row = AccountRow::Suspension(Suspension { on: true });
    table::put(&mut batch, id, AccountSort::Suspension, &row);
    batch.emit(changed(id, AccountChange::Suspended));
    // Its open streams end.
    batch.emit(Event::AccessEnded {
        account: id,
        token: None,
    });
    batch.commit().await?;
    Ok(())
}

/// # Errors
/// As [`suspend`].
pub async fn unsuspend(ctx: &Ctx, id: AccountId) -> Result<()> {
    let mut batch = ctx.batch();
    authorise_over(ctx, &mut batch, id, Role::Moderator).await?;
    let row = AccountRow::Suspension(Suspension { on: false });
    let expires_at_s = expiry::of_off(ctx.store());
    batch.put_until::<Accounts>(&id, &AccountSort::Suspension, &row, expires_at_s);
    batch.latest(id);
    batch.emit(changed(id, AccountChange::Unsuspended));
    batch.commit().await?;
    Ok(())
}

/// The caller's rank, none for the system, which ranks above all.
///
/// # Errors
/// `NotFound` without such an account; `Forbidden` unless the caller has at least the role
/// `least` and ranks above the account.
pub(super) async fn authorise_over(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    id: AccountId,
    least: Role,
) -> Result<Option<Role>> {
    let rank = match ctx.caller {
        Caller::System => None,
        // No scope of an app covers this yet: only a browser session does it.
        Caller::User {
            account,
            token: None,
            app: None,
            ..
        } => {
            let caller = AccountFacts::require(&ctx.social, batch, account).await?;
            if caller.suspended || caller.role < least {
                return Err(NOT_ALLOWED);
            }
            Some(caller.role)
        }
        _ => return Err(NOT_ALLOWED),
    };
    ctx.store().attend(Some(id)).await?;
    let target = AccountFacts::require(&ctx.social, batch, id).await?;
    if rank.is_some_and(|rank| rank <= target.role) {
        return Err(NOT_ALLOWED);
    }
    Ok(rank)
}

fn changed(account: AccountId, change: AccountChange) -> Event {
    Event::AccountChanged { account, change }
}

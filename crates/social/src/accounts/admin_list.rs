//! All accounts, as operators see them.

use petrel_model::id::AccountId;
use petrel_store::engine::TableToken;

use crate::accounts::claims::Names;
use crate::accounts::facts::AccountFacts;
use crate::accounts::table::{Email, Role};
use crate::context::Ctx;
use crate::error::{Error, Result};

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    pub id: AccountId,
    pub username: String,
    pub email: Option<Email>,
    pub role: Role,
    pub confirmed: bool,
    pub suspended: bool,
    pub locked: bool,
    /// Unix milliseconds.
    pub created_at_ms: u64,
}

impl AccountSummary {
    fn of(facts: &AccountFacts) -> AccountSummary {
        AccountSummary {
            id: facts.id,
            created_at_ms: facts.id.time_ms(),
            role: facts.role,
            confirmed: facts.confirmed,
            suspended: facts.suspended,
            locked: facts.profile.locked,
            email: facts.email.clone(),
            username: facts.username().to_owned(),
        }
    }
}

/// A page of all accounts, in the engine's order, and where the next page begins; none at the end.
/// A page may be short, even empty, before the end.
pub async fn list(
    ctx: &Ctx,
    cursor: Option<TableToken>,
    limit: usize,
) -> Result<(Vec<AccountSummary>, Option<TableToken>)> {
    ctx.require_system()?;
    let (names, next) = ctx.store().scan_table::<Names>(cursor, limit).await?;
    let mut accounts = Vec::with_capacity(names.len());
    for (_, row) in names.into_iter().filter(|(_, row)| row.value.is_done()) {
        if let Some(facts) = AccountFacts::find(&ctx.social, row.value.account).await? {
            accounts.push(AccountSummary::of(&facts));
        }
    }
    Ok((accounts, next))
}

/// One account, as operators see it.
pub async fn summary(ctx: &Ctx, id: AccountId) -> Result<AccountSummary> {
    ctx.require_system()?;
    let facts = AccountFacts::find(&ctx.social, id).await?;
    facts
        .map(|facts| AccountSummary::of(&facts))
        .ok_or(Error::NotFound)
}

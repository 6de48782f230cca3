//! Who brings a token. Asked on every request, so all reads go through the store's cache, which
//! every commit brings up to date before it is answered. What was done on another node, the token's
//! own end included, is known here once the account is attended to: so it is asked again then.

use std::sync::Arc;

use super::access::has_ended;
use super::table::AccessTokens;
use crate::accounts::facts::AccountFacts;
use crate::context::{Caller, Social};
use crate::error::{Error, Result};
use crate::secret;

/// Longest bearer token that is looked at, in bytes.
const BEARER_BYTES_MAX: usize = 1_024;

/// The caller whose token this is; none for one that is unknown or has ended.
///
/// # Errors
/// `Forbidden` for the token of an account that is not confirmed yet or is suspended.
pub async fn authenticate(social: &Social, bearer: &str) -> Result<Option<Caller>> {
    let Some((caller, facts)) = find(social, bearer).await? else {
        return Ok(None);
    };
    if let Some(facts) = facts {
        require_functional(&facts)?;
    }
    Ok(Some(caller))
}

/// As [`authenticate`], for what somebody may do before their e-mail is confirmed.
///
/// # Errors
/// `Forbidden` for the token of an account that is suspended.
pub async fn authenticate_unconfirmed(social: &Social, bearer: &str) -> Result<Option<Caller>> {
    let Some((caller, facts)) = find(social, bearer).await? else {
        return Ok(None);
    };
    if let Some(facts) = facts {
        require_not_suspended(&facts)?;
    }
    Ok(Some(caller))
}

/// Whether the account may do anything at all, in Mastodon's words.
pub(super) fn require_functional(facts: &AccountFacts) -> Result<()> {
    if !facts.confirmed {
        return Err(Error::Forbidden(
            "Your login is missing a confirmed e-mail address",
        ));
    }
    require_not_suspended(facts)
}

fn require_not_suspended(facts: &AccountFacts) -> Result<()> {
    if facts.suspended {
        return Err(Error::Forbidden("Your login is currently disabled"));
    }
    Ok(())
}

type Bearer = Option<(Caller, Option<Arc<AccountFacts>>)>;

/// Who it is, after all that this account did, or suffered, on any node.
async fn find(social: &Social, bearer: &str) -> Result<Bearer> {
    let found = look_up(social, bearer).await?;
    if social.store.peers().is_none() {
        return Ok(found);
    }
    let account = match &found {
        Some((Caller::User { account, .. }, _)) => Some(*account),
        _ => None,
    };
    social.store.attend(account).await?;
    look_up(social, bearer).await
}

async fn look_up(social: &Social, bearer: &str) -> Result<Bearer> {
    if bearer.len() > BEARER_BYTES_MAX {
        return Ok(None);
    }
    let rows = social
        .store
        .partition::<AccessTokens>(&secret::hash(bearer))
        .await?;
    let Some(row) = rows.first().filter(|row| row.value.on) else {
        return Ok(None);
    };
    let token = &row.value;
    let Some(account) = token.account else {
        let caller = Caller::App {
            app: token.app,
            scopes: token.scopes,
        };
        return Ok(Some((caller, None)));
    };
    let facts = AccountFacts::find(social, account).await?;
    let ended = |facts: &AccountFacts| has_ended(facts, row.revision, token.access_ended);
    let Some(facts) = facts.filter(|facts| !ended(facts)) else {
        return Ok(None);
    };
    let caller = Caller::User {
        account,
        token: Some(token.id),
        app: Some(token.app),
        scopes: token.scopes,
    };
    Ok(Some((caller, Some(facts))))
}

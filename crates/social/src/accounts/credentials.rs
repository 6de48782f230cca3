//! Passwords and what an account sees of itself.

use std::sync::Arc;

use petrel_jobs::enqueue;
use petrel_model::clock::Stamp;
use petrel_model::entropy::Entropy;
use petrel_model::event::Event;
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;

use crate::accounts::claims;
use crate::accounts::facts::AccountFacts;
use crate::accounts::moderation::authorise_over;
use crate::accounts::table::{self, AccountRow, AccountSort, Credentials, Role};
use crate::accounts::{validate, view};
use crate::context::{Ctx, Social};
use crate::error::{Error, Result};
use crate::oauth;
use crate::relations;
use crate::views::CredentialView;

/// Characters of a password that we choose: 20 of 32 are 100 bits.
const RANDOM_PASSWORD_CHARS: usize = 20;
/// Without those that look alike.
const RANDOM_PASSWORD_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Somebody whose password was right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogIn {
    pub account: AccountId,
    /// What the account's access had ended with when the password was checked. Whatever ends it
    /// later ends what this log-in becomes too, though that be written after it.
    pub access_ended: Stamp,
}

/// Somebody whose password was right, and whose e-mail is not confirmed yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unconfirmed {
    pub account: AccountId,
}

/// What a name and a password came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordCheck {
    Right(LogIn),
    Unconfirmed(Unconfirmed),
    /// A wrong one, or of an account that is suspended.
    Wrong,
}

/// Who may log in with this e-mail or user name and this password: none for a wrong one, for an
/// account that is not confirmed yet, or one that is suspended.
pub async fn check_password(
    social: &Social,
    email_or_username: &str,
    password: &str,
) -> Result<Option<LogIn>> {
    Ok(
        match check_log_in(social, email_or_username, password).await? {
            PasswordCheck::Right(log_in) => Some(log_in),
            PasswordCheck::Unconfirmed(_) | PasswordCheck::Wrong => None,
        },
    )
}

/// As [`check_password`], for whoever helps those on who are not confirmed yet. Takes as long for a
/// name that is unknown.
pub async fn check_log_in(
    social: &Social,
    email_or_username: &str,
    password: &str,
) -> Result<PasswordCheck> {
    let named = email_or_username.trim();
    let id = if named.contains('@') {
        claims::find_by_email(social, named).await?
    } else {
        claims::find_by_name(social, named).await?
    };
    let facts = match id {
        Some(id) => latest(social, id).await?,
        None => None,
    };
    let phc = facts.as_ref().and_then(|facts| facts.credentials.as_ref());
    let phc = phc.map(|credentials| credentials.password_hash.as_str());
    let cost = social.settings.password_cost;
    let passwords = &social.access.passwords;
    let matches = passwords.verify(password, phc, cost).await?;
    let Some(facts) = facts.filter(|_| matches) else {
        return Ok(PasswordCheck::Wrong);
    };
    // Hashing takes a while: the password may have been changed meanwhile.
    let now = latest(social, facts.id).await?;
    let may = |now: &AccountFacts| now.credentials == facts.credentials && !now.suspended;
    Ok(match now.filter(|now| may(now)) {
        None => PasswordCheck::Wrong,
        Some(now) if !now.confirmed => PasswordCheck::Unconfirmed(Unconfirmed { account: now.id }),
        Some(now) => PasswordCheck::Right(LogIn {
            account: now.id,
            access_ended: now.access_ended,
        }),
    })
}

/// The account as it is now, on whatever node it was changed.
async fn latest(social: &Social, id: AccountId) -> Result<Option<Arc<AccountFacts>>> {
    social.store.attend(Some(id)).await?;
    AccountFacts::find(social, id).await
}

/// Sets a new password, and ends all tokens and sessions of the account.
///
/// # Errors
/// `Forbidden` unless the caller is the system or an admin who ranks above the account.
pub async fn reset_password(ctx: &Ctx, id: AccountId, password: &str) -> Result<()> {
    validate::password(password)?;
    let mut batch = ctx.batch();
    authorise_over(ctx, &mut batch, id, Role::Admin).await?;
    let cost = ctx.settings().password_cost;
    let passwords = &ctx.social.access.passwords;
    let password_hash = passwords.hash(password, cost, &ctx.social.entropy).await?;
    // What was handed out before must be older than the end that this batch writes.
    oauth::note_access(&mut batch, id).await?;
    let credentials = AccountRow::Credentials(Credentials { password_hash });
    table::put(&mut batch, id, AccountSort::Credentials, &credentials);
    let ended = AccountRow::AccessEnded;
    table::put(&mut batch, id, AccountSort::AccessEnded, &ended);
    enqueue(&mut batch, ctx.clock(), oauth::clear_ended_access(id));
    batch.emit(Event::AccessEnded {
        account: id,
        token: None,
    });
    batch.commit().await?;
    Ok(())
}

/// A password that nobody guesses and that can be read out.
pub fn random_password(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; RANDOM_PASSWORD_CHARS];
    entropy.fill(&mut bytes);
    let chars = bytes
        .iter()
        .map(|byte| RANDOM_PASSWORD_ALPHABET[usize::from(byte % 32)]);
    chars.map(char::from).collect()
}

/// What the calling account sees of itself.
pub async fn credentials_view(ctx: &Ctx) -> Result<CredentialView> {
    let id = ctx.require_user(Scope::Profile)?;
    view_of(ctx, id).await
}

/// The same in answer to a change of the profile, for which no scope to read is needed.
pub async fn own_view(ctx: &Ctx) -> Result<CredentialView> {
    let id = ctx.require_user(Scope::WriteAccounts)?;
    view_of(ctx, id).await
}

async fn view_of(ctx: &Ctx, id: AccountId) -> Result<CredentialView> {
    let facts = AccountFacts::find(&ctx.social, id)
        .await?
        .ok_or(Error::NotFound)?;
    let account = view::present(ctx, &facts).await?.into();
    Ok(CredentialView {
        account,
        settings: facts.settings.clone(),
        follow_requests_count: relations::follow_requests_count(ctx, id).await?,
    })
}

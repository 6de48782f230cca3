//! Sessions of browsers: who logged in on the page, known by a cookie.

use petrel_model::clock::Stamp;
use petrel_model::event::Event;
use petrel_model::id::AccountId;

use super::access::{has_ended, make_room, put_session_off};
use super::table::{AccessByAccount, AccessEntry, AccessKind, SessionRow, Sessions};
use crate::accounts::LogIn;
use crate::accounts::facts::AccountFacts;
use crate::context::Social;
use crate::error::Result;
use crate::secret;

/// How long a session lasts, in seconds.
pub const SESSION_KEPT_S: u64 = 30 * 24 * 3_600;

/// Begins a session of somebody whose password was right. Gives the secret for the cookie.
pub async fn log_in(social: &Social, log_in: LogIn) -> Result<String> {
    start(social, log_in.account, Some(log_in.access_ended)).await
}

/// Begins a session of an account that has no need to log in: it was made just now.
pub async fn start_session(social: &Social, account: AccountId) -> Result<String> {
    start(social, account, None).await
}

/// `seen` is what the account's access had ended with when the password was checked.
async fn start(social: &Social, account: AccountId, seen: Option<Stamp>) -> Result<String> {
    let mut batch = social.store.batch();
    batch.latest(account);
    social.store.attend(Some(account)).await?;
    let facts = AccountFacts::require(social, &mut batch, account).await?;
    make_room(&mut batch, account).await?;
    let cookie = secret::new(&*social.entropy);
    let (id, hash) = (social.clock.next_id(), secret::hash(&cookie));
    let row = SessionRow {
        id,
        on: true,
        account,
        access_ended: Some(seen.unwrap_or(facts.access_ended)),
    };
    let entry = AccessEntry {
        kind: AccessKind::Session,
        hash,
        app: None,
    };
    let expires_at_s = social.clock.now_s() + SESSION_KEPT_S;
    batch.put_until::<Sessions>(&hash, &(), &row, expires_at_s);
    batch.put_until::<AccessByAccount>(&account, &id, &entry, expires_at_s);
    batch.commit().await?;
    Ok(cookie)
}

/// Whose session this is; none for one that is unknown or over, or of an account that is suspended.
/// As for a token, this node knows from then on what the account did on any.
pub async fn session(social: &Social, cookie: &str) -> Result<Option<AccountId>> {
    let found = find(social, cookie).await?;
    let Some(account) = found.filter(|_| social.store.peers().is_some()) else {
        return Ok(found);
    };
    social.store.attend(Some(account)).await?;
    find(social, cookie).await
}

async fn find(social: &Social, cookie: &str) -> Result<Option<AccountId>> {
    let rows = social
        .store
        .partition::<Sessions>(&secret::hash(cookie))
        .await?;
    let Some(row) = rows.first().filter(|row| row.value.on) else {
        return Ok(None);
    };
    let facts = AccountFacts::find(social, row.value.account).await?;
    let is_good = |facts: &AccountFacts| {
        !facts.suspended && !has_ended(facts, row.revision, row.value.access_ended)
    };
    Ok(facts.filter(|facts| is_good(facts)).map(|facts| facts.id))
}

/// Ends a session. One that is unknown or over already is no error.
pub async fn end_session(social: &Social, cookie: &str) -> Result<()> {
    let mut batch = social.store.batch();
    let hash = secret::hash(cookie);
    let Some(row) = batch.get::<Sessions>(&hash, &()).await? else {
        return Ok(());
    };
    let SessionRow { id, account, .. } = row.value;
    put_session_off(&mut batch, &hash, id, account);
    batch.delete::<AccessByAccount>(&account, &id);
    batch.emit(Event::AccessEnded {
        account,
        token: Some(id),
    });
    batch.commit().await?;
    Ok(())
}

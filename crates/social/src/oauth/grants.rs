//! The ways to an access token.

use std::fmt;

use petrel_model::clock::Stamp;
use petrel_model::id::{AccountId, AppId};
use petrel_model::scope::Scopes;
use petrel_store::Batch;

use super::access;
use super::apps::{granted, require_app, require_literals};
use super::table::{
    AccessByAccount, AccessEntry, AccessKind, AccessTokenRow, AccessTokens, SecretHash,
};
use super::{OAuthError, get_app};
use crate::accounts::facts::AccountFacts;
use crate::accounts::{self, LogIn};
use crate::context::{Ctx, Social};
use crate::error::{Error, Result};
use crate::secret;

/// Longest literal token, in bytes.
const LITERAL_BYTES_MAX: usize = 255;

/// A token, in the one moment in which it is known.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub token: String,
    pub scopes: Scopes,
    /// Unix seconds.
    pub created_at_s: u64,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(hidden, {})", self.scopes)
    }
}

/// A token for the app itself, without a user.
///
/// # Errors
/// `OAuth` as RFC 6749 says.
pub async fn token_by_client_credentials(
    ctx: &Ctx,
    client_id: &str,
    client_secret: &str,
    scopes: Option<Scopes>,
) -> Result<AccessToken> {
    let mut batch = ctx.batch();
    let app = require_app(&mut batch, client_id, client_secret).await?;
    let scopes = granted(&app, scopes)?;
    let token = secret::new(&*ctx.social.entropy);
    put_token(&ctx.social, batch, token, Holder::App, app.id, scopes).await
}

/// The old password grant, in development only.
///
/// # Errors
/// `OAuth` as RFC 6749 says.
pub async fn token_by_password(
    ctx: &Ctx,
    client_id: &str,
    client_secret: &str,
    email_or_username: &str,
    password: &str,
    scopes: Option<Scopes>,
) -> Result<AccessToken> {
    if !ctx.settings().password_grant {
        return Err(OAuthError::UnsupportedGrantType.into());
    }
    let mut batch = ctx.batch();
    let app = require_app(&mut batch, client_id, client_secret).await?;
    let scopes = granted(&app, scopes)?;
    let log_in = accounts::check_password(&ctx.social, email_or_username, password).await?;
    let bearer = Holder::of(log_in.ok_or(OAuthError::InvalidGrant)?);
    let token = secret::new(&*ctx.social.entropy);
    put_token(&ctx.social, batch, token, bearer, app.id, scopes).await
}

/// A token of the app for the account, without asking either: what an app gets for the account
/// that it has just signed up. The caller has seen to it that it may.
pub async fn issue(
    social: &Social,
    app: AppId,
    account: AccountId,
    scopes: Scopes,
) -> Result<AccessToken> {
    let token = secret::new(&*social.entropy);
    let bearer = Holder::User {
        account,
        seen: None,
    };
    put_token(social, social.store.batch(), token, bearer, app, scopes).await
}

/// A token that the operator names, in development only.
///
/// # Errors
/// `Forbidden` elsewhere; `Conflict` if the token is in use; `Invalid` for one that is no token.
pub async fn token_fixed(
    ctx: &Ctx,
    account: AccountId,
    app: AppId,
    scopes: Scopes,
    literal: &str,
) -> Result<AccessToken> {
    require_literals(ctx)?;
    let is_token = |byte: u8| byte.is_ascii_graphic();
    if literal.is_empty() || literal.len() > LITERAL_BYTES_MAX || !literal.bytes().all(is_token) {
        return Err(Error::invalid("Token must be of visible ASCII characters"));
    }
    let mut batch = ctx.batch();
    let used = batch
        .get::<AccessTokens>(&secret::hash(literal), &())
        .await?;
    if used.is_some_and(|row| row.value.on) {
        return Err(Error::Conflict("This token is in use".into()));
    }
    let app = get_app(ctx, app).await?.ok_or(Error::NotFound)?.id;
    let token = literal.to_owned();
    let bearer = Holder::User {
        account,
        seen: None,
    };
    put_token(&ctx.social, batch, token, bearer, app, scopes).await
}

/// Whom a token is for.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    App,
    User {
        account: AccountId,
        /// What the account's access had ended with when it was found that it may have a token;
        /// none if that is found as the token is written.
        seen: Option<Stamp>,
    },
}

impl Holder {
    fn of(log_in: LogIn) -> Holder {
        Holder::User {
            account: log_in.account,
            seen: Some(log_in.access_ended),
        }
    }
}

/// Writes a token and, if it is a user's, its entry in their list.
pub(super) async fn put_token(
    social: &Social,
    mut batch: Batch<'_>,
    token: String,
    bearer: Holder,
    app: AppId,
    scopes: Scopes,
) -> Result<AccessToken> {
    let id = social.clock.next_id();
    let hash: SecretHash = secret::hash(&token);
    let (mut for_account, mut access_ended) = (None, None);
    if let Holder::User { account, seen } = bearer {
        batch.latest(account);
        // On whatever node its access was ended, or the account suspended, it is known here.
        social.store.attend(Some(account)).await?;
        let facts = AccountFacts::require(social, &mut batch, account).await?;
        access_ended = Some(seen.unwrap_or(facts.access_ended));
        for_account = Some(account);
        access::make_room(&mut batch, account).await?;
        let entry = AccessEntry {
            kind: AccessKind::Token,
            hash,
            app: Some(app),
        };
        batch.put::<AccessByAccount>(&account, &id, &entry);
    }
    let row = AccessTokenRow {
        id,
        on: true,
        account: for_account,
        app,
        scopes,
        access_ended,
    };
    batch.put::<AccessTokens>(&hash, &(), &row);
    batch.commit().await?;
    Ok(AccessToken {
        token,
        scopes,
        created_at_s: id.time_ms() / 1_000,
    })
}

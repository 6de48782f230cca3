//! The authorization code grant, with PKCE.

use petrel_model::scope::Scopes;
use petrel_store::Row;

use super::OAuthError;
use super::access::has_ended;
use super::apps::{App, granted, require_app};
use super::grants::{AccessToken, Holder, put_token};
use super::table::{AuthorizationCode, AuthorizationCodes, SecretHash};
use crate::accounts::facts::AccountFacts;
use crate::contended::{self, Put};
use crate::context::{Caller, Ctx};
use crate::error::{Error, Result};
use crate::secret;

/// How long a code is good for, in seconds (RFC 6749, 4.1.2).
const CODE_KEPT_S: u64 = 10 * 60;
/// An S256 challenge is the base64url of 32 bytes.
const CHALLENGE_BYTES: usize = 43;

/// A PKCE challenge of the method S256, the only one there is here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge(pub String);

/// The person at the browser lets an app act for them. Gives the code for its redirect URI.
///
/// # Errors
/// `OAuth` for what the app may not ask; `Unauthenticated` without a browser session; `Forbidden`
/// for an account that cannot do anything yet.
pub async fn authorize(
    ctx: &Ctx,
    app: &App,
    redirect_uri: &str,
    scopes: Scopes,
    challenge: Option<Challenge>,
) -> Result<String> {
    let Caller::User {
        account,
        token: None,
        ..
    } = ctx.caller
    else {
        return Err(Error::Unauthenticated);
    };
    if !app.redirect_uris.iter().any(|known| known == redirect_uri) {
        return Err(OAuthError::InvalidRedirectUri.into());
    }
    let scopes = granted(app, Some(scopes))?;
    let challenge = challenge.map(Challenge::checked).transpose()?;
    let mut batch = ctx.batch();
    let facts = AccountFacts::require(&ctx.social, &mut batch, account).await?;
    super::authenticate::require_functional(&facts)?;
    let code = secret::new(&*ctx.social.entropy);
    let row = AuthorizationCode {
        app: app.id,
        account,
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        challenge,
        used_by: None,
        access_ended: Some(facts.access_ended),
    };
    let expires_at_s = Some(ctx.clock().now_s() + CODE_KEPT_S);
    let hash = secret::hash(&code);
    match contended::put_if(ctx.store(), &hash, None, &row, expires_at_s).await? {
        Put::<AuthorizationCodes>::Won => Ok(code),
        Put::Lost(_) => Err(Error::Conflict("Please try again".into())),
    }
}

impl Challenge {
    fn checked(self) -> Result<String> {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.0.len() != CHALLENGE_BYTES || !self.0.bytes().all(is_base64url) {
            return Err(OAuthError::InvalidRequest.into());
        }
        Ok(self.0)
    }
}

/// What an app brings to get a token for a code. Not `Debug`: all of it is secret.
#[derive(Clone)]
pub struct CodeExchange {
    pub client_id: String,
    pub client_secret: String,
    pub code: String,
    pub redirect_uri: String,
    /// Of PKCE.
    pub code_verifier: Option<String>,
}

/// Takes a code for a token, once.
///
/// # Errors
/// `OAuthError::InvalidClient`, or `InvalidGrant` for a code that is unknown, expired, used, of
/// another app, for another URI, or without its verifier.
pub async fn token_by_code(ctx: &Ctx, exchange: CodeExchange) -> Result<AccessToken> {
    let mut batch = ctx.batch();
    let app = require_app(&mut batch, &exchange.client_id, &exchange.client_secret).await?;
    let hash = secret::hash(&exchange.code);
    let row = batch.get::<AuthorizationCodes>(&hash, &()).await?;
    let row = row.ok_or(OAuthError::InvalidGrant)?;
    if !fits(&row.value, &app, &exchange) {
        return Err(OAuthError::InvalidGrant.into());
    }
    let AuthorizationCode {
        account,
        scopes,
        access_ended,
        ..
    } = row.value;
    ctx.store().attend(Some(account)).await?;
    let facts = match AccountFacts::require(&ctx.social, &mut batch, account).await {
        Err(Error::NotFound) => return Err(OAuthError::InvalidGrant.into()),
        facts => facts?,
    };
    if has_ended(&facts, row.revision, access_ended) || !use_up(ctx, &hash, row).await? {
        return Err(OAuthError::InvalidGrant.into());
    }
    let token = secret::new(&*ctx.social.entropy);
    let bearer = Holder::User {
        account,
        seen: Some(facts.access_ended),
    };
    put_token(&ctx.social, batch, token, bearer, app.id, scopes).await
}

fn fits(code: &AuthorizationCode, app: &App, exchange: &CodeExchange) -> bool {
    let challenge = exchange
        .code_verifier
        .as_deref()
        .map(secret::pkce_challenge);
    code.used_by.is_none()
        && code.app == app.id
        && code.redirect_uri == exchange.redirect_uri
        && code.challenge == challenge
}

/// False if somebody else was quicker.
async fn use_up(ctx: &Ctx, hash: &SecretHash, row: Row<AuthorizationCodes>) -> Result<bool> {
    let used = AuthorizationCode {
        used_by: Some(ctx.social.entropy.next_u64()),
        ..row.value
    };
    let expected = Some(row.revision);
    let put = contended::put_if::<AuthorizationCodes>(
        ctx.store(),
        hash,
        expected,
        &used,
        row.expires_at_s,
    )
    .await?;
    Ok(matches!(put, Put::Won))
}

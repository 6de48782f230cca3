//! Ending a token (RFC 7009).

use petrel_model::event::Event;

use super::OAuthError;
use super::access::put_token_off;
use super::apps::require_app;
use super::table::{AccessByAccount, AccessTokens};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::secret;

/// Ends a token. One that is unknown or has ended already is no error.
///
/// # Errors
/// `OAuthError::UnauthorizedClient` unless it is the app that the token was issued to.
pub async fn revoke(ctx: &Ctx, client_id: &str, client_secret: &str, token: &str) -> Result<()> {
    let mut batch = ctx.batch();
    let app = require_app(&mut batch, client_id, client_secret)
        .await
        .map_err(|error| match error {
            Error::OAuth(_) => OAuthError::UnauthorizedClient.into(),
            other => other,
        })?;
    let hash = secret::hash(token);
    let Some(row) = batch.get::<AccessTokens>(&hash, &()).await? else {
        return Ok(());
    };
    let token = row.value;
    if token.app != app.id {
        return Err(OAuthError::UnauthorizedClient.into());
    }
    put_token_off(&mut batch, &hash, token.id, token.account, token.app);
    if let Some(account) = token.account {
        batch.delete::<AccessByAccount>(&account, &token.id);
        batch.emit(Event::AccessEnded {
            account,
            token: Some(token.id),
        });
    }
    batch.commit().await?;
    Ok(())
}

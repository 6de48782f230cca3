//! Signing up through an app.

use petrel_social::accounts::{self, NewAccount};
use petrel_social::context::{Caller, Ctx};
use petrel_social::error::Error;
use petrel_social::oauth;

use crate::entities::Token;
use crate::error::Result;
use crate::params::{Fields, ParamError, Params};
use crate::reply;

/// The new account, and a token of this app for it. The token is of use once the address is confirmed.
pub async fn create(ctx: Ctx, params: Params) -> Result {
    let (app, scopes) = match ctx.caller {
        Caller::App { app, scopes } => (app, scopes),
        Caller::User { .. } => return Err(Error::Forbidden("This method is for apps").into()),
        Caller::Anonymous | Caller::System => return Err(Error::Unauthenticated.into()),
    };
    let account = accounts::register(&ctx, new_account(params.fields())?).await?;
    let token = oauth::issue(&ctx.social, app, account, scopes).await?;
    let token = Token::new(&token.token, token.scopes, token.created_at_s);
    Ok(reply::json(&token))
}

pub fn new_account(fields: Fields<'_>) -> Result<NewAccount, ParamError> {
    Ok(NewAccount {
        username: fields.text("username")?.unwrap_or_default(),
        email: fields.text("email")?.unwrap_or_default(),
        password: fields.text("password")?.unwrap_or_default(),
        agreement: fields.is_set("agreement")?,
        locale: fields.filled("locale")?,
        reason: fields.filled("reason")?,
    })
}

//! OAuth's back channel: tokens are given, revoked, and asked about.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use petrel_model::scope::Scopes;
use petrel_social::accounts;
use petrel_social::context::{Caller, Ctx};
use petrel_social::error::OAuthError;
use petrel_social::oauth::{self, CodeExchange};
use serde_json::json;

use crate::caller::context;
use crate::entities::Token;
use crate::error::OauthError;
use crate::params::{Fields, Params};
use crate::reply;
use crate::state::ApiState;

type Result<T = Response, E = OauthError> = std::result::Result<T, E>;

pub async fn create(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    params: Params,
) -> Result {
    let fields = params.fields();
    let ctx = context(&api, Caller::Anonymous, &extensions);
    let grant = fields.require_text("grant_type")?;
    let (id, secret) = client(&headers, fields)?;
    let token = match grant.as_str() {
        "authorization_code" => {
            let exchange = CodeExchange {
                client_id: id,
                client_secret: secret,
                code: fields.require_text("code")?,
                redirect_uri: fields.require_text("redirect_uri")?,
                code_verifier: fields.filled("code_verifier")?,
            };
            oauth::token_by_code(&ctx, exchange).await?
        }
        "client_credentials" => {
            oauth::token_by_client_credentials(&ctx, &id, &secret, scopes(fields)?).await?
        }
        "password" => {
            let name = fields.require_text("username")?;
            let password = fields.require_text("password")?;
            let scopes = scopes(fields)?;
            oauth::token_by_password(&ctx, &id, &secret, &name, &password, scopes).await?
        }
        _ => return Err(OAuthError::UnsupportedGrantType.into()),
    };
    let token = Token::new(&token.token, token.scopes, token.created_at_s);
    Ok(unstored(reply::json(&token)))
}

/// Answers that bear secrets are kept by nobody on the way (RFC 6749, 5.1).
fn unstored(mut response: Response) -> Response {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

/// What the client asks for; none if it does not say.
fn scopes(fields: Fields<'_>) -> Result<Option<Scopes>> {
    let asked = fields.filled("scope")?;
    let scopes = asked.map(|text| Scopes::parse(&text)).transpose();
    Ok(scopes.map_err(|_| OAuthError::InvalidScope)?)
}

/// The client's id and secret, by parameters or by HTTP Basic (RFC 6749, 2.3.1).
fn client(headers: &HeaderMap, fields: Fields<'_>) -> Result<(String, String)> {
    if let Some(id) = fields.filled("client_id")? {
        let secret = fields.filled("client_secret")?.unwrap_or_default();
        return Ok((id, secret));
    }
    Ok(basic(headers).ok_or(OAuthError::InvalidClient)?)
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

pub async fn revoke(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    params: Params,
) -> Result {
    let fields = params.fields();
    let ctx = context(&api, Caller::Anonymous, &extensions);
    let found = client(&headers, fields);
    let (id, secret) = found.map_err(|_| OAuthError::UnauthorizedClient)?;
    let token = fields.text("token")?.unwrap_or_default();
    oauth::revoke(&ctx, &id, &secret, &token).await?;
    Ok(reply::empty())
}

/// Who the bearer is (OpenID Connect Core, 5.3).
pub async fn userinfo(ctx: Ctx) -> crate::error::Result {
    let view = accounts::credentials_view(&ctx).await?;
    let (account, settings) = (&view.account, ctx.settings());
    Ok(reply::json(&json!({
        "iss": format!("{}/", settings.url),
        "sub": account.uri,
        "name": account.profile.display_name,
        "preferred_username": account.username,
        "profile": account.url,
        "picture": settings.avatar_url(account.avatar.as_ref()),
    })))
}

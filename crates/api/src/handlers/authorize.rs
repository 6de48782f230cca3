//! OAuth's front channel (RFC 6749, 4.1; PKCE by RFC 7636): a person lets an app use their account.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use petrel_model::id::AccountId;
use petrel_model::scope::Scopes;
use petrel_social::accounts;
use petrel_social::context::{Caller, Ctx};
use petrel_social::error::OAuthError;
use petrel_social::oauth::{self, App, Challenge, OUT_OF_BAND};
use url::Url;

use super::sessions::{self, see_other, session, with_cookie};
use crate::caller::context;
use crate::cookies;
use crate::error::{ApiError, OauthError, Result};
use crate::pages::{self, Consent};
use crate::params::{Fields, Params};
use crate::state::ApiState;

/// The parameters of a request for authorization, which the consent form sends back.
const ASKED: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// A request of an app that exists, to be answered at an address that is the app's.
struct Asked {
    app: App,
    redirect_uri: String,
    state: Option<String>,
}

/// What was asked for, beyond by whom.
struct Grant {
    scopes: Scopes,
    challenge: Option<Challenge>,
}

pub async fn show(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    params: Params,
) -> Result {
    let fields = params.fields();
    let ctx = context(&api, Caller::Anonymous, &extensions);
    let asked = match asked(&ctx, fields).await {
        Ok(asked) => asked,
        Err(why) => return Ok(refused(&api, &why)),
    };
    let forced = fields.is_set("force_login")?;
    let account = session(&api, &headers).await?.filter(|_| !forced);
    // Anyone can register an app: strangers are led nowhere, by an error neither (RFC 9700, 4.11.2).
    let Some(account) = account else {
        let next = address_again(fields)?;
        let page = sessions::page(&api, &headers, StatusCode::OK, &next, "", None);
        return Ok(page);
    };
    match grant(&asked.app, fields) {
        Ok(grant) => consent(&api, &headers, account, &asked, &grant, fields).await,
        Err(why) => Ok(asked.answer(&api, Err(&why))),
    }
}

async fn consent(
    api: &ApiState,
    headers: &HeaderMap,
    account: AccountId,
    asked: &Asked,
    grant: &Grant,
    fields: Fields<'_>,
) -> Result {
    let ctx = Ctx::acting_for(api.social.clone(), account);
    let view = accounts::get(&ctx, account).await?;
    let (secret, cookie) = cookies::form_secret(api, headers);
    let body = pages::consent(&Consent {
        app_name: &asked.app.name,
        website: asked.app.website.as_deref(),
        username: &view.username,
        domain: &api.settings().domain,
        scopes: grant.scopes,
        asked: &sent(fields)?,
        again: &address_again(fields)?,
        secret: &secret,
    });
    let page = pages::html(
        StatusCode::OK,
        &api.config.title,
        "Authorize this app?",
        &body,
    );
    Ok(with_cookie(page, cookie))
}

/// What the person decided.
pub async fn decide(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    params: Params,
) -> Result {
    let fields = params.fields();
    let secret = fields.text("form_secret")?.unwrap_or_default();
    if !cookies::is_own_form(api.settings(), &headers, &secret) {
        let why = OauthError::InvalidRequest("This form is too old; please try again.".to_owned());
        return Ok(refused(&api, &why));
    }
    let ctx = context(&api, Caller::Anonymous, &extensions);
    let asked = match asked(&ctx, fields).await {
        Ok(asked) => asked,
        Err(why) => return Ok(refused(&api, &why)),
    };
    let Some(account) = session(&api, &headers).await? else {
        let next = address_again(fields)?;
        return Ok(sessions::page(
            &api,
            &headers,
            StatusCode::OK,
            &next,
            "",
            None,
        ));
    };
    if fields.text("decision")?.as_deref() != Some("approve") {
        return Ok(asked.answer(&api, Err(&OauthError::AccessDenied)));
    }
    let ctx = Ctx::acting_for(api.social.clone(), account);
    let code = match grant(&asked.app, fields) {
        Ok(grant) => approve(&ctx, &asked, grant).await,
        Err(why) => Err(why),
    };
    Ok(asked.answer(&api, code.as_deref()))
}

async fn approve(ctx: &Ctx, asked: &Asked, grant: Grant) -> Result<String, OauthError> {
    let (app, uri) = (&asked.app, &asked.redirect_uri);
    Ok(oauth::authorize(ctx, app, uri, grant.scopes, grant.challenge).await?)
}

async fn asked(ctx: &Ctx, fields: Fields<'_>) -> Result<Asked, OauthError> {
    let client_id = fields.require_text("client_id")?;
    let redirect_uri = fields.require_text("redirect_uri")?;
    let app = oauth::find_app(ctx, &client_id).await?;
    let app = app.ok_or(OAuthError::InvalidClient)?;
    if !app.redirect_uris.contains(&redirect_uri) {
        return Err(OAuthError::InvalidRedirectUri.into());
    }
    Ok(Asked {
        app,
        redirect_uri,
        state: fields.text("state")?,
    })
}

fn grant(app: &App, fields: Fields<'_>) -> Result<Grant, OauthError> {
    if fields.require_text("response_type")? != "code" {
        return Err(OauthError::UnsupportedResponseType);
    }
    let scopes = match fields.filled("scope")? {
        None => Scopes::default_of_app(),
        Some(text) => Scopes::parse(&text).map_err(|_| OAuthError::InvalidScope)?,
    };
    // Of a `,` no scope is left: what is granted for nothing asked would not be what is shown.
    if scopes.is_empty() || !app.scopes.covers_all(scopes) {
        return Err(OAuthError::InvalidScope.into());
    }
    let method = fields.filled("code_challenge_method")?;
    let challenge = match fields.filled("code_challenge")? {
        None => None,
        Some(challenge) if method.as_deref() == Some("S256") => Some(Challenge(challenge)),
        // Without a method it would be `plain` (RFC 7636, 4.3), which is not taken.
        Some(_) => {
            let why = "The code_challenge_method must be S256.";
            return Err(OauthError::InvalidRequest(why.to_owned()));
        }
    };
    Ok(Grant { scopes, challenge })
}

impl Asked {
    /// Leads back to the app, or shows the answer where there is no way back.
    fn answer(&self, api: &ApiState, code: Result<&str, &OauthError>) -> Response {
        let place = &api.config.title;
        if self.redirect_uri == OUT_OF_BAND {
            return match code {
                Ok(code) => {
                    let body = pages::out_of_band(code);
                    pages::html(StatusCode::OK, place, "Authorization code", &body)
                }
                Err(why) => refused(api, why),
            };
        }
        let Ok(mut uri) = Url::parse(&self.redirect_uri) else {
            return refused(api, &OAuthError::InvalidRedirectUri.into());
        };
        {
            let mut query = uri.query_pairs_mut();
            match code {
                Ok(code) => query.append_pair("code", code),
                Err(why) => query
                    .append_pair("error", why.code())
                    .append_pair("error_description", &why.to_string()),
            };
            if let Some(state) = &self.state {
                query.append_pair("state", state);
            }
        }
        see_other(uri.as_str())
    }
}

/// For the person, because there is no app to be told.
fn refused(api: &ApiState, why: &OauthError) -> Response {
    let place = &api.config.title;
    pages::message(why.status(), place, "This does not work", &why.to_string())
}

/// The request's parameters as they came.
fn sent(fields: Fields<'_>) -> Result<Vec<(&'static str, String)>, ApiError> {
    let mut sent = Vec::with_capacity(ASKED.len());
    for name in ASKED {
        if let Some(value) = fields.text(name)? {
            sent.push((name, value));
        }
    }
    Ok(sent)
}

/// The way back here after a log-in.
fn address_again(fields: Fields<'_>) -> Result<String, ApiError> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in sent(fields)? {
        query.append_pair(name, &value);
    }
    Ok(format!("/oauth/authorize?{}", query.finish()))
}

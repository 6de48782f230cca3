//! Logging in and out of the pages.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use petrel_model::id::AccountId;
use petrel_social::accounts::{PasswordCheck, Unconfirmed};
use petrel_social::{Caller, Ctx, Error, accounts, oauth};

use crate::caller::context;
use crate::cookies;
use crate::error::{ApiError, Result};
use crate::middleware::{Limit, RateLimits, Who};
use crate::pages::{self, LogIn};
use crate::params::Params;
use crate::state::ApiState;

pub const FORGED: &str = "This form is too old; please try again";
const TOO_MANY: &str = "There were too many attempts with this name; please try again in an hour";
const WRONG: &str = "The name or the password is wrong";
const SENT_AGAIN: &str = "Your e-mail address is not confirmed yet. We have sent the letter to you \
    again: please follow the link in it, and then log in";
const SENT_OFTEN: &str = "Your e-mail address is not confirmed yet. We have sent the letter to you \
    several times already: please look for it among your spam too, or come back tomorrow";

/// Whose session the browser brought.
pub async fn session(api: &ApiState, headers: &HeaderMap) -> Result<Option<AccountId>> {
    match cookies::session(api.settings(), headers) {
        None => Ok(None),
        Some(secret) => Ok(oauth::session(&api.social, secret).await?),
    }
}

pub async fn show(State(api): State<ApiState>, headers: HeaderMap, params: Params) -> Result {
    let next = params.fields().text("next")?.unwrap_or_default();
    Ok(page(&api, &headers, StatusCode::OK, &next, "", None))
}

/// The page of log-in; `next` is where it leads.
pub fn page(
    api: &ApiState,
    headers: &HeaderMap,
    status: StatusCode,
    next: &str,
    name: &str,
    error: Option<&str>,
) -> Response {
    let (secret, cookie) = cookies::form_secret(api, headers);
    let form = LogIn {
        next: own_path(next),
        name,
        error,
        secret: &secret,
        open: api.settings().registrations_open,
    };
    let body = pages::log_in(&form);
    with_cookie(
        pages::html(status, &api.config.title, "Log in", &body),
        cookie,
    )
}

pub async fn create(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    params: Params,
) -> Result {
    let fields = params.fields();
    let next = fields.text("next")?.unwrap_or_default();
    let name = fields.text("username")?.unwrap_or_default();
    let again = |status, error| Ok(page(&api, &headers, status, &next, &name, Some(error)));
    let secret = fields.text("form_secret")?.unwrap_or_default();
    if !cookies::is_own_form(api.settings(), &headers, &secret) {
        return again(StatusCode::FORBIDDEN, FORGED);
    }
    let now_ms = api.social.clock.now_ms();
    let counts = extensions.get::<Arc<RateLimits>>();
    if counts.is_some_and(|counts| is_guessing(counts, &name, now_ms)) {
        return again(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    }
    let password = fields.text("password")?.unwrap_or_default();
    let why = match accounts::check_log_in(&api.social, &name, &password).await? {
        PasswordCheck::Right(log_in) => {
            return lead_on(&api, &oauth::log_in(&api.social, log_in).await?, &next);
        }
        PasswordCheck::Unconfirmed(somebody) => {
            let ctx = context(&api, Caller::Anonymous, &extensions);
            send_again(&ctx, somebody).await?
        }
        PasswordCheck::Wrong => WRONG,
    };
    again(StatusCode::UNPROCESSABLE_ENTITY, why)
}

/// Sends the letter again to whoever may have lost it. Gives what to tell them.
async fn send_again(ctx: &Ctx, somebody: Unconfirmed) -> Result<&'static str> {
    match accounts::resend_to(ctx, somebody).await {
        Ok(()) => Ok(SENT_AGAIN),
        Err(Error::TooMany) => Ok(SENT_OFTEN),
        Err(Error::Refused(why)) => Ok(why),
        Err(why) => Err(why.into()),
    }
}

/// Whether somebody, from wherever, tries one password of an account after the other.
fn is_guessing(counts: &RateLimits, name: &str, now_ms: u64) -> bool {
    let allowance = counts.count(&Limit::LOG_IN_NAME, Who::name(name), now_ms);
    allowance.exceeded
}

/// Begins a session of an account that was made just now, and leads on.
pub async fn begin(api: &ApiState, account: AccountId, next: &str) -> Result {
    let secret = oauth::start_session(&api.social, account).await?;
    lead_on(api, &secret, next)
}

fn lead_on(api: &ApiState, secret: &str, next: &str) -> Result {
    let cookie = cookies::set_session(api.settings(), secret);
    Ok(with_cookie(see_other(own_path(next)), Some(cookie)))
}

pub async fn delete(State(api): State<ApiState>, headers: HeaderMap, params: Params) -> Result {
    let settings = api.settings();
    let fields = params.fields();
    let secret = fields.text("form_secret")?.unwrap_or_default();
    if !cookies::is_own_form(settings, &headers, &secret) {
        return Err(ApiError::new(StatusCode::FORBIDDEN, FORGED));
    }
    if let Some(session) = cookies::session(settings, &headers) {
        oauth::end_session(&api.social, session).await?;
    }
    let next = fields.text("next")?.unwrap_or_default();
    let next = if next.is_empty() {
        "/auth/sign_in"
    } else {
        own_path(&next)
    };
    let cookie = cookies::clear_session(settings);
    Ok(with_cookie(see_other(next), Some(cookie)))
}

/// A path of this server, or its front page: nobody is led elsewhere by a log-in.
pub fn own_path(next: &str) -> &str {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    if own && plain { next } else { "/" }
}

pub fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}

pub fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_leads_nowhere_else() {
        assert_eq!(own_path("/oauth/authorize?a=b"), "/oauth/authorize?a=b");
        for foreign in [
            "",
            "//q.example",
            "https://q.example",
            "/\\q.example",
            "/a\r\nb",
            "x",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }
}

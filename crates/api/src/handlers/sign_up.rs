//! Signing up by the page, and confirming the address.

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use petrel_social::accounts;
use petrel_social::context::Caller;
use petrel_social::error::{Error, FieldError};

use super::registration::new_account;
use super::sessions::{self, begin, own_path, with_cookie};
use crate::caller::context;
use crate::cookies;
use crate::error::Result;
use crate::pages::{self, SignUp};
use crate::params::Params;
use crate::state::ApiState;

const TITLE: &str = "Create an account";
const CLOSED: &str = "This place does not take new accounts at the moment.";

pub async fn show(State(api): State<ApiState>, headers: HeaderMap, params: Params) -> Result {
    if !api.settings().registrations_open {
        let place = &api.config.title;
        return Ok(pages::message(StatusCode::FORBIDDEN, place, TITLE, CLOSED));
    }
    let next = params.fields().text("next")?.unwrap_or_default();
    let form = SignUp {
        next: own_path(&next),
        ..SignUp::default()
    };
    Ok(page(&api, &headers, StatusCode::OK, form))
}

fn page(api: &ApiState, headers: &HeaderMap, status: StatusCode, form: SignUp<'_>) -> Response {
    let (secret, cookie) = cookies::form_secret(api, headers);
    let form = SignUp {
        domain: &api.settings().domain,
        rules: &api.config.rules,
        secret: &secret,
        ..form
    };
    let body = pages::sign_up(&form);
    with_cookie(pages::html(status, &api.config.title, TITLE, &body), cookie)
}

pub async fn create(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    params: Params,
) -> Result {
    let fields = params.fields();
    let next = fields.text("next")?.unwrap_or_default();
    let account = new_account(fields)?;
    let filled = account.clone();
    let again = |status, error: Option<&str>, wrong: &[FieldError]| {
        let form = SignUp {
            username: &filled.username,
            email: &filled.email,
            agreed: filled.agreement,
            next: own_path(&next),
            error,
            wrong,
            ..SignUp::default()
        };
        Ok(page(&api, &headers, status, form))
    };
    let secret = fields.text("form_secret")?.unwrap_or_default();
    if !cookies::is_own_form(api.settings(), &headers, &secret) {
        return again(StatusCode::FORBIDDEN, Some(sessions::FORGED), &[]);
    }
    let ctx = context(&api, Caller::Anonymous, &extensions);
    match accounts::register(&ctx, account).await {
        Ok(id) if api.settings().confirm_at_once => begin(&api, id, &next).await,
        Ok(_) => Ok(check_mail(&api, &filled.email)),
        Err(Error::InvalidFields(wrong)) => again(StatusCode::UNPROCESSABLE_ENTITY, None, &wrong),
        Err(why @ (Error::Invalid(_) | Error::Forbidden(_) | Error::Conflict(_))) => again(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(&why.to_string()),
            &[],
        ),
        Err(why) => Err(why.into()),
    }
}

fn check_mail(api: &ApiState, email: &str) -> Response {
    let (place, body) = (&api.config.title, pages::check_mail(email));
    pages::html(StatusCode::OK, place, "Check your mail", &body)
}

pub async fn confirm(
    State(api): State<ApiState>,
    extensions: Extensions,
    params: Params,
) -> Result {
    let token = params
        .fields()
        .text("confirmation_token")?
        .unwrap_or_default();
    let ctx = context(&api, Caller::Anonymous, &extensions);
    let place = &api.config.title;
    match accounts::confirm(&ctx, &token).await {
        Ok(_) => Ok(pages::html(
            StatusCode::OK,
            place,
            "Welcome",
            &pages::confirmed(),
        )),
        Err(why @ Error::Store(_)) => Err(why.into()),
        Err(_) => Ok(pages::html(
            StatusCode::NOT_FOUND,
            place,
            "Not confirmed",
            &pages::not_confirmed(),
        )),
    }
}

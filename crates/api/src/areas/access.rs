//! Apps, tokens, sign-up, and the pages of log-in.

use crate::handlers::{apps, authorize, registration, sessions, sign_up, token};
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::pages;
use crate::routes::*;

const GRANTS: &[&str] = &["authorization_code", "client_credentials", "password"];

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(POST, "/api/v1/apps", Nothing, |m| on(m, apps::create)).limited(&Limit::REGISTER_APP),
    api(GET, "/api/v1/apps/verify_credentials", Nothing, |m| on(m, apps::verify_credentials)),
    api(POST, "/api/v1/accounts", Nothing, |m| on(m, registration::create)).limited(&Limit::SIGN_UP),
    api(POST, "/oauth/token", Nothing, |m| on(m, token::create)),
    api(POST, "/oauth/revoke", Nothing, |m| on(m, token::revoke)),
    api(GET, "/oauth/userinfo", Accounts, |m| on(m, token::userinfo)),
    api(POST, "/oauth/userinfo", Accounts, |m| on(m, token::userinfo)),
    page(GET, "/oauth/authorize", |m| on(m, authorize::show)),
    page(POST, "/oauth/authorize", |m| on(m, authorize::decide)),
    page(DELETE, "/oauth/authorize", |m| on(m, authorize::decide)),
    page(GET, "/auth/sign_in", |m| on(m, sessions::show)),
    page(POST, "/auth/sign_in", |m| on(m, sessions::create)).limited(&Limit::LOG_IN),
    page(POST, "/auth/sign_out", |m| on(m, sessions::delete)),
    page(GET, "/auth/sign_up", |m| on(m, sign_up::show)),
    page(POST, "/auth/sign_up", |m| on(m, sign_up::create)).limited(&Limit::SIGN_UP_PAGE),
    page(GET, "/auth/confirmation", |m| on(m, sign_up::confirm)).limited(&Limit::LOG_IN),
    page(GET, "/auth/style.css", |m| on(m, pages::style)),
];

pub fn entries() -> Vec<Entry> {
    [apps(), tokens(), pages()].concat()
}

fn apps() -> Vec<Entry> {
    vec![
        post("/api/v1/apps", "Register an app")
            .everyone()
            .takes([
                text("client_name").required(),
                texts("redirect_uris").required(),
                text("scopes"),
                text("website"),
            ])
            .gives::<Application>(),
        get("/api/v1/apps/verify_credentials", "The app of a token")
            .app()
            .gives::<Application>(),
        post("/api/v1/accounts", "Sign up through an app")
            .app()
            .takes([
                text("username").required(),
                text("email").required(),
                text("password").required(),
                flag("agreement").required(),
                text("locale"),
                text("reason"),
            ])
            .gives::<Token>(),
    ]
}

fn tokens() -> Vec<Entry> {
    vec![
        post("/oauth/token", "Get a token (RFC 6749, 4)")
            .everyone()
            .takes([
                choice("grant_type", GRANTS).required(),
                text("client_id").says("Or by HTTP Basic"),
                text("client_secret"),
                text("code"),
                text("redirect_uri"),
                text("code_verifier").says("PKCE (RFC 7636)"),
                text("username").says("With --dev only"),
                text("password"),
                text("scope"),
            ])
            .gives::<Token>()
            .also([401, 403]),
        post("/oauth/revoke", "End a token (RFC 7009)")
            .everyone()
            .takes([text("client_id"), text("client_secret"), text("token")])
            .gives::<Empty>()
            .also([401, 403]),
        get("/oauth/userinfo", "Who the bearer is (OpenID Connect)")
            .user(Scope::Profile)
            .gives::<Value>(),
        post("/oauth/userinfo", "Who the bearer is (OpenID Connect)")
            .user(Scope::Profile)
            .gives::<Value>(),
    ]
}

fn asked() -> [Param; 7] {
    [
        choice("response_type", &["code"]),
        text("client_id"),
        text("redirect_uri"),
        text("scope"),
        text("state"),
        text("code_challenge"),
        text("code_challenge_method"),
    ]
}

fn pages() -> Vec<Entry> {
    let sent = [text("next"), text("form_secret")];
    let decision = [
        choice("decision", &["approve", "deny"]),
        text("form_secret"),
    ];
    vec![
        for_people(get("/oauth/authorize", "Ask a person to let an app in"))
            .takes(asked())
            .takes([flag("force_login")])
            .sends(303, "")
            .also([401]),
        for_people(post("/oauth/authorize", "Let it in, or not"))
            .takes(asked())
            .takes(decision.clone())
            .sends(303, "")
            .also([401]),
        for_people(delete("/oauth/authorize", "Do not let it in"))
            .takes(asked())
            .takes(decision)
            .sends(303, "")
            .also([401]),
        for_people(get("/auth/sign_in", "The page of log-in")).takes([text("next")]),
        for_people(post("/auth/sign_in", "Log in"))
            .takes(sent.clone())
            .takes([text("username"), text("password")])
            .sends(303, ""),
        get_out(sent.clone()),
        for_people(get("/auth/sign_up", "The page of sign-up")).takes([text("next")]),
        for_people(post("/auth/sign_up", "Sign up"))
            .takes(sent)
            .takes([
                text("username"),
                text("email"),
                text("password"),
                flag("agreement"),
                text("locale"),
                text("reason"),
            ])
            .sends(303, ""),
        for_people(get("/auth/confirmation", "Confirm an address"))
            .takes([text("confirmation_token")])
            .also([404]),
        get("/auth/style.css", "What the pages look like")
            .everyone()
            .sends(200, "text/css"),
    ]
}

fn for_people(entry: Entry) -> Entry {
    entry.browser().sends(200, HTML)
}

fn get_out(sent: [Param; 2]) -> Entry {
    post("/auth/sign_out", "Log out")
        .browser()
        .takes(sent)
        .sends(303, "")
}

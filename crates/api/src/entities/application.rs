//! Apps and the tokens they get.

use petrel_model::id::AppId;
use petrel_model::scope::Scopes;
use petrel_social::oauth::App;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::values::Shown;

#[derive(JsonSchema, Serialize)]
pub struct Application<'a> {
    id: Shown<AppId>,
    name: &'a str,
    website: Option<&'a str>,
    scopes: ScopeList,
    redirect_uris: &'a [String],
    /// One after another, as before Mastodon 4.3.
    redirect_uri: String,
    /// There is no web push yet.
    vapid_key: &'static str,
    #[serde(flatten)]
    credentials: Option<Credentials<'a>>,
}

/// Given to whoever registers the app, once.
#[derive(JsonSchema, Serialize)]
struct Credentials<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    /// Never.
    client_secret_expires_at: u64,
}

/// Scopes as an array of their names.
#[derive(JsonSchema)]
#[schemars(with = "Vec<String>")]
struct ScopeList(Scopes);

impl Serialize for ScopeList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|scope| scope.as_str()))
    }
}

impl<'a> Application<'a> {
    pub fn new(app: &'a App) -> Application<'a> {
        Application {
            id: Shown(app.id),
            name: &app.name,
            website: app.website.as_deref(),
            scopes: ScopeList(app.scopes),
            redirect_uris: &app.redirect_uris,
            redirect_uri: app.redirect_uris.join("\n"),
            vapid_key: "",
            credentials: None,
        }
    }

    pub fn with_credentials(app: &'a App, client_secret: &'a str) -> Application<'a> {
        Application {
            credentials: Some(Credentials {
                client_id: &app.client_id,
                client_secret,
                client_secret_expires_at: 0,
            }),
            ..Application::new(app)
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub struct Token<'a> {
    pub access_token: &'a str,
    pub token_type: &'static str,
    pub scope: Shown<Scopes>,
    /// Unix seconds.
    pub created_at: u64,
}

impl<'a> Token<'a> {
    pub fn new(access_token: &'a str, scopes: Scopes, created_at_s: u64) -> Token<'a> {
        Token {
            access_token,
            token_type: "Bearer",
            scope: Shown(scopes),
            created_at: created_at_s,
        }
    }
}

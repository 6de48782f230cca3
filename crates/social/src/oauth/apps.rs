//! Apps: the programs that people let act for them.

use std::fmt;

use petrel_model::id::AppId;
use petrel_model::limits::{APP_NAME_CHARS_MAX, APP_REDIRECT_URIS_MAX, APP_URI_BYTES_MAX};
use petrel_model::scope::Scopes;
use petrel_store::Batch;
use url::Url;

use super::OAuthError;
use super::table::{AppRow, Apps, AppsByClientId};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::secret;

/// The redirect URI of those who show the code to the person.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// Schemes that would run in the browser instead of leading somewhere.
const SCHEMES_REFUSED: [&str; 4] = ["javascript", "data", "vbscript", "file"];
/// Longest client id or secret that is looked at, in bytes.
const CLIENT_ID_BYTES_MAX: usize = 255;

/// An app that registers. Not `Debug`: it may bear a secret.
#[derive(Clone)]
pub struct NewApp {
    pub name: String,
    pub redirect_uris: Vec<String>,
    /// None gives `read`.
    pub scopes: Scopes,
    pub website: Option<String>,
    /// Client id and secret; only the command line gives them, and only in development.
    pub fixed: Option<(String, String)>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct App {
    pub id: AppId,
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: Scopes,
    pub client_id: String,
    /// Known only when the app is made.
    pub client_secret: Option<String>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl App {
    fn of(id: AppId, row: AppRow) -> App {
        App {
            id,
            name: row.name,
            website: row.website,
            redirect_uris: row.redirect_uris,
            scopes: row.scopes,
            client_id: row.client_id,
            client_secret: None,
        }
    }
}

/// Registers an app.
///
/// # Errors
/// `Invalid` says what is wrong; `Forbidden` for a fixed id outside of development; `Conflict` if
/// a fixed id is taken.
pub async fn create_app(ctx: &Ctx, new: NewApp) -> Result<App> {
    validate(&new)?;
    let entropy = &*ctx.social.entropy;
    let mut batch = ctx.batch();
    let (client_id, client_secret) = match new.fixed {
        None => (secret::new(entropy), secret::new(entropy)),
        Some(fixed) => {
            require_literals(ctx)?;
            let taken = batch.get::<AppsByClientId>(&fixed.0, &()).await?;
            if taken.is_some() {
                return Err(Error::Conflict(
                    "There is an app with this client id".into(),
                ));
            }
            fixed
        }
    };
    let id: AppId = ctx.clock().next_id().into();
    let scopes = if new.scopes.is_empty() {
        Scopes::default_of_app()
    } else {
        new.scopes
    };
    let row = AppRow {
        name: new.name.trim().to_owned(),
        website: new.website.filter(|website| !website.is_empty()),
        redirect_uris: new.redirect_uris,
        scopes,
        secret_hash: secret::hash(&client_secret),
        client_id,
    };
    batch.put::<AppsByClientId>(&row.client_id, &(), &id);
    batch.put::<Apps>(&id, &(), &row);
    batch.commit().await?;
    Ok(App {
        client_secret: Some(client_secret),
        ..App::of(id, row)
    })
}

pub async fn find_app(ctx: &Ctx, client_id: &str) -> Result<Option<App>> {
    if client_id.len() > CLIENT_ID_BYTES_MAX {
        return Ok(None);
    }
    let client_id = client_id.to_owned();
    let index = ctx.store().get::<AppsByClientId>(&client_id, &()).await?;
    match index {
        None => Ok(None),
        Some(index) => get_app(ctx, index.value).await,
    }
}

pub async fn get_app(ctx: &Ctx, id: AppId) -> Result<Option<App>> {
    let rows = ctx.store().partition::<Apps>(&id).await?;
    Ok(rows.first().map(|row| App::of(id, row.value.clone())))
}

/// Those of the apps that there are.
pub async fn get_apps(ctx: &Ctx, ids: &[AppId]) -> Result<Vec<App>> {
    let found = ctx.store().partitions::<Apps>(ids).await?;
    let rows = ids.iter().zip(&found);
    let apps = rows.filter_map(|(id, rows)| Some(App::of(*id, rows.first()?.value.clone())));
    Ok(apps.collect())
}

/// The app whose credentials these are.
///
/// # Errors
/// `OAuthError::InvalidClient` if there is none.
pub(super) async fn require_app(
    batch: &mut Batch<'_>,
    client_id: &str,
    client_secret: &str,
) -> Result<App> {
    if client_id.len() > CLIENT_ID_BYTES_MAX {
        return Err(OAuthError::InvalidClient.into());
    }
    let client_id = client_id.to_owned();
    let index = batch.get::<AppsByClientId>(&client_id, &()).await?;
    let id = index.ok_or(OAuthError::InvalidClient)?.value;
    let row = batch.get::<Apps>(&id, &()).await?;
    let row = row.ok_or(OAuthError::InvalidClient)?.value;
    if row.secret_hash != secret::hash(client_secret) {
        return Err(OAuthError::InvalidClient.into());
    }
    Ok(App::of(id, row))
}

/// The scopes that are asked for; if none are, `read` or whatever the app has instead.
///
/// # Errors
/// `OAuthError::InvalidScope` for more than the app has.
pub(super) fn granted(app: &App, asked: Option<Scopes>) -> Result<Scopes> {
    let usual = Scopes::default_of_app();
    let scopes = match asked.filter(|asked| !asked.is_empty()) {
        Some(asked) => asked,
        None if app.scopes.covers_all(usual) => usual,
        None => app.scopes,
    };
    if !app.scopes.covers_all(scopes) {
        return Err(OAuthError::InvalidScope.into());
    }
    Ok(scopes)
}

/// Literal secrets are for the command line, in development.
pub(super) fn require_literals(ctx: &Ctx) -> Result<()> {
    ctx.require_system()?;
    if !ctx.settings().literal_secrets {
        return Err(Error::Forbidden(
            "Literal tokens, client ids and secrets are taken in development mode only",
        ));
    }
    Ok(())
}

fn validate(new: &NewApp) -> Result<()> {
    let name = new.name.trim();
    if name.is_empty() {
        return Err(Error::invalid("Application name can't be blank"));
    }
    if name.chars().count() > APP_NAME_CHARS_MAX {
        return Err(Error::Invalid(format!(
            "Application name is too long (maximum is {APP_NAME_CHARS_MAX} characters)"
        )));
    }
    if new.redirect_uris.is_empty() {
        return Err(Error::invalid("Redirect URI can't be blank"));
    }
    if new.redirect_uris.len() > APP_REDIRECT_URIS_MAX {
        return Err(Error::Invalid(format!(
            "Redirect URI: at most {APP_REDIRECT_URIS_MAX} are possible"
        )));
    }
    for uri in &new.redirect_uris {
        redirect_uri(uri)?;
    }
    let website = new.website.as_deref().unwrap_or_default();
    if !website.is_empty() && !is_website(website) {
        return Err(Error::invalid("Website must be a valid URL"));
    }
    Ok(())
}

fn redirect_uri(uri: &str) -> Result<()> {
    if uri == OUT_OF_BAND {
        return Ok(());
    }
    if uri.len() > APP_URI_BYTES_MAX {
        return Err(Error::invalid("Redirect URI is too long"));
    }
    let Ok(parsed) = Url::parse(uri) else {
        return Err(Error::invalid("Redirect URI must be an absolute URI."));
    };
    if SCHEMES_REFUSED.contains(&parsed.scheme()) {
        return Err(Error::invalid("Redirect URI is forbidden by the server."));
    }
    if parsed.fragment().is_some() {
        return Err(Error::invalid("Redirect URI cannot contain a fragment."));
    }
    Ok(())
}

fn is_website(website: &str) -> bool {
    let parsed = Url::parse(website);
    website.len() <= APP_URI_BYTES_MAX
        && parsed.is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}

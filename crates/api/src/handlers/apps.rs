//! Apps register themselves.

use axum::extract::State;
use petrel_model::scope::Scopes;
use petrel_social::context::{Caller, Ctx};
use petrel_social::error::Error;
use petrel_social::oauth::{self, NewApp};

use crate::caller::context;
use crate::entities::Application;
use crate::error::{ApiError, Result};
use crate::params::{Fields, ParamError, Params};
use crate::reply;
use crate::state::ApiState;

pub async fn create(
    State(api): State<ApiState>,
    extensions: axum::http::Extensions,
    params: Params,
) -> Result {
    let app = new_app(params.fields())?;
    // Whatever token the client still holds is no matter here.
    let ctx = context(&api, Caller::Anonymous, &extensions);
    let app = oauth::create_app(&ctx, app).await?;
    let secret = app.client_secret.as_deref().unwrap_or_default();
    Ok(reply::json(&Application::with_credentials(&app, secret)))
}

fn new_app(fields: Fields<'_>) -> Result<NewApp> {
    let asked = fields.filled("scopes")?;
    let scopes = match asked {
        None => Scopes::default_of_app(),
        Some(text) => Scopes::parse(&text)
            .map_err(|why| ApiError::unprocessable(format!("Validation failed: {why}")))?,
    };
    Ok(NewApp {
        name: fields.require_text("client_name")?,
        redirect_uris: redirect_uris(fields)?,
        scopes,
        website: fields.filled("website")?,
        fixed: None,
    })
}

/// One text with a URI on each line, or a list.
fn redirect_uris(fields: Fields<'_>) -> Result<Vec<String>, ParamError> {
    let given = fields.list("redirect_uris")?;
    let uris = given.iter().flat_map(|text| text.split_whitespace());
    let uris: Vec<String> = uris.map(str::to_owned).collect();
    match uris.is_empty() {
        true => Err(ParamError::Missing("redirect_uris".to_owned())),
        false => Ok(uris),
    }
}

pub async fn verify_credentials(ctx: Ctx) -> Result {
    let app = ctx.app().ok_or(Error::Unauthenticated)?;
    let app = oauth::get_app(&ctx, app).await?;
    let app = app.ok_or(Error::Unauthenticated)?;
    Ok(reply::json(&Application::new(&app)))
}

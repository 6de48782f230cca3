use anyhow::{Result, anyhow};
use petrel_model::scope::Scopes;
use petrel_social::oauth::{self, NewApp, OUT_OF_BAND};

use crate::admin::{AppLine, Reply};
use crate::cli::AppCreate;
use crate::node::Node;

pub async fn create(node: &Node, create: AppCreate) -> Result<Reply> {
    let scopes = Scopes::parse(&create.scopes).map_err(|error| anyhow!("--scopes: {error}"))?;
    let fixed = create.client_id.zip(create.client_secret);
    if fixed.is_some() {
        super::require_dev(node, "--client-id")?;
    }
    let mut redirect_uris = create.redirect_uris;
    if redirect_uris.is_empty() {
        redirect_uris.push(OUT_OF_BAND.to_owned());
    }
    let new = NewApp {
        name: create.name,
        redirect_uris,
        scopes,
        website: create.website,
        fixed,
    };
    let app = oauth::create_app(&node.ctx(), new).await?;
    Ok(Reply::App(AppLine {
        id: app.id.to_string(),
        name: app.name,
        redirect_uris: app.redirect_uris,
        scopes: app.scopes.to_string(),
        client_id: app.client_id,
        client_secret: app.client_secret,
    }))
}

use anyhow::{Context, Result, anyhow};
use petrel_model::id::{AccountId, AppId};
use petrel_model::scope::Scopes;
use petrel_social::accounts::table::Role;
use petrel_social::accounts::{self, CreateOptions, NewAccount};
use petrel_social::oauth::{self, NewApp, OUT_OF_BAND};

use crate::admin::{AccountLine, Reply};
use crate::cli::{AccountCreate, RoleName};
use crate::node::Node;

/// The app that a literal token belongs to when none is named.
const TOKEN_APP: &str = "Petrel command line";
const LIST_PAGE: usize = 500;

pub async fn create(node: &Node, create: AccountCreate) -> Result<Reply> {
    let ctx = node.ctx();
    let scopes = literal_scopes(node, &create)?;
    if let Some(client_id) = &create.client_id {
        // Looked for first: nothing is made when the order cannot be carried out whole.
        require_app(node, client_id).await?;
    }
    let made_up = create.password.is_none();
    let password = create.password.clone();
    let password = password.unwrap_or_else(|| accounts::random_password(&*ctx.social.entropy));
    let new = NewAccount {
        username: create.name.clone(),
        email: create.email.clone(),
        password: password.clone(),
        agreement: true,
        locale: create.locale.clone(),
        reason: None,
    };
    let options = CreateOptions {
        role: create.role.into(),
        locked: create.locked,
        discoverable: create.discoverable.then_some(true),
        confirmed: true,
    };
    let id = accounts::create(&ctx, new, options).await?;
    if let (Some(token), Some(scopes)) = (&create.token, scopes) {
        let app = match &create.client_id {
            Some(client_id) => require_app(node, client_id).await?,
            None => token_app(node, scopes).await?,
        };
        let made = oauth::token_fixed(&ctx, id, app, scopes, token).await;
        made.with_context(|| {
            format!("the account {} was created, but not its token", create.name)
        })?;
    }
    let mut line = line_of(node, id).await?;
    line.password = made_up.then_some(password);
    line.token = create.token;
    Ok(Reply::Account(line))
}

/// The scopes of a literal token, if one is asked for and may be.
fn literal_scopes(node: &Node, create: &AccountCreate) -> Result<Option<Scopes>> {
    let Some(scopes) = &create.scopes else {
        return Ok(None);
    };
    super::require_dev(node, "--token")?;
    let scopes = Scopes::parse(scopes).map_err(|error| anyhow!("--scopes: {error}"))?;
    Ok(Some(scopes))
}

async fn require_app(node: &Node, client_id: &str) -> Result<AppId> {
    let app = oauth::find_app(&node.ctx(), client_id).await?;
    let app = app.ok_or_else(|| anyhow!("there is no app with the client id {client_id:?}"))?;
    Ok(app.id)
}

async fn token_app(node: &Node, scopes: Scopes) -> Result<AppId> {
    let new = NewApp {
        name: TOKEN_APP.to_owned(),
        redirect_uris: vec![OUT_OF_BAND.to_owned()],
        scopes,
        website: None,
        fixed: None,
    };
    Ok(oauth::create_app(&node.ctx(), new).await?.id)
}

pub async fn list(node: &Node, limit: usize) -> Result<Reply> {
    let ctx = node.ctx();
    let (mut lines, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = accounts::list(&ctx, cursor, LIST_PAGE).await?;
        lines.extend(
            page.into_iter()
                .map(|summary| AccountLine::of(node, summary)),
        );
        match next {
            next @ Some(_) if lines.len() < limit => cursor = next,
            _ => break,
        }
    }
    lines.truncate(limit);
    lines.sort_by_key(|line| line.created_at_ms);
    Ok(Reply::Accounts(lines))
}

pub async fn show(node: &Node, name: &str) -> Result<Reply> {
    let id = require_account(node, name).await?;
    Ok(Reply::Account(line_of(node, id).await?))
}

pub async fn set_role(node: &Node, name: &str, role: RoleName) -> Result<Reply> {
    let id = require_account(node, name).await?;
    accounts::set_role(&node.ctx(), id, role.into()).await?;
    Ok(Reply::Account(line_of(node, id).await?))
}

pub async fn suspend(node: &Node, name: &str) -> Result<Reply> {
    let id = require_account(node, name).await?;
    accounts::suspend(&node.ctx(), id).await?;
    Ok(Reply::Account(line_of(node, id).await?))
}

pub async fn unsuspend(node: &Node, name: &str) -> Result<Reply> {
    let id = require_account(node, name).await?;
    accounts::unsuspend(&node.ctx(), id).await?;
    Ok(Reply::Account(line_of(node, id).await?))
}

pub async fn confirm(node: &Node, name: &str) -> Result<Reply> {
    let id = require_account(node, name).await?;
    accounts::confirm_unasked(&node.ctx(), id).await?;
    Ok(Reply::Account(line_of(node, id).await?))
}

pub async fn reset_password(node: &Node, name: &str, password: Option<String>) -> Result<Reply> {
    let id = require_account(node, name).await?;
    let ctx = node.ctx();
    let made_up = password.is_none();
    let password = password.unwrap_or_else(|| accounts::random_password(&*ctx.social.entropy));
    accounts::reset_password(&ctx, id, &password).await?;
    let mut line = line_of(node, id).await?;
    line.password = made_up.then_some(password);
    Ok(Reply::Account(line))
}

async fn require_account(node: &Node, name: &str) -> Result<AccountId> {
    let found = accounts::find_id(&node.ctx(), name.trim_start_matches('@')).await?;
    found.ok_or_else(|| anyhow!("there is no account named {name:?}"))
}

async fn line_of(node: &Node, id: AccountId) -> Result<AccountLine> {
    let summary = accounts::summary(&node.ctx(), id).await?;
    Ok(AccountLine::of(node, summary))
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Role {
        match role {
            RoleName::User => Role::User,
            RoleName::Moderator => Role::Moderator,
            RoleName::Admin => Role::Admin,
            RoleName::Owner => Role::Owner,
        }
    }
}

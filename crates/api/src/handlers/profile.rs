//! What an account sees and sets of itself.

use axum::extract::{Request, State};
use petrel_model::scope::Scope;
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::context::Ctx;
use petrel_social::views::ProfileField;

use crate::entities::{CredentialAccount, Preferences};
use crate::error::Result;
use crate::handlers::pictures;
use crate::params::{Fields, ParamError, Sent};
use crate::reply;
use crate::state::ApiState;

pub async fn verify_credentials(ctx: Ctx) -> Result {
    let view = accounts::credentials_view(&ctx).await?;
    Ok(reply::json(&CredentialAccount::new(&view, ctx.settings())))
}

pub async fn update_credentials(State(api): State<ApiState>, ctx: Ctx, request: Request) -> Result {
    ctx.require_user(Scope::WriteAccounts)?;
    let mut sent = Sent::read(&api, request, pictures::TAKEN).await?;
    let pictures = pictures::received(&mut sent)?;
    let update = update(sent.params.fields())?;
    accounts::update(&ctx, update).await?;
    pictures::set(&api, &ctx, pictures).await?;
    pictures::own(&ctx).await
}

pub async fn preferences(ctx: Ctx) -> Result {
    let view = accounts::credentials_view(&ctx).await?;
    Ok(reply::json(&Preferences::from(&view.settings)))
}

fn update(fields: Fields<'_>) -> Result<ProfileUpdate, ParamError> {
    pictures::refuse_texts(fields)?;
    let mut update = ProfileUpdate {
        display_name: fields.text("display_name")?,
        note: fields.text("note")?,
        fields: profile_fields(fields)?,
        locked: fields.flag("locked")?,
        bot: fields.flag("bot")?,
        indexable: fields.flag("indexable")?,
        discoverable: fields.flag("discoverable")?,
        hide_collections: fields.flag("hide_collections")?,
        ..ProfileUpdate::default()
    };
    if let Some(source) = fields.map("source")? {
        update.privacy = source.parsed("privacy", "is not a visibility")?;
        update.sensitive = source.flag("sensitive")?;
        update.language = source.text("language")?;
    }
    Ok(update)
}

fn profile_fields(fields: Fields<'_>) -> Result<Option<Vec<ProfileField>>, ParamError> {
    let Some(maps) = fields.maps("fields_attributes")? else {
        return Ok(None);
    };
    let mut rows = Vec::with_capacity(maps.len());
    for map in maps {
        let row = ProfileField {
            name: map.text("name")?.unwrap_or_default(),
            value: map.text("value")?.unwrap_or_default(),
        };
        // A row that was emptied is a row taken away.
        if !(row.name.trim().is_empty() && row.value.trim().is_empty()) {
            rows.push(row);
        }
    }
    Ok(Some(rows))
}

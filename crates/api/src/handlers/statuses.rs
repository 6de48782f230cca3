//! Statuses, one by one.

use axum::http::{HeaderMap, HeaderName};
use petrel_model::id::{Id, MediaId, StatusId};
use petrel_social::context::Ctx;
use petrel_social::media::MediaAttributes;
use petrel_social::scheduled;
use petrel_social::statuses::{self, Draft, Edit};

use crate::entities::{Context, Posted, ScheduledStatus, Shown, Status, StatusEdit, StatusSource};
use crate::error::{ApiError, Result};
use crate::handlers::{polls, scheduled_statuses};
use crate::params::{Fields, FocusParam, NOT_A_FOCUS, Params, id_of};
use crate::path::PathId;
use crate::reply;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub async fn create(ctx: Ctx, headers: HeaderMap, params: Params) -> Result {
    let fields = params.fields();
    refuse_what_is_not_there(fields)?;
    let key = headers.get(IDEMPOTENCY_KEY);
    let draft = Draft {
        text: fields.text("status")?.unwrap_or_default(),
        spoiler_text: fields.text("spoiler_text")?.unwrap_or_default(),
        sensitive: fields.flag("sensitive")?,
        visibility: fields.parsed("visibility", "is not included in the list")?,
        language: fields.filled("language")?,
        in_reply_to: fields.id("in_reply_to_id")?,
        poll: polls::asked(fields)?,
        idempotency_key: key
            .map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned())
            .filter(|key| !key.is_empty()),
        media: media_ids(fields)?,
        scheduled: None,
    };
    // As in Mastodon, a moment that has passed is now.
    let later = scheduled_statuses::at_ms(fields)?.filter(|at_ms| *at_ms > ctx.clock().now_ms());
    if let Some(at_ms) = later {
        let view = scheduled::schedule(&ctx, draft, at_ms).await?;
        let planned = Box::new(ScheduledStatus::new(&view));
        return Ok(reply::json(&Posted::Later(planned)));
    }
    let view = statuses::create(&ctx, draft).await?;
    let status = Status::new(&view, ctx.settings());
    Ok(reply::json(&Posted::Now(Box::new(status))))
}

/// As in Mastodon, an edit sends the status whole: what is left out is taken away, the language
/// aside, which stays.
pub async fn edit(ctx: Ctx, PathId(id): PathId<StatusId>, params: Params) -> Result {
    let fields = params.fields();
    refuse_what_is_not_there(fields)?;
    let edit = Edit {
        text: Some(fields.text("status")?.unwrap_or_default()),
        spoiler_text: Some(fields.text("spoiler_text")?.unwrap_or_default()),
        sensitive: Some(fields.flag("sensitive")?.unwrap_or(false)),
        language: fields.filled("language")?,
        media: Some(media_ids(fields)?),
        media_attributes: media_attributes(fields)?,
        poll: Some(polls::asked(fields)?),
    };
    let view = statuses::edit(&ctx, id, edit).await?;
    Ok(reply::json(&Status::new(&view, ctx.settings())))
}

/// What comes later is refused rather than left out of what is published.
fn refuse_what_is_not_there(fields: Fields<'_>) -> Result<()> {
    let absent = [("quoted_status_id", "Quotes are not supported yet")];
    for (name, why) in absent {
        if !fields.is_blank(name) {
            return Err(ApiError::unprocessable(why));
        }
    }
    Ok(())
}

fn media_ids(fields: Fields<'_>) -> Result<Vec<MediaId>> {
    let ids = fields.list("media_ids")?;
    let ids = ids.iter().filter(|id| !id.trim().is_empty());
    // What is no id is the id of nothing.
    Ok(ids
        .map(|id| MediaId(id_of(id).unwrap_or(Id::MAX)))
        .collect())
}

fn media_attributes(fields: Fields<'_>) -> Result<Vec<MediaAttributes>> {
    let mut all = Vec::new();
    for fields in fields.maps("media_attributes")?.unwrap_or_default() {
        let Some(id) = fields.id("id")? else { continue };
        let description = fields.text("description")?;
        let focus = fields.parsed::<FocusParam>("focus", NOT_A_FOCUS)?;
        all.push(MediaAttributes {
            id,
            description,
            focus: focus.map(|FocusParam(focus)| focus),
        });
    }
    Ok(all)
}

pub async fn show(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    let view = statuses::get(&ctx, id).await?;
    Ok(reply::json(&Status::new(&view, ctx.settings())))
}

/// Several by id; those that the caller may not see are left out.
pub async fn list(ctx: Ctx, params: Params) -> Result {
    let ids = params.fields().ids("id")?;
    let views = statuses::get_many(&ctx, &ids).await?;
    let entities: Vec<_> = views
        .iter()
        .map(|view| Status::new(view, ctx.settings()))
        .collect();
    Ok(reply::json(&entities))
}

/// Clients delete to post anew: the files stay their author's, unless they are to go at once.
pub async fn delete(ctx: Ctx, PathId(id): PathId<StatusId>, params: Params) -> Result {
    let view = match params.fields().flag("delete_media")?.unwrap_or(false) {
        true => statuses::delete_with_media(&ctx, id).await?,
        false => statuses::delete(&ctx, id).await?,
    };
    Ok(reply::json(&Status::with_source(&view, ctx.settings())))
}

pub async fn context(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    let (ancestors, descendants) = statuses::context(&ctx, id).await?;
    let context = Context::new(&ancestors, &descendants, ctx.settings());
    Ok(reply::json(&context))
}

pub async fn history(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    let edits = statuses::history(&ctx, id).await?;
    let entities: Vec<_> = edits
        .iter()
        .map(|view| StatusEdit::new(view, ctx.settings()))
        .collect();
    Ok(reply::json(&entities))
}

pub async fn source(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    let (text, spoiler_text) = statuses::source(&ctx, id).await?;
    Ok(reply::json(&StatusSource {
        id: Shown(id),
        text: &text,
        spoiler_text: &spoiler_text,
    }))
}

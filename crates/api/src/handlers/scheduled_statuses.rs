//! Statuses that wait for their time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use petrel_model::id::Id;
use petrel_social::context::Ctx;
use petrel_social::scheduled;

use crate::entities::ScheduledStatus;
use crate::error::{ApiError, Result};
use crate::paging;
use crate::params::{Fields, Params};
use crate::path::PathId;
use crate::reply;

pub async fn list(ctx: Ctx, params: Params) -> Result {
    let page = paging::STATUSES.page(params.fields())?;
    let found = scheduled::list(&ctx, page).await?;
    let origin = &ctx.settings().url;
    Ok(reply::page(
        origin,
        params.uri(),
        &found,
        ScheduledStatus::new,
    ))
}

pub async fn show(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    let view = scheduled::get(&ctx, id).await?;
    Ok(reply::json(&ScheduledStatus::new(&view)))
}

pub async fn update(ctx: Ctx, PathId(id): PathId<Id>, params: Params) -> Result {
    let view = match at_ms(params.fields())? {
        Some(at_ms) => scheduled::reschedule(&ctx, id, at_ms).await?,
        None => scheduled::get(&ctx, id).await?,
    };
    Ok(reply::json(&ScheduledStatus::new(&view)))
}

pub async fn delete(ctx: Ctx, PathId(id): PathId<Id>) -> Result {
    scheduled::cancel(&ctx, id).await?;
    Ok(reply::empty())
}

/// The moment that `scheduled_at` names, in Unix milliseconds; without an offset it is UTC.
pub fn at_ms(fields: Fields<'_>) -> Result<Option<u64>, ApiError> {
    let Some(text) = fields.filled("scheduled_at")? else {
        return Ok(None);
    };
    let text = text.trim();
    let moment = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    // In Mastodon's words.
    let moment = moment.ok_or_else(|| ApiError::unprocessable("Record invalid"))?;
    // What was before 1970 has passed as well.
    Ok(Some(
        u64::try_from(moment.as_millisecond()).unwrap_or_default(),
    ))
}

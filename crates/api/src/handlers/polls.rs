//! Polls: shown, voted in, and as they come with a status.

use petrel_model::id::StatusId;
use petrel_social::context::Ctx;
use petrel_social::polls::{self, NewPoll};

use crate::entities::Poll;
use crate::error::{ApiError, Result};
use crate::params::{Fields, Params};
use crate::path::PathId;
use crate::reply;

/// Choices that are looked at: more than any poll has.
const CHOICES_MAX: usize = 32;

pub async fn show(ctx: Ctx, PathId(id): PathId<StatusId>) -> Result {
    let view = polls::get(&ctx, id).await?;
    Ok(reply::json(&Poll::new(&view)))
}

pub async fn vote(ctx: Ctx, PathId(id): PathId<StatusId>, params: Params) -> Result {
    let choices = params.fields().list("choices")?;
    let places = choices.iter().take(CHOICES_MAX).map(|choice| place(choice));
    let places: Vec<usize> = places.collect();
    let view = polls::vote(&ctx, id, &places).await?;
    Ok(reply::json(&Poll::new(&view)))
}

/// What is no number is no option's either.
fn place(choice: &str) -> usize {
    choice.trim().parse().unwrap_or(usize::MAX)
}

/// The poll that a request wants a status to have.
pub fn asked(fields: Fields<'_>) -> Result<Option<NewPoll>, ApiError> {
    if fields.is_blank("poll") {
        return Ok(None);
    }
    let Some(poll) = fields.map("poll")? else {
        return Ok(None);
    };
    let options = poll.list("options")?;
    if options.is_empty() {
        return Ok(None);
    }
    Ok(Some(NewPoll {
        options,
        expires_in_s: poll.number("expires_in")?,
        multiple: poll.is_set("multiple")?,
        hide_totals: poll.is_set("hide_totals")?,
    }))
}

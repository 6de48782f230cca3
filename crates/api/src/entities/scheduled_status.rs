//! Statuses that wait for their time, with what was asked for.

use petrel_model::id::Id;
use petrel_social::views::{ScheduledPoll, ScheduledStatus as Planned, ScheduledView};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Moment, Shown};
use super::{MediaAttachment, Status};

#[derive(JsonSchema, Serialize)]
pub struct ScheduledStatus<'a> {
    id: Shown<Id>,
    scheduled_at: Moment,
    params: Params<'a>,
    media_attachments: Vec<MediaAttachment<'a>>,
}

/// As Mastodon keeps them: ids as numbers.
#[derive(JsonSchema, Serialize)]
struct Params<'a> {
    text: &'a str,
    poll: Option<PlannedPoll<'a>>,
    media_ids: Option<Vec<String>>,
    sensitive: bool,
    spoiler_text: &'a str,
    visibility: &'static str,
    in_reply_to_id: Option<u64>,
    language: Option<&'a str>,
    application_id: u64,
    scheduled_at: Option<Moment>,
    idempotency: Option<&'a str>,
    with_rate_limit: bool,
}

#[derive(JsonSchema, Serialize)]
struct PlannedPoll<'a> {
    options: &'a [String],
    expires_in: u64,
    multiple: bool,
    hide_totals: bool,
}

/// What is answered to a request to post: now, or later.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Posted<'a> {
    Now(Box<Status<'a>>),
    Later(Box<ScheduledStatus<'a>>),
}

impl<'a> ScheduledStatus<'a> {
    pub fn new(view: &'a ScheduledView) -> ScheduledStatus<'a> {
        ScheduledStatus {
            id: Shown(view.id),
            scheduled_at: Moment(view.at_ms),
            params: Params::new(&view.status),
            media_attachments: MediaAttachment::all(&view.media),
        }
    }
}

impl<'a> Params<'a> {
    fn new(planned: &'a Planned) -> Params<'a> {
        Params {
            text: &planned.text,
            poll: planned.poll.as_ref().map(PlannedPoll::new),
            media_ids: (!planned.media.is_empty())
                .then(|| planned.media.iter().map(ToString::to_string).collect()),
            sensitive: planned.sensitive,
            spoiler_text: &planned.spoiler_text,
            visibility: planned.visibility.as_str(),
            in_reply_to_id: planned.in_reply_to.map(|id| id.0.0),
            language: planned.language.as_deref(),
            application_id: planned.app.unwrap_or_default().0.0,
            scheduled_at: None,
            idempotency: planned.idempotency_key.as_deref(),
            with_rate_limit: false,
        }
    }
}

impl<'a> PlannedPoll<'a> {
    fn new(poll: &'a ScheduledPoll) -> PlannedPoll<'a> {
        PlannedPoll {
            options: &poll.options,
            expires_in: poll.expires_in_s,
            multiple: poll.multiple,
            hide_totals: poll.hide_totals,
        }
    }
}

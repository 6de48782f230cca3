//! Files for statuses: taken in, looked at, described, taken back.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use petrel_media::limits::VIDEO_BYTES_MAX;
use petrel_media::{Depot, Incoming, Sniffed, sniff};
use petrel_model::id::MediaId;
use petrel_model::scope::Scope;
use petrel_social::context::Ctx;
use petrel_social::media::{self, MediaKind, MediaState, MediaUpdate, MediaView, Purpose, Upload};

use crate::entities::MediaAttachment;
use crate::error::{ApiError, Result};
use crate::params::{Fields, FocusParam, NOT_A_FOCUS, Sent, Taken, of_depot, too_large};
use crate::path::PathId;
use crate::reply;
use crate::state::ApiState;

/// A preview may come beside a file; we make our own of it.
const TAKEN: Taken = Taken {
    names: &["file", "thumbnail"],
    bytes_max: VIDEO_BYTES_MAX,
};
/// How long who asks by the old address is kept waiting for the file to be processed.
const WAIT_MAX: Duration = Duration::from_secs(20);
const UNKNOWN: &str = "File type of uploaded media could not be verified";

/// Since 3.1.3: answers at once, and clients ask again until the file is processed.
pub async fn create(State(api): State<ApiState>, ctx: Ctx, request: Request) -> Result {
    let view = take_in(&api, &ctx, request).await?;
    answer(&view, StatusCode::ACCEPTED)
}

/// As before: waits.
pub async fn create_and_wait(State(api): State<ApiState>, ctx: Ctx, request: Request) -> Result {
    let view = take_in(&api, &ctx, request).await?;
    media::await_state(&ctx, view.id, WAIT_MAX).await?;
    answer(&media::get(&ctx, view.id).await?, StatusCode::OK)
}

pub async fn show(ctx: Ctx, PathId(id): PathId<MediaId>) -> Result {
    let view = media::get(&ctx, id).await?;
    answer(&view, StatusCode::PARTIAL_CONTENT)
}

pub async fn update(
    State(api): State<ApiState>,
    ctx: Ctx,
    PathId(id): PathId<MediaId>,
    request: Request,
) -> Result {
    ctx.require_user(Scope::WriteMedia)?;
    let sent = Sent::read(&api, request, TAKEN).await?;
    let view = media::update(&ctx, id, said(sent.params.fields())?).await?;
    answer(&view, StatusCode::PARTIAL_CONTENT)
}

pub async fn delete(ctx: Ctx, PathId(id): PathId<MediaId>) -> Result {
    media::delete(&ctx, id).await?;
    Ok(reply::empty())
}

fn answer(view: &MediaView, processing: StatusCode) -> Result<Response> {
    let status = match &view.state {
        MediaState::Ready => StatusCode::OK,
        MediaState::Processing => processing,
        MediaState::Failed(why) => {
            return Err(ApiError::unprocessable(format!("Validation failed: {why}")));
        }
    };
    Ok(reply::json_with(status, &MediaAttachment::new(view)))
}

fn said(fields: Fields<'_>) -> Result<MediaUpdate> {
    let focus = fields.parsed::<FocusParam>("focus", NOT_A_FOCUS)?;
    // Only asked for so that it is known to be there.
    fields.has("thumbnail");
    Ok(MediaUpdate {
        description: fields.text("description")?,
        focus: focus.map(|FocusParam(focus)| focus),
    })
}

async fn take_in(api: &ApiState, ctx: &Ctx, request: Request) -> Result<MediaView> {
    ctx.require_user(Scope::WriteMedia)?;
    let mut sent = Sent::read(api, request, TAKEN).await?;
    let said = said(sent.params.fields())?;
    sent.params.fields().has("file");
    let file = sent.take("file");
    let mut file =
        file.ok_or_else(|| ApiError::unprocessable("Validation failed: File can't be blank"))?;
    let sniffed = sniffed(&file)?.ok_or_else(|| ApiError::unprocessable(UNKNOWN))?;
    let limit = file.limit(sniffed.bytes_max());
    limit.map_err(|_| too_large(sniffed.bytes_max()))?;
    let upload = keep(ctx, &api.depot, &file, sniffed, Purpose::Attachment).await?;
    let upload = Upload {
        description: said.description,
        focus: said.focus,
        ..upload
    };
    Ok(media::create(ctx, upload).await?)
}

pub fn sniffed(file: &Incoming) -> Result<Option<Sniffed>> {
    Ok(sniff(&file.first_bytes().map_err(of_depot)?))
}

/// Puts a file where whoever processes it finds it, on whatever node.
pub async fn keep(
    ctx: &Ctx,
    depot: &Depot,
    file: &Incoming,
    sniffed: Sniffed,
    purpose: Purpose,
) -> Result<Upload> {
    let id = MediaId(ctx.clock().next_id());
    let incoming = format!("incoming/{id}");
    depot.put(&incoming, file.path()).await.map_err(of_depot)?;
    Ok(Upload {
        id,
        purpose,
        incoming,
        size_bytes: file.size_bytes(),
        kind: match (sniffed.is_picture(), sniffed.is_sound()) {
            (true, _) => MediaKind::Image,
            (_, true) => MediaKind::Audio,
            _ => MediaKind::Video,
        },
        description: None,
        focus: None,
    })
}

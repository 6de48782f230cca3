//! Files for statuses: taken in, looked at, described, taken back.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use petrel_media::limits::{IMAGE_BYTES_MAX, VIDEO_BYTES_MAX};
use petrel_media::{Depot, Incoming, Sniffed, sniff};
use petrel_model::id::{AccountId, MediaId};
use petrel_model::scope::Scope;
use petrel_social::context::Ctx;
use petrel_social::error::Error;
use petrel_social::media::{self, MediaKind, MediaState, MediaUpdate, MediaView, Purpose, Upload};

use crate::entities::MediaAttachment;
use crate::error::{ApiError, Result};
use crate::middleware::{Limit, Who};
use crate::params::{Fields, FocusParam, NOT_A_FOCUS, Sent, Taken, of_depot, too_large};
use crate::path::PathId;
use crate::reply;
use crate::state::ApiState;

/// A preview may come beside a file.
const TAKEN: Taken = Taken(&[
    ("file", VIDEO_BYTES_MAX),
    ("thumbnail", THUMBNAIL_BYTES_MAX),
]);
/// What describes a file may bear no more than a preview of it.
const TAKEN_LATER: Taken = Taken(&[("thumbnail", THUMBNAIL_BYTES_MAX)]);
/// A picture that is given as a preview, in bytes; as Mastodon.
const THUMBNAIL_BYTES_MAX: u64 = IMAGE_BYTES_MAX;
/// How long who asks by the old address is kept waiting for the file to be processed.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// How long who asks by the new address waits for a picture: most are ready by then, and clients
/// that do not ask again have its address.
const PICTURE_WAIT_MAX: Duration = Duration::from_secs(4);
const NO_PICTURE: &str = "Validation failed: Thumbnail content type is invalid";
const UNKNOWN: &str = "File type of uploaded media could not be verified";

/// Since 3.1.3: of films and sounds it answers at once, and clients ask again until the file is
/// processed; pictures are waited for, as Mastodon processes them before it answers.
pub async fn create(State(api): State<ApiState>, ctx: Ctx, request: Request) -> Result {
    let view = take_in(&api, &ctx, request).await?;
    if view.kind != MediaKind::Image {
        return answer(&view, StatusCode::ACCEPTED);
    }
    // What comes late is told to who asks for it.
    media::await_state(&ctx, view.id, PICTURE_WAIT_MAX).await?;
    answer(&media::get(&ctx, view.id).await?, StatusCode::ACCEPTED)
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
    let caller = ctx.require_user(Scope::WriteMedia)?;
    let mut sent = Sent::read(&api, request, TAKEN_LATER).await?;
    let update = said(sent.params.fields())?;
    let Some(file) = sent.take("thumbnail") else {
        let view = media::update(&ctx, id, update).await?;
        return answer(&view, StatusCode::PARTIAL_CONTENT);
    };
    // Nothing is kept for what is not the caller's.
    media::get(&ctx, id).await?;
    count_upload(&api, caller)?;
    give_preview(&api, &ctx, id, update, picture(file)?).await?;
    await_preview(&ctx, id).await?;
    answer(&media::get(&ctx, id).await?, StatusCode::PARTIAL_CONTENT)
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
        preview: None,
    })
}

/// A preview that comes later is an upload as well.
fn count_upload(api: &ApiState, caller: AccountId) -> Result<()> {
    let now_ms = api.social.clock.now_ms();
    let counted = api.config.rate_limits.then(|| {
        api.rates
            .count(&Limit::UPLOAD, Who::Account(caller), now_ms)
    });
    match counted {
        Some(allowance) if allowance.exceeded => Err(Error::TooMany.into()),
        _ => Ok(()),
    }
}

/// A file that came as a preview, and which kind of picture it is.
fn picture(file: Incoming) -> Result<(Incoming, Sniffed)> {
    let kind = sniffed_picture(&file)?;
    let kind = kind.ok_or_else(|| ApiError::unprocessable(NO_PICTURE))?;
    Ok((file, kind))
}

/// Puts the picture that came as a preview where it is found when it is processed.
async fn give_preview(
    api: &ApiState,
    ctx: &Ctx,
    id: MediaId,
    mut update: MediaUpdate,
    (file, sniffed): (Incoming, Sniffed),
) -> Result<MediaView> {
    let upload = keep(ctx, &api.depot, &file, sniffed, Purpose::Thumbnail).await?;
    update.preview = Some((upload.id, upload.incoming.clone()));
    let done = media::update(ctx, id, update).await;
    needed(&api.depot, &upload.incoming, done).await
}

/// What is refused leaves no file behind. What is not known to be refused may need it.
async fn needed<T>(depot: &Depot, incoming: &str, done: Result<T, Error>) -> Result<T> {
    if matches!(done, Err(Error::Invalid(_) | Error::NotFound)) {
        // What stays in spite of that is swept.
        let _ = depot.delete(incoming).await;
    }
    Ok(done?)
}

/// Waits for a preview, and says what is wrong with it.
async fn await_preview(ctx: &Ctx, id: MediaId) -> Result<()> {
    match media::await_preview(ctx, id, PICTURE_WAIT_MAX).await? {
        MediaState::Failed(why) => Err(ApiError::unprocessable(format!(
            "Validation failed: Thumbnail: {why}"
        ))),
        MediaState::Processing | MediaState::Ready => Ok(()),
    }
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
    let preview = sent.take("thumbnail").map(picture).transpose()?;
    let upload = keep(ctx, &api.depot, &file, sniffed, Purpose::Attachment).await?;
    let incoming = upload.incoming.clone();
    let upload = Upload {
        description: said.description,
        focus: said.focus,
        ..upload
    };
    let done = media::create(ctx, upload).await;
    let view = needed(&api.depot, &incoming, done).await?;
    match preview {
        Some(preview) => give_preview(api, ctx, view.id, MediaUpdate::default(), preview).await,
        None => Ok(view),
    }
}

fn sniffed(file: &Incoming) -> Result<Option<Sniffed>> {
    Ok(sniff(&file.first_bytes().map_err(of_depot)?))
}

/// None if it is no picture.
pub fn sniffed_picture(file: &Incoming) -> Result<Option<Sniffed>> {
    Ok(sniffed(file)?.filter(|kind| kind.is_picture()))
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

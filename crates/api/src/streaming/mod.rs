//! Live streams over WebSocket and server-sent events. What is sent is judged for its viewer at
//! the moment of sending, by the subscription itself.

mod socket;
mod sse;
mod wire;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use petrel_social::context::Caller;
use petrel_social::error::Error;
use petrel_timeline::{Channel, Subscription};
use tokio::sync::watch;

use crate::caller::{bearer, by_token, context, from_query};
use crate::error::{ApiError, Result};
use crate::params::{Fields, Params};
use crate::state::ApiState;

/// One address for all streams: as WebSocket, or with `stream` as server-sent events.
pub async fn socket(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result {
    let params = Params::from_query(uri.clone())?.heard_by(&extensions);
    let token = token(&headers, &uri).or_else(|| protocol(&headers));
    let channel = asked(params.fields())?;
    let Ok(upgrade) = upgrade else {
        let missing = || ApiError::new(StatusCode::BAD_REQUEST, "Missing channel name parameter");
        let channel = channel.ok_or_else(missing)?;
        let subscription = subscribe(&api, token, &extensions, vec![channel]).await?;
        return Ok(sse::answer(&api, subscription));
    };
    let channels = channel.into_iter().collect();
    let subscription = subscribe(&api, token, &extensions, channels).await?;
    let shutdown = api.shutdown.clone();
    let social = api.social.clone();
    Ok(upgrade
        .max_message_size(socket::MESSAGE_BYTES_MAX)
        // A frame is received whole before its message is judged.
        .max_frame_size(socket::MESSAGE_BYTES_MAX)
        // A browser that brings its token as protocol wants to see it again.
        .protocols(protocol(&headers))
        .on_upgrade(move |socket| socket::run(socket, subscription, social, shutdown)))
}

pub async fn user(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
) -> Result {
    listen(&api, &headers, &extensions, &uri, Channel::User).await
}

pub async fn user_notification(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
) -> Result {
    listen(&api, &headers, &extensions, &uri, Channel::UserNotification).await
}

pub async fn public(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
) -> Result {
    listen(&api, &headers, &extensions, &uri, Channel::Public).await
}

pub async fn public_local(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
) -> Result {
    listen(&api, &headers, &extensions, &uri, Channel::PublicLocal).await
}

pub async fn public_remote(
    State(api): State<ApiState>,
    headers: HeaderMap,
    extensions: Extensions,
    uri: Uri,
) -> Result {
    listen(&api, &headers, &extensions, &uri, Channel::PublicRemote).await
}

async fn listen(
    api: &ApiState,
    headers: &HeaderMap,
    extensions: &Extensions,
    uri: &Uri,
    channel: Channel,
) -> Result<Response> {
    let params = Params::from_query(uri.clone())?.heard_by(extensions);
    let only_media = params.fields().is_set("only_media")?;
    let channel = match only_media && !channel.is_personal() {
        true => Channel::PublicMedia,
        false => channel,
    };
    let token = token(headers, uri);
    let subscription = subscribe(api, token, extensions, vec![channel]).await?;
    Ok(sse::answer(api, subscription))
}

/// The channel that the address names, if it names one.
fn asked(fields: Fields<'_>) -> Result<Option<Channel>> {
    let Some(stream) = fields.filled("stream")? else {
        return Ok(None);
    };
    let tag = fields.filled("tag")?;
    match Channel::parse(&stream, tag.as_deref()) {
        Some(channel) => Ok(Some(channel)),
        None => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "Unknown channel requested",
        )),
    }
}

/// Streams are for those who are known, the public ones too.
async fn subscribe(
    api: &ApiState,
    token: Option<String>,
    extensions: &Extensions,
    channels: Vec<Channel>,
) -> Result<Subscription> {
    let token = token.ok_or(Error::Unauthenticated)?;
    let identity = by_token(api, &token).await;
    let caller = identity.caller()?.clone();
    if !matches!(caller, Caller::User { .. }) {
        return Err(Error::UserRequired.into());
    }
    let ctx = context(api, caller, extensions);
    let subscription = api.streams.subscribe(ctx, channels).await?;
    // From here on the stream hears when the token ends; it may have ended just before.
    by_token(api, &token).await.caller()?;
    Ok(subscription)
}

/// Returns when the server stops.
async fn stops(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = shutdown.wait_for(|stops| *stops).await;
}

fn token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    bearer(headers).or_else(|| from_query(uri))
}

/// Browsers can set no other header on a WebSocket than the protocol.
fn protocol(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let first = value.split(',').next()?.trim();
    (!first.is_empty()).then(|| first.to_owned())
}

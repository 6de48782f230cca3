//! Live streams over WebSocket and server-sent events. What is sent is judged for its viewer at
//! the moment of sending, by the subscription itself.

mod socket;
mod sse;
mod wire;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
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

/// What is said to whoever asks for a list that is not theirs.
const NOT_ONES_LIST: &str = "Not authorized to stream this list";

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

pub async fn user(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "user").await
}

pub async fn user_notification(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "user:notification").await
}

pub async fn public(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "public").await
}

pub async fn public_local(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "public:local").await
}

pub async fn public_remote(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "public:remote").await
}

pub async fn hashtag(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "hashtag").await
}

pub async fn hashtag_local(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "hashtag:local").await
}

pub async fn list(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "list").await
}

pub async fn direct(State(api): State<ApiState>, asked: Asked) -> Result {
    listen(&api, asked, "direct").await
}

/// A request for one stream as server-sent events.
pub struct Asked {
    params: Params,
    token: Option<String>,
    extensions: Extensions,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked, ApiError> {
        Ok(Asked {
            params: Params::from_query(parts.uri.clone())?.heard_by(&parts.extensions),
            token: token(&parts.headers, &parts.uri),
            extensions: parts.extensions.clone(),
        })
    }
}

async fn listen(api: &ApiState, asked: Asked, stream: &str) -> Result<Response> {
    let fields = asked.params.fields();
    let only_media = stream.starts_with("public") && fields.is_set("only_media")?;
    let stream = match only_media {
        true => format!("{stream}:media"),
        false => stream.to_owned(),
    };
    let (tag, list) = match stream.split(':').next() {
        Some("hashtag") => (fields.filled("tag")?, None),
        Some("list") => (None, fields.filled("list")?),
        _ => (None, None),
    };
    let channel = channel(&stream, tag, list)?;
    let subscription = subscribe(api, asked.token, &asked.extensions, vec![channel]).await?;
    Ok(sse::answer(api, subscription))
}

/// The channel that the address names, if it names one.
fn asked(fields: Fields<'_>) -> Result<Option<Channel>> {
    let Some(stream) = fields.filled("stream")? else {
        return Ok(None);
    };
    channel(&stream, fields.filled("tag")?, fields.filled("list")?).map(Some)
}

fn channel(stream: &str, tag: Option<String>, list: Option<String>) -> Result<Channel> {
    let channel = Channel::parse(stream, tag.as_deref(), list.as_deref());
    channel.map_err(|why| ApiError::new(StatusCode::BAD_REQUEST, why.to_string()))
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
    let subscription = api.streams.subscribe(ctx, channels).await;
    let subscription = subscription.map_err(refused)?;
    // From here on the stream hears when the token ends; it may have ended just before.
    by_token(api, &token).await.caller()?;
    Ok(subscription)
}

/// As Mastodon's streaming server says it: a list that is not found is not the caller's.
fn refused(why: Error) -> ApiError {
    match why {
        Error::NotFound => ApiError::new(StatusCode::UNAUTHORIZED, NOT_ONES_LIST),
        why => why.into(),
    }
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

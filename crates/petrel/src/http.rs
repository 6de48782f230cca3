//! HTTP connections: how many at once, how long a client may take, and how they end.

mod stalled;
mod unread;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::ServiceExt;

use self::stalled::{STALL_MAX, Watched};

/// A client must send a request's line and headers within this time; an idle connection is
/// closed after it.
const HEADER_TIME_MAX: Duration = Duration::from_secs(60);
/// Most bytes of a request's line and headers.
const HEADER_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
/// After the system refused a connection, say for lack of file descriptors.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Listens on every address that the name stands for (`localhost` stands for two).
pub async fn bind(listen: &str) -> Result<Vec<TcpListener>> {
    let addresses = lookup_host(listen).await;
    let addresses = addresses.with_context(|| format!("listening on {listen}"))?;
    let (mut listeners, mut refused) = (Vec::new(), None);
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            // A machine without IPv6 still has a name for it.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => refused = Some(error),
            Err(error) => return Err(error).with_context(|| format!("listening on {address}")),
        }
    }
    match (listeners.is_empty(), refused) {
        (false, _) => Ok(listeners),
        (true, Some(error)) => Err(error).with_context(|| format!("listening on {listen}")),
        (true, None) => bail!("{listen} stands for no address"),
    }
}

/// Serves until `stop` becomes true; then takes no new connections, ends idle ones, and returns
/// when the rest have had their answers.
pub async fn serve(
    listeners: Vec<TcpListener>,
    app: Router,
    connections_max: u32,
    stop: watch::Receiver<bool>,
) {
    let turns = Arc::new(Semaphore::new(connections_max.max(1) as usize));
    let mut doors = JoinSet::new();
    for listener in listeners {
        doors.spawn(door(listener, app.clone(), turns.clone(), stop.clone()));
    }
    doors.join_all().await;
}

/// Until the signal is given, or can no longer be.
pub async fn told(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

async fn door(
    listener: TcpListener,
    app: Router,
    turns: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    let mut stopped = std::pin::pin!(told(stop.clone()));
    loop {
        tokio::select! {
            accepted = accept(&listener, &turns) => match accepted {
                Ok((stream, peer, turn)) => {
                    open.spawn(connection(stream, peer, app.clone(), turn, stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    sleep(REFUSED_PAUSE).await;
                }
            },
            Some(ended) = open.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection died");
                }
            }
            () = &mut stopped => break,
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// Waits for a turn first: who must wait, waits in the system's queue.
async fn accept(
    listener: &TcpListener,
    turns: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let turn = turns.clone().acquire_owned().await;
    let turn = turn.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, turn))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    turn: OwnedSemaphorePermit,
    stop: watch::Receiver<bool>,
) {
    // Answers are small; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (request, reading) = unread::watch(request);
        // A command goes on to its end although its client has gone: one that is dropped between
        // its write and its telling would leave views and those who wait behind.
        let answer = tokio::spawn(app.clone().oneshot(request));
        async move {
            let mut response: Response = match answer.await {
                Ok(answer) => answer.unwrap_or_else(|never| match never {}),
                Err(error) => {
                    tracing::error!(%error, "a request died");
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                }
            };
            reading.tell(&mut response);
            Ok::<_, Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let serving = http
        .serve_connection(TokioIo::new(Watched::new(stream, STALL_MAX)), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        () = told(stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended badly");
    }
    drop(turn);
}

//! The body of a request with parts, read no faster than its parts are taken out. The parser of
//! parts keeps whatever comes before the first of them, and a part's header, however long it is.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::{Stream, StreamExt};

/// What the parser may hold of which nothing was taken out yet, in bytes.
const HELD_BYTES_MAX: usize = 1024 * 1024;
/// After so many bytes it is made to look at what it has: it reads for as long as something comes.
const LOOK_BYTES: usize = 256 * 1024;

/// Knows how much was read since the last part or piece of one was taken out.
#[derive(Clone, Default)]
pub struct Held(Arc<AtomicUsize>);

impl Held {
    /// Something was taken out.
    pub fn taken(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

#[derive(Debug, thiserror::Error)]
#[error("more than {HELD_BYTES_MAX} bytes belong to no field")]
pub struct TooMuch;

/// The same body, which fails when more is held than may be.
pub fn measured(body: Body) -> (Body, Held) {
    let held = Held::default();
    let measured = Measured {
        pieces: body.into_data_stream(),
        held: held.clone(),
        since_look: 0,
    };
    (Body::from_stream(measured), held)
}

struct Measured {
    pieces: BodyDataStream,
    held: Held,
    since_look: usize,
}

impl Stream for Measured {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.since_look >= LOOK_BYTES {
            self.since_look = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = ready!(self.pieces.poll_next_unpin(context));
        let size = match &piece {
            Some(Ok(piece)) => piece.len(),
            _ => 0,
        };
        self.since_look += size;
        // One piece may be of any size: it is there already.
        let held = self.held.0.fetch_add(size, Ordering::Relaxed);
        Poll::Ready(match held > HELD_BYTES_MAX && size > 0 {
            true => Some(Err(axum::Error::new(TooMuch))),
            false => piece,
        })
    }
}

//! A request whose body was not read to its end leaves its connection unfit for another. hyper
//! closes such a connection; here the client is told so beforehand, in the answer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};

/// Knows whether a body was read to its end.
pub struct Reading {
    whole: Arc<AtomicBool>,
}

struct Watched {
    body: Incoming,
    whole: Arc<AtomicBool>,
}

/// The same request, with its body watched.
pub fn watch(request: hyper::Request<Incoming>) -> (Request, Reading) {
    let whole = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let reading = Reading {
        whole: whole.clone(),
    };
    (
        request.map(|body| Body::new(Watched { body, whole })),
        reading,
    )
}

impl Reading {
    /// Tells the client that the connection ends, if it must.
    pub fn tell(&self, response: &mut Response) {
        if !self.whole.load(Ordering::Relaxed) {
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.whole.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

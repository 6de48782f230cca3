//! A request's name, its line in the log, its deadline, and what is said when its handler panics.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::caller::RequestId;
use crate::error::ApiError;
use crate::state::ApiState;

/// What takes longer is given up; its command may still be carried out.
const DEADLINE: Duration = Duration::from_secs(30);
/// Larger bodies are left to whoever reads them.
const SMALL_BODY_BYTES: u64 = 64 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub async fn request(State(api): State<ApiState>, mut request: Request, next: Next) -> Response {
    let entropy = &api.social.entropy;
    let id = format!("{:016x}{:016x}", entropy.next_u64(), entropy.next_u64());
    let header = HeaderValue::from_str(&id);
    let id: Arc<str> = id.into();
    let span = tracing::debug_span!(
        "request",
        id = %id,
        method = %request.method(),
        path = request.uri().path()
    );
    request.extensions_mut().insert(RequestId(id));
    let answer = async {
        match with_small_body(request).await {
            Ok(request) => next.run(request).await,
            Err(error) => error.into_response(),
        }
    };
    let answer = tokio::time::timeout(DEADLINE, answer.instrument(span.clone()));
    let mut response = answer.await.unwrap_or_else(|_| {
        span.in_scope(|| tracing::warn!("a request was given up at its deadline"));
        ApiError::unavailable("This took too long; please try again").into_response()
    });
    if let Ok(header) = header {
        response.headers_mut().insert(REQUEST_ID, header);
    }
    response
}

/// The request with its body, if that is small, already received. A body that is answered unread
/// costs the client its connection, in the middle of its next request.
async fn with_small_body(request: Request) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let body = match body.size_hint().exact() {
        Some(1..=SMALL_BODY_BYTES) => match to_bytes(body, SMALL_BODY_BYTES as usize).await {
            Ok(bytes) => Body::from(bytes),
            Err(_) => {
                let why = "The body did not arrive as announced";
                return Err(ApiError::new(StatusCode::BAD_REQUEST, why));
            }
        },
        _ => body,
    };
    Ok(Request::from_parts(parts, body))
}

/// A handler that panics costs its own request only.
pub fn panicked(why: Box<dyn Any + Send>) -> Response {
    let text = why.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| why.downcast_ref::<&str>().copied());
    tracing::error!(why = text.unwrap_or("unknown"), "a handler panicked");
    ApiError::internal().into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn panics() -> Response {
        panic!("a bug");
    }

    #[tokio::test]
    async fn a_panic_costs_one_request() {
        let router = Router::new().route("/", get(panics));
        let router: Router = router.layer(CatchPanicLayer::custom(panicked));
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let kind = &response.headers()[axum::http::header::CONTENT_TYPE];
        assert!(kind.to_str().unwrap().starts_with("application/json"));
    }
}

//! What every request passes on its way to a handler and back: its name and line in the log, a
//! deadline, a net for panics, whether this node takes writes, who calls, and how often they did.
//! One layer, because each costs every request its allocations.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use petrel_social::context::Caller;
use tracing::Instrument;

use super::counts::RateLimits;
use super::rate::{Allowance, Limit, Who};
use crate::caller::{Identity, RequestId, address, identify};
use crate::entities::Moment;
use crate::error::ApiError;
use crate::pages;
use crate::state::ApiState;

/// What takes longer is given up; its command may still be carried out.
const DEADLINE: Duration = Duration::from_secs(30);
/// The same where a large file comes over a slow line.
const SLOW_DEADLINE: Duration = Duration::from_secs(15 * 60);
/// Larger bodies are left to whoever reads them.
const SMALL_BODY_BYTES: u64 = 64 * 1024;
const TOO_MANY: &str = "Too many requests";
const TOO_MANY_WORDS: &str =
    "This was tried too often in a short time. Please go back and try again in a few minutes.";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// What a token was needed for is kept by nobody on the way, were the token in the address.
const UNSTORED: HeaderValue = HeaderValue::from_static("private, no-store");

/// Before the handler of one route.
pub struct Door {
    pub api: ApiState,
    pub counts: Arc<RateLimits>,
    /// Beside [`Limit::GENERAL`].
    pub limit: Option<&'static Limit>,
    /// The body may take long to come.
    pub is_slow: bool,
    /// It is a browser that asks.
    pub is_page: bool,
}

pub async fn door(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let mut bytes = [0; 16];
    door.api.social.entropy.fill(&mut bytes);
    let id = format!("{:032x}", u128::from_le_bytes(bytes));
    let header = HeaderValue::from_str(&id);
    let id: Arc<str> = id.into();
    let span = tracing::debug_span!(
        "request",
        id = %id,
        method = %request.method(),
        path = request.uri().path()
    );
    request.extensions_mut().insert(RequestId(id));
    let is_slow = door.is_slow;
    let answer = caught(door.pass(request, next)).instrument(span.clone());
    let deadline = match is_slow {
        true => SLOW_DEADLINE,
        false => DEADLINE,
    };
    let answer = tokio::time::timeout(deadline, answer).await;
    let mut response = answer.unwrap_or_else(|_| {
        span.in_scope(|| tracing::warn!("a request was given up at its deadline"));
        ApiError::unavailable("This took too long; please try again").into_response()
    });
    if let Ok(header) = header {
        response.headers_mut().insert(REQUEST_ID, header);
    }
    response
}

/// A handler that panics costs its own request only.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    // Whatever a panic leaves behind belongs to this request, or guards itself.
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|why| {
        tracing::error!(why = text_of(&*why), "a handler panicked");
        ApiError::internal().into_response()
    })
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("unknown")
}

impl Door {
    async fn pass(&self, request: Request, next: Next) -> Response {
        let mut request = match with_small_body(request).await {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
        if !request.method().is_safe()
            && let Some(why) = self.api.social.store.unwritable()
        {
            return ApiError::unwritable(&why).into_response();
        }
        let identity = identify(&self.api, request.headers(), request.uri()).await;
        let allowance = self.allowance(&identity, &request);
        let is_for_everyone = matches!(identity, Identity::Known(Caller::Anonymous));
        request.extensions_mut().insert(identity);
        if self.limit.is_some() && self.api.config.rate_limits {
            // For a handler that counts by what the request says.
            request.extensions_mut().insert(self.counts.clone());
        }
        let mut response = match allowance {
            Some(allowance) if allowance.exceeded => self.too_many(),
            _ => next.run(request).await,
        };
        if let Some(allowance) = allowance {
            tell(response.headers_mut(), allowance);
        }
        if !is_for_everyone {
            let headers = response.headers_mut();
            headers.entry(header::CACHE_CONTROL).or_insert(UNSTORED);
        }
        response
    }

    /// In words for people where people ask.
    fn too_many(&self) -> Response {
        const STATUS: StatusCode = StatusCode::TOO_MANY_REQUESTS;
        match self.is_page {
            true => pages::message(STATUS, &self.api.config.title, TOO_MANY, TOO_MANY_WORDS),
            false => ApiError::new(STATUS, TOO_MANY).into_response(),
        }
    }

    /// The limit that this caller is closest to; none where limits are off.
    fn allowance(&self, identity: &Identity, request: &Request) -> Option<Allowance> {
        let config = &self.api.config;
        if !config.rate_limits {
            return None;
        }
        let proxies = config.trusted_proxies;
        let address = address(request.extensions(), request.headers(), proxies);
        let now_ms = self.api.social.clock.now_ms();
        let is_alone = self
            .limit
            .is_some_and(|limit| limit.name == Limit::FETCH.name);
        let caller = identity.caller().ok();
        let is_user = matches!(caller, Some(Caller::User { .. }));
        let general = (!is_alone).then_some(&Limit::GENERAL);
        let account = (!is_alone && is_user).then_some(&Limit::ACCOUNT);
        let limits = [general, account, self.limit].into_iter().flatten();
        let counted = limits.map(|limit| {
            let who = Who::of(caller, limit.per, address);
            self.counts.count(limit, who, now_ms)
        });
        counted.min_by_key(|allowance| (!allowance.exceeded, allowance.remaining))
    }
}

/// The request with its body, if that is small, already received. A body that is answered unread
/// costs the client its connection, in the middle of its next request.
async fn with_small_body(request: Request) -> Result<Request, ApiError> {
    if !matches!(
        request.body().size_hint().exact(),
        Some(1..=SMALL_BODY_BYTES)
    ) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL_BODY_BYTES as usize).await {
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Err(_) => {
            let why = "The body did not arrive as announced";
            Err(ApiError::new(StatusCode::BAD_REQUEST, why))
        }
    }
}

fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    let reset = Moment(allowance.reset_ms).to_string();
    if let Ok(reset) = HeaderValue::from_str(&reset) {
        headers.insert(RESET, reset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_request() {
        let response = caught(async { panic!("a bug") }).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let kind = &response.headers()[axum::http::header::CONTENT_TYPE];
        assert!(kind.to_str().unwrap().starts_with("application/json"));
        assert_eq!(text_of(&"a bug"), "a bug");
        assert_eq!(text_of(&String::from("a bug")), "a bug");
    }
}

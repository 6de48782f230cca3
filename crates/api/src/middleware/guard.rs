//! Before a handler: who calls, and whether they have called too often.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use petrel_social::context::Caller;

use super::rate::{Allowance, Limit, Per, RateLimits, Who};
use crate::caller::{Identity, address, identify};
use crate::entities::Moment;
use crate::error::ApiError;
use crate::state::ApiState;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What is checked before one route's handler.
#[derive(Clone)]
pub struct Guard {
    pub api: ApiState,
    pub counts: Arc<RateLimits>,
    /// Beside [`Limit::GENERAL`].
    pub limit: Option<&'static Limit>,
}

pub async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let identity = identify(&guard.api, request.headers(), request.uri()).await;
    let allowance = guard.allowance(&identity, &request);
    request.extensions_mut().insert(identity);
    let mut response = match allowance {
        Some(allowance) if allowance.exceeded => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests").into_response()
        }
        _ => next.run(request).await,
    };
    if let Some(allowance) = allowance {
        tell(response.headers_mut(), allowance);
    }
    response
}

impl Guard {
    /// The limit that this caller is closest to; none where limits are off.
    fn allowance(&self, identity: &Identity, request: &Request) -> Option<Allowance> {
        let config = &self.api.config;
        if !config.rate_limits {
            return None;
        }
        let address = address(
            request.extensions(),
            request.headers(),
            config.trusted_proxies,
        );
        let now_ms = self.api.social.clock.now_ms();
        let limits = [Some(&Limit::GENERAL), self.limit].into_iter().flatten();
        let counted = limits.map(|limit| {
            let who = match (identity, limit.per) {
                (Identity::Known(Caller::User { account, .. }), Per::Caller) => {
                    Who::Account(*account)
                }
                _ => Who::address(address),
            };
            self.counts.count(limit, who, now_ms)
        });
        counted.min_by_key(|allowance| (!allowance.exceeded, allowance.remaining))
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

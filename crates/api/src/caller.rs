//! Who calls: the bearer of a token, judged once for each request.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Uri, header};
use petrel_social::context::{Caller, Ctx};
use petrel_social::error::Error;
use petrel_social::oauth;
use url::form_urlencoded;

use crate::error::ApiError;
use crate::state::ApiState;

/// Bytes of an access token at most; what is longer is none of ours.
const TOKEN_BYTES_MAX: usize = 256;

/// The request's name in the log and in `X-Request-Id`.
#[derive(Clone)]
pub struct RequestId(pub Arc<str>);

/// What the token of a request turned out to be.
#[derive(Clone)]
pub enum Identity {
    Known(Caller),
    /// A token came that is unknown, expired or revoked.
    Invalid,
    /// The account may not do anything: it is not confirmed yet, or suspended.
    Refused(&'static str),
    /// The store could not say.
    Unknown,
}

/// Judges the token that came with the request; without one the caller is anonymous. From then on
/// this node knows what the caller did on any, or is at least not left behind by the others.
pub async fn identify(api: &ApiState, headers: &HeaderMap, uri: &Uri) -> Identity {
    if let Some(token) = bearer(headers).or_else(|| from_query(uri)) {
        return by_token(api, &token).await;
    }
    match api.social.store.attend(None).await {
        Ok(()) => Identity::Known(Caller::Anonymous),
        Err(why) => {
            tracing::warn!(%why, "this node cannot tell how old what it knows is");
            Identity::Unknown
        }
    }
}

pub async fn by_token(api: &ApiState, token: &str) -> Identity {
    if token.len() > TOKEN_BYTES_MAX {
        return Identity::Invalid;
    }
    match oauth::authenticate(&api.social, token).await {
        Ok(Some(caller)) => Identity::Known(caller),
        Ok(None) => Identity::Invalid,
        Err(Error::Forbidden(why)) => Identity::Refused(why),
        Err(why) => {
            tracing::warn!(%why, "a token could not be judged");
            Identity::Unknown
        }
    }
}

/// The token of the `Authorization` header.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// The token of `?access_token=`, as browsers send it where they cannot set a header.
pub fn from_query(uri: &Uri) -> Option<String> {
    let pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    let mut tokens = pairs.filter(|(name, _)| name == "access_token");
    let (_, token) = tokens.next()?;
    (!token.is_empty()).then(|| token.into_owned())
}

/// The address that a request came from. `X-Forwarded-For` counts only as far as proxies of ours
/// have written it, from the right.
pub fn address(extensions: &Extensions, headers: &HeaderMap, trusted_proxies: usize) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
    let Some(place) = trusted_proxies.checked_sub(1) else {
        return peer;
    };
    let forwarded = headers.get_all("x-forwarded-for").into_iter();
    let mut hops: Vec<&str> = forwarded
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    hops.reverse();
    let hop = hops.get(place).and_then(|hop| hop.trim().parse().ok());
    hop.unwrap_or(peer)
}

impl Identity {
    /// # Errors
    /// 401 for a token that is not valid, 403 for an account that may do nothing, 503 where it could not be judged.
    pub fn caller(&self) -> Result<&Caller, ApiError> {
        match self {
            Identity::Known(caller) => Ok(caller),
            Identity::Invalid => Err(Error::Unauthenticated.into()),
            Identity::Refused(why) => Err(Error::Forbidden(why).into()),
            Identity::Unknown => Err(ApiError::unavailable(
                "The service is not available for the moment; please try again",
            )),
        }
    }
}

pub fn context(api: &ApiState, caller: Caller, extensions: &Extensions) -> Ctx {
    let request_id = extensions.get::<RequestId>();
    Ctx {
        social: api.social.clone(),
        caller,
        request_id: request_id.map_or_else(|| "none".into(), |id| id.0.clone()),
    }
}

impl FromRequestParts<ApiState> for Ctx {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Ctx, ApiError> {
        let known = parts.extensions.get::<Identity>().cloned();
        let identity = match known {
            Some(identity) => identity,
            None => identify(api, &parts.headers, &parts.uri).await,
        };
        Ok(context(api, identity.caller()?.clone(), &parts.extensions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_the_header_or_the_query() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers), None);
        headers.insert(header::AUTHORIZATION, "bearer  abc".parse().unwrap());
        assert_eq!(bearer(&headers).as_deref(), Some("abc"));
        headers.insert(header::AUTHORIZATION, "Basic abc".parse().unwrap());
        assert_eq!(bearer(&headers), None);
        let uri: Uri = "/x?a=1&access_token=t%2Bk".parse().unwrap();
        assert_eq!(from_query(&uri).as_deref(), Some("t+k"));
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let mut extensions = Extensions::new();
        let peer: SocketAddr = "192.0.2.1:80".parse().unwrap();
        extensions.insert(ConnectInfo(peer));
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6, 7.7.7.7".parse().unwrap());
        headers.append("x-forwarded-for", "8.8.8.8".parse().unwrap());
        let seen = |proxies| address(&extensions, &headers, proxies).to_string();
        assert_eq!(seen(0), "192.0.2.1");
        assert_eq!(seen(1), "8.8.8.8");
        assert_eq!(seen(2), "7.7.7.7");
        assert_eq!(seen(9), "192.0.2.1");
    }
}

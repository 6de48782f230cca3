//! The two cookies of the pages: the session, and the secret that shows that a form is our own.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use petrel_social::settings::Settings;

use crate::state::ApiState;

/// How long a browser keeps a session, in seconds; the server may end it earlier.
const SESSION_AGE_S: u64 = 30 * 24 * 3_600;
/// How long a form may stay open, in seconds.
const FORM_AGE_S: u64 = 24 * 3_600;
const SECRET_BYTES: usize = 24;
/// Bytes of a cookie at most; what is longer is none of ours.
const VALUE_BYTES_MAX: usize = 256;

fn is_secure(settings: &Settings) -> bool {
    settings.url.starts_with("https:")
}

/// With https the browser itself keeps other hosts of the domain from setting these.
fn name(settings: &Settings, what: &str) -> String {
    let prefix = if is_secure(settings) { "__Host-" } else { "" };
    format!("{prefix}petrel_{what}")
}

fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    (!value.is_empty() && value.len() <= VALUE_BYTES_MAX).then_some(value)
}

fn set(settings: &Settings, what: &str, value: &str, age_s: u64) -> HeaderValue {
    let secure = if is_secure(settings) { "; Secure" } else { "" };
    let name = name(settings, what);
    let cookie = format!("{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    // Our own secrets are URL-safe text, so this always succeeds.
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

pub fn session<'a>(settings: &Settings, headers: &'a HeaderMap) -> Option<&'a str> {
    get(headers, &name(settings, "session"))
}

pub fn set_session(settings: &Settings, secret: &str) -> HeaderValue {
    set(settings, "session", secret, SESSION_AGE_S)
}

pub fn clear_session(settings: &Settings) -> HeaderValue {
    set(settings, "session", "", 0)
}

/// The secret that every form of this browser bears, and the cookie that keeps it if it is new.
pub fn form_secret(api: &ApiState, headers: &HeaderMap) -> (String, Option<HeaderValue>) {
    let settings = api.settings();
    if let Some(secret) = get(headers, &name(settings, "form")) {
        return (secret.to_owned(), None);
    }
    let mut bytes = [0; SECRET_BYTES];
    api.social.entropy.fill(&mut bytes);
    let secret = URL_SAFE_NO_PAD.encode(bytes);
    let cookie = set(settings, "form", &secret, FORM_AGE_S);
    (secret, Some(cookie))
}

/// Whether a form that came in is one that we gave to this very browser.
pub fn is_own_form(settings: &Settings, headers: &HeaderMap, sent: &str) -> bool {
    let kept = get(headers, &name(settings, "form"));
    comes_from_here(headers) && kept.is_some_and(|kept| is_equal(kept.as_bytes(), sent.as_bytes()))
}

/// Whether the page that sent the form was under the same host; old browsers do not say.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin == host)
}

/// Takes as long whatever differs.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; petrel_session=s3; b".parse().unwrap());
        assert_eq!(get(&headers, "petrel_session"), Some("s3"));
        assert_eq!(get(&headers, "session"), None);
        assert!(is_equal(b"abc", b"abc") && !is_equal(b"abc", b"abd") && !is_equal(b"", b"a"));
    }
}

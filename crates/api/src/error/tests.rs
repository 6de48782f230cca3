use axum::body::to_bytes;
use axum::http::HeaderMap;
use petrel_social::error::{Error, FieldError, OAuthError};
use petrel_store::StoreError;

use super::*;

async fn read(response: Response) -> (u16, HeaderMap, Value) {
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, 10_000).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap();
    (head.status.as_u16(), head.headers, body)
}

async fn told(why: Error) -> (u16, HeaderMap, Value) {
    read(ApiError::from(why).into_response()).await
}

#[tokio::test]
async fn what_the_domain_says_has_mastodon_s_status_and_words() {
    for (why, status, text) in [
        (Error::NotFound, 404, "Record not found"),
        (Error::Unauthenticated, 401, "The access token is invalid"),
        (
            Error::UserRequired,
            422,
            "This method requires an authenticated user",
        ),
        (
            Error::Scope,
            403,
            "This action is outside the authorized scopes",
        ),
        (Error::Forbidden("No"), 403, "No"),
        (Error::invalid("No"), 422, "Validation failed: No"),
        (Error::Conflict("No".to_owned()), 422, "No"),
        (Error::TooMany, 429, "Too many requests"),
        (OAuthError::InvalidGrant.into(), 400, "invalid_grant"),
    ] {
        let (got, _, body) = told(why).await;
        assert_eq!((got, body["error"].as_str()), (status, Some(text)));
    }
}

#[tokio::test]
async fn a_full_or_silent_store_is_503_with_a_time_to_come_back() {
    for why in [
        StoreError::Full("disk".to_owned()),
        StoreError::Unavailable("away".to_owned()),
        StoreError::Timeout {
            outcome_unknown: true,
        },
    ] {
        let (status, headers, body) = told(why.into()).await;
        assert_eq!(status, 503);
        assert_eq!(headers[header::RETRY_AFTER], "5");
        let text = body["error"].as_str().unwrap();
        assert!(
            text.contains("try again") && !text.contains("disk"),
            "{text}"
        );
    }
    let clock = StoreError::Unwritable("its clock is off".to_owned());
    let (status, headers, body) = told(clock.into()).await;
    assert_eq!(
        (status, &headers[header::RETRY_AFTER]),
        (503, &HeaderValue::from(5))
    );
    assert!(body["error"].as_str().unwrap().contains("its clock is off"));
    let corrupt = StoreError::Corrupt {
        table: "secrets",
        why: "a secret".to_owned(),
    };
    let (status, _, body) = told(corrupt.into()).await;
    assert_eq!(status, 500);
    assert!(!body.to_string().contains("secret"), "{body}");
}

#[tokio::test]
async fn fields_that_are_wrong_are_told_one_by_one() {
    let wrong = |code, description: &str| FieldError {
        field: "username",
        code,
        description: description.to_owned(),
    };
    let fields = vec![
        wrong("ERR_BLANK", "can't be blank"),
        wrong("ERR_TAKEN", "is taken"),
    ];
    let (status, _, body) = told(Error::InvalidFields(fields)).await;
    assert_eq!(status, 422);
    let details = body["details"]["username"].as_array().unwrap();
    assert_eq!(details[1]["error"], "ERR_TAKEN");
    assert_eq!(details[1]["description"], "is taken");
    assert!(
        body["error"]
            .as_str()
            .unwrap()
            .starts_with("Validation failed: Username")
    );
}

#[tokio::test]
async fn a_client_that_is_not_known_is_told_how_to_prove_itself() {
    let response = OauthError::from(OAuthError::InvalidClient).into_response();
    let (status, headers, body) = read(response).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (401, Some("invalid_client"))
    );
    assert!(headers.contains_key(header::WWW_AUTHENTICATE));
    let unavailable = OauthError::from(Error::Store(StoreError::Full(String::new())));
    assert_eq!(unavailable.code(), "temporarily_unavailable");
    assert_eq!(unavailable.into_response().status(), 503);
}

//! OAuth's back channel and sign-up.

use serde_json::json;

use crate::house::{House, OUT_OF_BAND, PASSWORD, settings};

#[tokio::test]
async fn an_app_registers_and_acts_for_itself() {
    let house = House::new();
    let app = house.app("read write:statuses").await;
    assert_eq!(app["scopes"], json!(["read", "write:statuses"]));
    assert_eq!(app["redirect_uris"], json!([OUT_OF_BAND]));
    let token = house.app_token(&app, "read").await;
    let shown = house
        .get("/api/v1/apps/verify_credentials", &token)
        .await
        .ok();
    assert_eq!(shown["name"], "An app");
    assert!(shown.get("client_secret").is_none());
    for (body, status) in [
        (json!({ "client_name": "x" }), 422),
        (
            json!({ "client_name": " ", "redirect_uris": OUT_OF_BAND }),
            422,
        ),
        (
            json!({ "client_name": "x", "redirect_uris": "javascript:alert(1)" }),
            422,
        ),
        (
            json!({ "client_name": "x", "redirect_uris": OUT_OF_BAND, "scopes": "read:nonsense" }),
            422,
        ),
    ] {
        house.post("/api/v1/apps", "", body).await.refused(status);
    }
}

#[tokio::test]
async fn grants_are_refused_in_the_shape_of_the_rfc() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = house.app("read").await;
    let (id, secret) = (&app["client_id"], &app["client_secret"]);
    let name = json!("ann");
    for (body, status, error) in [
        (json!({}), 400, "invalid_request"),
        (
            json!({ "grant_type": "implicit", "client_id": id, "client_secret": secret }),
            400,
            "unsupported_grant_type",
        ),
        (
            json!({ "grant_type": "client_credentials" }),
            401,
            "invalid_client",
        ),
        (
            json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": "x" }),
            401,
            "invalid_client",
        ),
        (
            json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": "write" }),
            400,
            "invalid_scope",
        ),
        (
            json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": "nonsense" }),
            400,
            "invalid_scope",
        ),
        (
            json!({ "grant_type": "authorization_code", "client_id": id, "client_secret": secret, "code": "x", "redirect_uri": OUT_OF_BAND }),
            400,
            "invalid_grant",
        ),
        (
            json!({ "grant_type": "password", "client_id": id, "client_secret": secret, "username": name, "password": "wrong" }),
            400,
            "invalid_grant",
        ),
    ] {
        let answer = house.post("/oauth/token", "", body.clone()).await;
        assert_eq!(answer.refused(status), error, "{body}");
        assert!(answer.json()["error_description"].is_string());
    }
}

#[tokio::test]
async fn a_token_by_password_or_basic_ends_when_it_is_revoked() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = house.app("read write").await;
    let body = json!({
        "grant_type": "password", "client_id": app["client_id"], "client_secret": app["client_secret"],
        "username": "ann@example.org", "password": PASSWORD, "scope": "read",
    });
    let answer = house.post("/oauth/token", "", body).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let token = answer.ok();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["scope"], "read");
    let token = token["access_token"].as_str().unwrap();
    house.get("/api/v1/timelines/home", token).await.ok();
    let wrong = json!({ "client_id": app["client_id"], "client_secret": "x", "token": token });
    house.post("/oauth/revoke", "", wrong).await.refused(403);
    let right = json!({
        "client_id": app["client_id"], "client_secret": app["client_secret"], "token": token,
    });
    assert_eq!(house.post("/oauth/revoke", "", right).await.ok(), json!({}));
    house
        .get("/api/v1/timelines/home", token)
        .await
        .refused(401);
}

#[tokio::test]
async fn a_sign_up_says_field_by_field_what_is_wrong() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = house.app("read write").await;
    let token = house.app_token(&app, "read write").await;
    let body = json!({
        "username": "ann", "email": "not an address", "password": "x", "agreement": false, "locale": "en",
    });
    let answer = house.post("/api/v1/accounts", &token, body.clone()).await;
    assert!(answer.refused(422).starts_with("Validation failed: "));
    let details = answer.json()["details"].clone();
    for field in ["email", "password", "agreement"] {
        assert!(
            details[field][0]["error"]
                .as_str()
                .unwrap()
                .starts_with("ERR_"),
            "{details}"
        );
        assert!(details[field][0]["description"].is_string());
    }
    house
        .post("/api/v1/accounts", "", body.clone())
        .await
        .refused(401);
    let reader = house.app("read").await;
    let token = house.app_token(&reader, "read").await;
    house
        .post("/api/v1/accounts", &token, body)
        .await
        .refused(403);
}

#[tokio::test]
async fn an_unconfirmed_account_is_told_so() {
    let mut settings = settings();
    settings.confirm_at_once = false;
    let house = House::with(settings, crate::house::config());
    let token = house.sign_up("ann").await;
    let refused = house
        .get("/api/v1/timelines/home", &token)
        .await
        .refused(403);
    assert!(refused.contains("confirmed"), "{refused}");
}

#[tokio::test]
async fn what_a_token_opens_is_kept_by_nobody_on_the_way() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let kept = |answer: &crate::house::Answer| answer.header("cache-control").map(str::to_owned);
    let home = house.get("/api/v1/timelines/home", &ann).await;
    assert_eq!(kept(&home).as_deref(), Some("private, no-store"));
    let by_address = format!("/api/v1/timelines/home?access_token={ann}");
    let home = house.get(&by_address, "").await;
    assert_eq!(kept(&home).as_deref(), Some("private, no-store"));
    let public = house.get("/api/v1/timelines/public", "").await;
    assert_eq!(kept(&public), None);
}

//! What clients get wrong, and what they get away with.

use axum::body::Body;
use axum::http::{Request, header};
use petrel_api::{BODY_BYTES_MAX, Surface, route_table};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn unknown_paths_and_methods_are_404_in_the_api_s_shape() {
    let house = House::new();
    for (method, path) in [
        ("GET", "/api/v1/nothing"),
        ("GET", "/api"),
        ("GET", "/api/"),
        ("GET", "/api/v1/annual_reports"),
        ("POST", "/api/v3/media"),
        ("GET", "/oauth/nothing"),
        ("BREW", "/api/v1/statuses"),
        ("PATCH", "/api/v1/instance"),
        ("GET", "/api/v1/accounts/1/follow"),
    ] {
        house.call(method, path, "", "", "").await.refused(404);
    }
}

#[tokio::test]
async fn a_slash_at_the_end_and_head_work_on_every_route() {
    let house = House::new();
    for route in route_table() {
        let path = route.path.replace("{id}", "1").replace("{name}", "x");
        if route.path.contains("streaming") {
            continue;
        }
        let plain = house.call(route.method.as_str(), &path, "", "", "").await;
        let slash = house
            .call(route.method.as_str(), &format!("{path}/"), "", "", "")
            .await;
        assert_eq!(plain.status, slash.status, "{path}");
        assert_ne!(plain.status.as_u16(), 405, "{path}");
        assert!(plain.status.as_u16() < 500, "{path}: {}", plain.text);
        if route.method == "GET" {
            let head = house.call("HEAD", &path, "", "", "").await;
            assert_eq!(head.status, plain.status, "{path}");
            assert!(head.text.is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn bad_bodies_are_refused_and_nothing_is_written() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let id = house.id_of(&ann).await;
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (kind, body, status) in [
        (json, "{broken", 400),
        (json, "[]", 400),
        (form, "status=%ff", 400),
        (json, r#"{"status":""}"#, 422),
        (json, r#"{"status":{"a":1}}"#, 422),
        (json, r#"{"status":"x","visibility":"secret"}"#, 422),
        (json, r#"{"status":"x","sensitive":"perhaps"}"#, 422),
        (json, r#"{"status":"x","in_reply_to_id":"1"}"#, 404),
        (json, r#"{"status":"x","in_reply_to_id":"one"}"#, 422),
        (json, r#"{"status":"x","poll":{"options":["a","b"]}}"#, 422),
        (json, r#"{"status":"x","media_ids":["1"]}"#, 422),
        (
            json,
            r#"{"status":"","scheduled_at":"2050-01-01T00:00:00Z"}"#,
            422,
        ),
        (json, r#"{"status":"x","scheduled_at":"banana"}"#, 422),
        ("text/plain", "status=x", 422),
    ] {
        house
            .call("POST", "/api/v1/statuses", &ann, kind, body)
            .await
            .refused(status);
    }
    let long = json!({ "status": "x".repeat(501) });
    house
        .post("/api/v1/statuses", &ann, long)
        .await
        .refused(422);
    for kind in ["", json, form] {
        let body = "x".repeat(BODY_BYTES_MAX + 1);
        house
            .call("POST", "/api/v1/statuses", &ann, kind, &body)
            .await
            .refused(413);
    }
    let query = format!("/api/v1/accounts/{id}/statuses?a={}", "x".repeat(20_000));
    house.get(&query, &ann).await.refused(414);
    let own = house
        .get(&format!("/api/v1/accounts/{id}/statuses"), &ann)
        .await
        .ok();
    assert_eq!(own, json!([]));
}

#[tokio::test]
async fn ids_out_of_range_and_wrong_numbers_are_refused() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    for id in [
        "0",
        "99999999999999999999999",
        "-1",
        "abc",
        "%00",
        "%ff%fe",
        "1.0",
        "１２",
    ] {
        house
            .get(&format!("/api/v1/statuses/{id}"), &ann)
            .await
            .refused(404);
        house
            .get(&format!("/api/v1/accounts/{id}"), &ann)
            .await
            .refused(404);
    }
    for query in [
        "limit=-1",
        "limit=many",
        "max_id=-5",
        "min_id=x",
        "local=perhaps",
    ] {
        house
            .get(&format!("/api/v1/timelines/public?{query}"), "")
            .await
            .refused(422);
    }
    let far = house
        .get(
            "/api/v1/timelines/public?min_id=99999999999999999999999",
            "",
        )
        .await;
    assert_eq!(far.ok(), json!([]));
}

#[tokio::test]
async fn tokens_are_judged_as_mastodon_does() {
    let house = House::new();
    let home = "/api/v1/timelines/home";
    assert_eq!(
        house.get(home, "").await.refused(401),
        "The access token is invalid"
    );
    assert_eq!(
        house.get(home, "wrong").await.refused(401),
        "The access token is invalid"
    );
    let app = house.app("read").await;
    let app_token = house.app_token(&app, "read").await;
    house.get(home, &app_token).await.refused(422);
    house
        .get("/api/v1/timelines/public", "wrong")
        .await
        .refused(401);
    let ann = house.sign_up("ann").await;
    let by_query = format!("{home}?access_token={ann}");
    assert_eq!(house.get(&by_query, "").await.ok(), json!([]));
    let reader = house.app("read").await;
    let body = json!({
        "grant_type": "password", "client_id": reader["client_id"], "scope": "read",
        "client_secret": reader["client_secret"], "username": "ann", "password": crate::house::PASSWORD,
    });
    let token = house.post("/oauth/token", "", body).await.ok();
    let token = token["access_token"].as_str().unwrap();
    let refused = house
        .post("/api/v1/statuses", token, json!({ "status": "x" }))
        .await;
    assert!(refused.refused(403).contains("scope"));
}

#[tokio::test]
async fn browsers_elsewhere_may_call_the_api_and_read_its_headers() {
    let house = House::new();
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/api/v1/statuses")
        .header(header::ORIGIN, "https://elk.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization,idempotency-key",
        )
        .body(Body::empty())
        .unwrap();
    let answer = house.send(preflight).await;
    assert!(answer.status.is_success());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    let allowed = answer.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("idempotency-key"), "{allowed}");
    for (path, token) in [
        ("/api/v1/instance", ""),
        ("/api/v1/timelines/home", "wrong"),
    ] {
        let request = Request::builder()
            .uri(path)
            .header(header::ORIGIN, "https://elk.example")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let answer = house.send(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for name in ["link", "x-ratelimit-reset", "x-request-id"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(answer.header("x-request-id").is_some());
    }
}

#[tokio::test]
async fn pages_are_not_for_other_origins() {
    let house = House::new();
    for route in route_table()
        .iter()
        .filter(|route| route.surface == Surface::Page)
    {
        let request = Request::builder()
            .method(route.method.clone())
            .uri(route.path)
            .header(header::ORIGIN, "https://elk.example")
            .body(Body::empty())
            .unwrap();
        let answer = house.send(request).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{}",
            route.path
        );
    }
}

/// Nothing that a client sends makes the server fail.
#[tokio::test]
async fn odd_requests_to_every_route_are_answered_without_a_failure() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let status = house.say(&ann, "hello @bob #tag").await;
    let status = status["id"].as_str().unwrap();
    let account = house.id_of(&bob).await;
    let notification = house.get("/api/v1/notifications", &bob).await.ok();
    let notification = notification[0]["id"].as_str().unwrap();
    let queries = [
        "limit=0",
        "limit=1",
        "limit=99999999",
        "max_id=0",
        "min_id=0",
        "since_id=18446744073709551615",
        "max_id=18446744073709551615&limit=3",
        "min_id=18446744073709551615",
        "min_id=18446744073709551614&max_id=18446744073709551615",
        "max_id=1&min_id=2&since_id=3",
        "id[]=1&id[]=0",
        "id=x",
        "q=%23",
        "q=@",
        "q=%00",
        "q=https://",
        "types[]=mention&exclude_types[]=mention",
        "acct=@@@",
        "resource=acct:@p.example",
        "offset=999999999999",
        "exclude_replies=1&exclude_reblogs=1&pinned=1&tagged=tag&only_media=1",
        "any[]=&all[]=%00&none[]=x",
    ];
    let bodies = [
        json!({ "status": "\u{0}", "username": "\u{0}", "comment": "\u{0}", "note": "\u{0}" }),
        json!({ "status": "x", "in_reply_to_id": status, "language": "xx-nonsense", "visibility": "direct" }),
        json!({ "display_name": "\u{202e}", "fields_attributes": [{}, {}, {}, {}, {}, {}], "source": { "language": "" } }),
        json!({ "languages": ["en", ""], "duration": u64::MAX, "reblogs": "off", "ids": [status] }),
        json!({ "client_name": "x", "redirect_uris": ["x://y", " "], "website": "nonsense", "scopes": "" }),
        json!({ "grant_type": ["x"], "token": 5, "password": "p".repeat(5_000), "username": "ann" }),
    ];
    for route in route_table()
        .iter()
        .filter(|route| !route.path.contains("streaming"))
    {
        let id = match route.path {
            path if path.contains("notifications") => notification,
            path if path.contains("statuses/{id}") => status,
            _ => &account,
        };
        let path = route.path.replace("{id}", id).replace("{name}", "tag");
        let method = route.method.as_str();
        for token in ["", &ann, &bob] {
            for query in queries.iter().filter(|_| method == "GET") {
                let answer = house.get(&format!("{path}?{query}"), token).await;
                assert!(
                    answer.status.as_u16() < 500,
                    "{path}?{query}: {}",
                    answer.text
                );
            }
            for body in bodies.iter().filter(|_| method != "GET") {
                let body = body.to_string();
                let answer = house
                    .call(method, &path, token, "application/json", &body)
                    .await;
                assert!(
                    answer.status.as_u16() < 500,
                    "{method} {path} {body}: {}",
                    answer.text
                );
            }
        }
    }
}

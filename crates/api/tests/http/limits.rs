//! Rate limits and their headers.

use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::get;
use petrel_api::{ApiConfig, Limit, behind_the_door};
use serde_json::json;
use tower::ServiceExt;

use crate::house::{House, config, settings};

fn strict(proxies: usize) -> House {
    let config = ApiConfig {
        rate_limits: true,
        trusted_proxies: proxies,
        ..config()
    };
    House::with(settings(), config)
}

#[tokio::test]
async fn the_301st_request_of_five_minutes_is_one_too_many() {
    let house = strict(0);
    for number in 0..300 {
        let answer = house.get("/api/v1/timelines/public", "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("300"));
        let remaining = (299 - number).to_string();
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(&*remaining));
    }
    let answer = house.get("/api/v1/timelines/public", "").await;
    assert_eq!(answer.refused(429), "Too many requests");
    let reset = answer.header("x-ratelimit-reset").unwrap();
    assert_eq!(reset, "2026-01-01T00:05:00.000Z");
    house.wall.advance_ms(5 * 60 * 1_000);
    assert_eq!(house.get("/api/v1/timelines/public", "").await.status, 200);
}

/// Pages of others stand behind the same door.
#[tokio::test]
async fn routes_of_others_are_counted_with_those_of_the_api() {
    let house = strict(0);
    let page = || axum::Router::new().route("/about", get(async || "a page"));
    let panics = axum::Router::new().route("/bad", get(async || -> &str { panic!("a bug") }));
    let state = house.state.clone();
    let pages = behind_the_door(page().merge(panics), &state, None);
    let files = behind_the_door(page(), &state, Some(&Limit::FETCH));
    let ask = async |router: &axum::Router, path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!(ask(&pages, "/bad").await, 500);
    for _ in 1..299 {
        assert_eq!(ask(&pages, "/about").await, 200);
    }
    assert_eq!(house.get("/api/v1/timelines/public", "").await.status, 200);
    assert_eq!(ask(&pages, "/about").await, 429);
    assert_eq!(ask(&files, "/about").await, 200);
}

#[tokio::test]
async fn five_sign_ups_from_one_address_are_enough() {
    let house = strict(0);
    let app = house.app("read write").await;
    let token = house.app_token(&app, "read write").await;
    for number in 0..6 {
        let name = format!("user{number}");
        let body = json!({
            "username": name, "email": format!("{name}@example.org"),
            "password": "correct horse battery", "agreement": true, "locale": "en",
        });
        let answer = house.post("/api/v1/accounts", &token, body).await;
        match number {
            5 => assert_eq!(answer.status, 429),
            _ => assert_eq!(
                answer.header("x-ratelimit-limit"),
                Some("5"),
                "{}",
                answer.text
            ),
        }
    }
}

#[tokio::test]
async fn each_client_of_a_person_is_counted_alone_and_all_together() {
    let house = strict(0);
    let app = house.app("read write").await;
    let ann = house.sign_up("ann").await;
    let mut answered = 0;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(house.log_in("ann", &app).await);
    }
    for token in [&ann].into_iter().chain(&others) {
        for _ in 0..300 {
            let answer = house.get("/api/v1/markers", token).await;
            answered += u32::from(answer.status == 200);
        }
        assert_eq!(house.get("/api/v1/markers", token).await.status, 429);
    }
    // What is refused counts as well: once for each of the four that came to their own limit.
    assert_eq!(answered, 1_500 - 4);
}

#[tokio::test]
async fn a_form_that_was_sent_too_often_says_so_in_a_page() {
    let house = strict(0);
    for number in 0..26 {
        let form = "application/x-www-form-urlencoded";
        let answer = house
            .call("POST", "/auth/sign_up", "", form, "username=a")
            .await;
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("text/html"), "{kind}");
        assert_eq!(answer.status == 429, number == 25, "{number}");
    }
}

#[tokio::test]
async fn in_development_nothing_is_limited() {
    let house = House::new();
    let answer = house.get("/api/v1/timelines/public", "").await;
    assert_eq!(answer.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn a_password_is_not_guessed_from_many_addresses() {
    let house = strict(1);
    let page = house.get("/auth/sign_in", "").await;
    let secret = page.hidden("form_secret");
    let cookie = page
        .header("set-cookie")
        .unwrap()
        .split_once(';')
        .unwrap()
        .0
        .to_owned();
    for number in 0..26 {
        let request = Request::builder()
            .method("POST")
            .uri("/auth/sign_in")
            .header(header::COOKIE, &cookie)
            .header("x-forwarded-for", format!("10.0.0.{number}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!(
                "form_secret={secret}&username=Ann&password=guess{number}"
            )))
            .unwrap();
        let expected = if number < 25 { 422 } else { 429 };
        assert_eq!(
            house.send(request).await.status.as_u16(),
            expected,
            "{number}"
        );
    }
}

#[tokio::test]
async fn a_request_is_for_a_hundred_things_at_most() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let account = house.id_of(&ann).await;
    let asked = |times: usize| vec![format!("id[]={account}"); times].join("&");
    for path in [
        "/api/v1/accounts",
        "/api/v1/statuses",
        "/api/v1/accounts/relationships",
    ] {
        let answer = house.get(&format!("{path}?{}", asked(100)), &ann).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = house.get(&format!("{path}?{}", asked(101)), &ann).await;
        answer.refused(422);
    }
}

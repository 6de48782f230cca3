//! Rate limits and their headers.

use petrel_api::ApiConfig;
use serde_json::json;

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
async fn in_development_nothing_is_limited() {
    let house = House::new();
    let answer = house.get("/api/v1/timelines/public", "").await;
    assert_eq!(answer.header("x-ratelimit-limit"), None);
}

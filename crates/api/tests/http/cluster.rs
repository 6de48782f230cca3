//! A node of several: what it answers when it takes no writes, when it cannot tell what the others
//! did, and what it knows of them.

use std::sync::Arc;

use petrel_model::clock::ManualClock;
use petrel_store::sim::{BEGIN_MS, Hostility, SimEngine};
use serde_json::json;

use crate::house::{Answer, House, OUT_OF_BAND};

struct Two {
    engine: Arc<SimEngine>,
    one: House,
    other: House,
}

impl Two {
    async fn new() -> Two {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::calm(wall, 1);
        let (one, other) = (
            House::member(&engine, 1).await,
            House::member(&engine, 2).await,
        );
        let two = Two { engine, one, other };
        for _ in 0..4 {
            two.one.pass_ms(1_000).await;
            two.other.pass_ms(1_000).await;
        }
        two
    }
}

pub async fn two_nodes() -> (House, House) {
    let two = Two::new().await;
    (two.one, two.other)
}

#[track_caller]
fn is_later(answer: &Answer) -> String {
    assert_eq!(answer.header("retry-after"), Some("5"));
    answer.refused(503)
}

#[tokio::test]
async fn a_node_that_takes_no_writes_says_why_and_reads_on() {
    let two = Two::new().await;
    let ann = two.one.sign_up("ann").await;
    two.one.say(&ann, "hello").await;
    let standing = two.one.peers().standing();
    standing.refuse("its clock is two seconds off");
    let body = json!({ "status": "hello again" });
    let why = is_later(&two.one.post("/api/v1/statuses", &ann, body.clone()).await);
    assert!(why.contains("its clock is two seconds off"), "{why}");
    let read = two
        .one
        .get("/api/v1/accounts/verify_credentials", &ann)
        .await;
    assert_eq!(read.ok()["statuses_count"], 1);
    // Another takes it.
    two.other
        .post("/api/v1/statuses", &ann, body.clone())
        .await
        .ok();
    let read = two
        .one
        .get("/api/v1/accounts/verify_credentials", &ann)
        .await;
    assert_eq!(read.ok()["statuses_count"], 2);
    two.one.peers().standing().allow();
    two.one.post("/api/v1/statuses", &ann, body).await.ok();
}

#[tokio::test]
async fn a_token_that_ended_on_another_node_opens_nothing() {
    let two = Two::new().await;
    let app = two.one.app("read").await;
    two.one.sign_up("ann").await;
    let body = json!({
        "grant_type": "password", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "redirect_uri": OUT_OF_BAND,
        "username": "ann", "password": crate::house::PASSWORD, "scope": "read",
    });
    let token = two.one.post("/oauth/token", "", body).await.ok();
    let token = token["access_token"].as_str().unwrap();
    let path = "/api/v1/accounts/verify_credentials";
    for house in [&two.one, &two.other] {
        assert_eq!(house.get(path, token).await.status, 200);
    }
    let body = json!({
        "client_id": app["client_id"], "client_secret": app["client_secret"], "token": token,
    });
    two.other.post("/oauth/revoke", "", body).await.ok();
    for house in [&two.other, &two.one] {
        assert_eq!(house.get(path, token).await.status, 401);
    }
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_503_and_when_to_come_back() {
    let two = Two::new().await;
    let ann = two.one.sign_up("ann").await;
    let status = two.one.say(&ann, "hello").await;
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    let favourite = format!("{path}/favourite");
    two.engine.set_hostility(Hostility {
        read_timeout: 1_000,
        ..Hostility::CALM
    });
    is_later(&two.one.get(&path, &ann).await);
    is_later(&two.one.post(&favourite, &ann, json!({})).await);
    // Nobody can tell any more whether what is kept here is old.
    two.one.wall.advance_ms(4_000);
    is_later(&two.one.get(&path, "").await);
    for hostility in [
        Hostility {
            unavailable: 1_000,
            ..Hostility::CALM
        },
        Hostility {
            in_doubt: 1_000,
            ..Hostility::CALM
        },
    ] {
        two.engine.set_hostility(hostility);
        is_later(&two.one.post(&favourite, &ann, json!({})).await);
    }
}

//! Markers, domain blocks, reports, and what is asked for at a client's start.

use petrel_model::limits::FEATURED_TAGS_MAX;
use petrel_model::text::language::Language;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn markers_are_shared_and_say_their_version() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let path = "/api/v1/markers?timeline[]=home&timeline[]=notifications&timeline[]=nonsense";
    assert_eq!(house.get(path, &ann).await.ok(), json!({}));
    let body = json!({ "home": { "last_read_id": "103" }, "nonsense": { "last_read_id": "1" } });
    let set = house.post("/api/v1/markers", &ann, body).await.ok();
    assert_eq!(set["home"]["last_read_id"], "103");
    assert_eq!(set["home"]["version"], 1);
    assert!(set.get("nonsense").is_none());
    let body = json!({ "home": { "last_read_id": "104" } });
    let set = house.post("/api/v1/markers", &ann, body).await.ok();
    assert_eq!(set["home"]["version"], 2);
    assert_eq!(house.get(path, &ann).await.ok(), set);
    let wrong = json!({ "home": { "last_read_id": "x" } });
    house
        .post("/api/v1/markers", &ann, wrong)
        .await
        .refused(422);
}

#[tokio::test]
async fn domains_are_blocked_listed_and_paged() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let path = "/api/v1/domain_blocks";
    for domain in ["gull.example", "tern.example"] {
        let done = house.post(path, &ann, json!({ "domain": domain })).await;
        assert_eq!(done.ok(), json!({}));
    }
    let listed = house.get(path, &ann).await.ok();
    assert_eq!(listed, json!(["tern.example", "gull.example"]));
    let first = house.get(&format!("{path}?limit=1"), &ann).await;
    assert!(first.header("link").unwrap().contains("max_id="));
    let preview = house
        .get(&format!("{path}/preview?domain=a.example"), &ann)
        .await;
    assert_eq!(
        preview.ok(),
        json!({ "following_count": 0, "followers_count": 0 })
    );
    let wrong = house
        .post(path, &ann, json!({ "domain": "no domain" }))
        .await;
    assert!(wrong.refused(422).contains("valid domain name"));
    house.post(path, &ann, json!({})).await.refused(422);
}

#[tokio::test]
async fn a_report_comes_back_as_its_reporter_made_it() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let (bob_id, status) = (house.id_of(&bob).await, house.say(&bob, "buy").await);
    let body = json!({
        "account_id": bob_id, "status_ids": [status["id"]], "comment": "An advertisement",
        "category": "spam", "forward": true,
    });
    let report = house.post("/api/v1/reports", &ann, body).await.ok();
    assert_eq!(report["category"], "spam");
    assert_eq!(report["status_ids"], json!([status["id"]]));
    assert_eq!(
        (&report["action_taken"], &report["forwarded"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(report["target_account"]["username"], "bob");
    let rules = json!({ "account_id": bob_id, "rule_ids": ["1"] });
    let report = house.post("/api/v1/reports", &ann, rules).await.ok();
    assert_eq!(
        (&report["category"], &report["rule_ids"]),
        (&json!("violation"), &json!(["1"]))
    );
    for (wrong, status) in [
        (json!({}), 404),
        (json!({ "account_id": "1" }), 404),
        (json!({ "account_id": bob_id, "status_ids": ["1"] }), 404),
        (json!({ "account_id": bob_id, "rule_ids": ["2"] }), 422),
        (json!({ "account_id": bob_id, "category": "nonsense" }), 422),
        (
            json!({ "account_id": bob_id, "comment": "a".repeat(1_001) }),
            422,
        ),
    ] {
        house
            .post("/api/v1/reports", &ann, wrong)
            .await
            .refused(status);
    }
}

#[tokio::test]
async fn what_there_is_nothing_of_is_an_empty_list() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let id = house.id_of(&ann).await;
    for path in [
        "/api/v1/announcements",
        "/api/v1/endorsements",
        "/api/v1/suggestions",
        "/api/v2/suggestions",
        "/api/v1/trends/tags",
        "/api/v1/trends/statuses",
        "/api/v1/trends/links",
        "/api/v1/instance/domain_blocks",
        &format!("/api/v1/accounts/{id}/endorsements"),
    ] {
        assert_eq!(house.get(path, &ann).await.ok(), json!([]), "{path}");
    }
    house.get("/api/v1/announcements", "").await.refused(401);
    house
        .get("/api/v1/accounts/1/endorsements", &ann)
        .await
        .refused(404);
    let languages = house
        .get("/api/v1/instance/translation_languages", "")
        .await;
    assert_eq!(languages.ok(), json!({}));
}

#[tokio::test]
async fn the_instance_says_what_is_taken() {
    let house = House::new();
    let languages = house.get("/api/v1/instance/languages", "").await.ok();
    let languages = languages.as_array().unwrap();
    assert_eq!(languages.len(), Language::all().count());
    let cantonese = json!({ "code": "zh-YUE", "name": "Cantonese" });
    assert!(languages.contains(&cantonese));
    for path in ["/api/v1/instance", "/api/v2/instance"] {
        let instance = house.get(path, "").await.ok();
        let accounts = &instance["configuration"]["accounts"];
        assert_eq!(accounts["max_featured_tags"], FEATURED_TAGS_MAX, "{path}");
    }
}

#[tokio::test]
async fn familiar_followers_are_told_by_account() {
    let house = House::new();
    let names = ["ann", "bob", "eve"];
    let mut tokens = Vec::new();
    for name in names {
        tokens.push(house.sign_up(name).await);
    }
    let eve = house.id_of(&tokens[2]).await;
    let bob = house.id_of(&tokens[1]).await;
    for (who, whom) in [(0, &bob), (1, &eve)] {
        let path = format!("/api/v1/accounts/{whom}/follow");
        house.post(&path, &tokens[who], json!({})).await.ok();
    }
    let path = format!("/api/v1/accounts/familiar_followers?id[]={eve}&id[]={bob}");
    let found = house.get(&path, &tokens[0]).await.ok();
    assert_eq!(found[0]["id"], json!(eve));
    assert_eq!(found[0]["accounts"][0]["username"], "bob");
    assert_eq!(found[1]["accounts"], json!([]));
}

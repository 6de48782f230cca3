//! Home is joined of kept fragments; every other way to read a status renders it anew. Both must
//! say the same after anything that changes what is shown.

use serde_json::{Value, json};

use crate::house::House;

/// Each status of home as home says it and as it is when asked for by id.
async fn compare(house: &House, token: &str, after: &str) -> usize {
    // Once to render, once out of what is kept.
    for _ in 0..2 {
        let home = house.get("/api/v1/timelines/home", token).await.ok();
        for joined in home.as_array().unwrap() {
            let path = format!("/api/v1/statuses/{}", joined["id"].as_str().unwrap());
            let anew = house.get(&path, token).await.ok();
            assert_eq!(*joined, anew, "after {after}");
            let names = |value: &Value| -> Vec<String> {
                value.as_object().unwrap().keys().cloned().collect()
            };
            assert_eq!(names(joined), names(&anew), "after {after}");
        }
    }
    let home = house.get("/api/v1/timelines/home", token).await.ok();
    home.as_array().unwrap().len()
}

#[tokio::test]
async fn what_is_joined_is_what_is_rendered_anew() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let (ann_id, bob_id) = (house.id_of(&ann).await, house.id_of(&bob).await);
    for (who, whom) in [(&bob, &ann_id), (&ann, &bob_id)] {
        house
            .post(&format!("/api/v1/accounts/{whom}/follow"), who, json!({}))
            .await
            .ok();
    }
    let first = house.say(&ann, "One <b> & \"two\" @bob #tag").await;
    let id = first["id"].as_str().unwrap().to_owned();
    assert_eq!(compare(&house, &bob, "a post").await, 1);
    let reply = json!({ "status": "@ann yes", "in_reply_to_id": id });
    house.post("/api/v1/statuses", &bob, reply).await.ok();
    compare(&house, &bob, "a reply").await;
    for verb in [
        "favourite",
        "bookmark",
        "reblog",
        "unfavourite",
        "mute",
        "favourite",
    ] {
        house
            .post(&format!("/api/v1/statuses/{id}/{verb}"), &bob, json!({}))
            .await
            .ok();
        compare(&house, &bob, verb).await;
        compare(&house, &ann, verb).await;
    }
    let filter = json!({
        "title": "two",
        "context": ["home"],
        "keywords_attributes": [{ "keyword": "two" }],
    });
    house.post("/api/v2/filters", &bob, filter).await.ok();
    compare(&house, &bob, "a filter").await;
    let home = house.get("/api/v1/timelines/home", &bob).await.ok();
    let filtered = home.as_array().unwrap().iter();
    let matches = filtered.filter(|one| one["filtered"][0]["keyword_matches"] == json!(["two"]));
    assert!(matches.count() >= 1, "{home}");
    let edit = json!({ "status": "Three #other", "spoiler_text": "careful" }).to_string();
    let path = format!("/api/v1/statuses/{id}");
    house
        .call("PUT", &path, &ann, "application/json", &edit)
        .await
        .ok();
    compare(&house, &bob, "an edit").await;
    let profile = json!({ "display_name": "Ann \u{1F426}", "note": "see @bob" }).to_string();
    let path = "/api/v1/accounts/update_credentials";
    house
        .call("PATCH", path, &ann, "application/json", &profile)
        .await
        .ok();
    assert!(compare(&house, &bob, "a new name").await >= 2);
    house
        .post(&format!("/api/v1/statuses/{id}/unreblog"), &bob, json!({}))
        .await
        .ok();
    compare(&house, &bob, "unreblog").await;
    let path = format!("/api/v1/statuses/{id}");
    house.call("DELETE", &path, &ann, "", "").await.ok();
    compare(&house, &bob, "a delete").await;
}

//! What an unmodified client does in its first minutes.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn sign_up_post_follow_and_read_home() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let ann_id = house.id_of(&ann).await;
    let followed = house
        .post(
            &format!("/api/v1/accounts/{ann_id}/follow"),
            &bob,
            json!({}),
        )
        .await;
    assert_eq!(followed.ok()["following"], true);
    let status = house.say(&ann, "First light @bob #petrel").await;
    assert_eq!(status["account"]["username"], "ann");
    assert_eq!(
        status["url"],
        format!("https://p.example/@ann/{}", status["id"].as_str().unwrap())
    );
    assert_eq!(status["mentions"][0]["acct"], "bob");
    assert_eq!(status["tags"][0]["name"], "petrel");
    assert_eq!(status["application"]["name"], "An app");
    let home = house.get("/api/v1/timelines/home", &bob).await.ok();
    assert_eq!(home[0]["id"], status["id"]);
    let tagged = house.get("/api/v1/timelines/tag/petrel", "").await.ok();
    assert_eq!(tagged[0]["id"], status["id"]);
    let notifications = house
        .get("/api/v1/notifications?types[]=mention", &bob)
        .await
        .ok();
    assert_eq!(notifications[0]["status"]["id"], status["id"]);
    let none = house
        .get("/api/v1/notifications?types[]=admin.report", &bob)
        .await
        .ok();
    assert_eq!(none, json!([]));
    let path = "/api/v1/notifications/unread_count";
    for (query, count) in [
        ("", 1),
        ("?types[]=mention", 1),
        ("?types[]=follow", 0),
        ("?types[]=admin.report", 0),
        ("?exclude_types[]=mention", 0),
        ("?limit=1000", 1),
        ("?limit=0", 0),
    ] {
        let counted = house.get(&format!("{path}{query}"), &bob).await.ok();
        assert_eq!(counted, json!({ "count": count }), "{query}");
    }
}

#[tokio::test]
async fn verbs_answer_with_what_they_changed() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let status = house.say(&ann, "hello").await;
    let id = status["id"].as_str().unwrap();
    for (verb, field, back) in [
        ("favourite", "favourited", "unfavourite"),
        ("bookmark", "bookmarked", "unbookmark"),
        ("mute", "muted", "unmute"),
    ] {
        let done = house
            .post(&format!("/api/v1/statuses/{id}/{verb}"), &bob, json!({}))
            .await
            .ok();
        assert_eq!(done[field], true, "{verb}");
        let shown = house
            .get(&format!("/api/v1/statuses/{id}"), &bob)
            .await
            .ok();
        assert_eq!(shown[field], true, "{verb}");
        let undone = house
            .post(&format!("/api/v1/statuses/{id}/{back}"), &bob, json!({}))
            .await
            .ok();
        assert_eq!(undone[field], false, "{back}");
    }
    let reblog = house
        .post(&format!("/api/v1/statuses/{id}/reblog"), &bob, json!({}))
        .await
        .ok();
    assert_eq!(reblog["reblog"]["id"], status["id"]);
    let by = house
        .get(&format!("/api/v1/statuses/{id}/reblogged_by"), "")
        .await
        .ok();
    assert_eq!(by[0]["username"], "bob");
    let back = house
        .post(&format!("/api/v1/statuses/{id}/unreblog"), &bob, json!({}))
        .await
        .ok();
    assert_eq!(back["reblogged"], false);
    let gone = house
        .call("DELETE", &format!("/api/v1/statuses/{id}"), &ann, "", "")
        .await
        .ok();
    assert_eq!(gone["text"], "hello");
    house
        .get(&format!("/api/v1/statuses/{id}"), &ann)
        .await
        .refused(404);
}

#[tokio::test]
async fn a_profile_is_updated_by_every_form_and_both_methods() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let path = "/api/v1/accounts/update_credentials";
    let form = "application/x-www-form-urlencoded";
    let body = "display_name=Ann&locked=on&source[privacy]=private&source%5Blanguage%5D=de\
                &fields_attributes[0][name]=site&fields_attributes[0][value]=here";
    let account = house.call("PATCH", path, &ann, form, body).await.ok();
    assert_eq!(account["display_name"], "Ann");
    assert_eq!(account["locked"], true);
    assert_eq!(account["source"]["privacy"], "private");
    assert_eq!(account["source"]["language"], "de");
    assert_eq!(account["source"]["fields"][0]["name"], "site");
    let part = "--B\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--B--\r\n";
    let kind = "multipart/form-data; boundary=B";
    let account = house.call("PUT", path, &ann, kind, part).await.ok();
    assert_eq!(account["source"]["note"], "hello");
    assert_eq!(account["display_name"], "Ann");
    let file = "--B\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"a.png\"\r\n\r\nPNG\r\n--B--\r\n";
    let refused = house
        .call("PATCH", path, &ann, kind, file)
        .await
        .refused(422);
    assert!(
        refused.contains("Avatar") && refused.contains("content type"),
        "{refused}"
    );
    let preferences = house.get("/api/v1/preferences", &ann).await.ok();
    assert_eq!(preferences["posting:default:visibility"], "private");
}

#[tokio::test]
async fn a_status_has_context_history_and_source() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let first = house.say(&ann, "one").await;
    let id = first["id"].as_str().unwrap();
    let reply = json!({ "status": "two", "in_reply_to_id": id });
    let reply = house.post("/api/v1/statuses", &ann, reply).await.ok();
    let context = house
        .get(&format!("/api/v1/statuses/{id}/context"), "")
        .await
        .ok();
    assert_eq!(context["descendants"][0]["id"], reply["id"]);
    assert_eq!(context["ancestors"], json!([]));
    let edit = json!({ "status": "one, corrected", "sensitive": "1" }).to_string();
    let path = format!("/api/v1/statuses/{id}");
    let edited = house
        .call("PUT", &path, &ann, "application/json", &edit)
        .await
        .ok();
    assert_eq!(edited["sensitive"], true);
    assert!(edited["edited_at"].is_string());
    let history = house.get(&format!("{path}/history"), "").await.ok();
    assert_eq!(history.as_array().unwrap().len(), 2);
    let source = house.get(&format!("{path}/source"), &ann).await.ok();
    assert_eq!(source["text"], "one, corrected");
}

#[tokio::test]
async fn the_place_says_what_it_is() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    house.say(&ann, "hello").await;
    let v1 = house.get("/api/v1/instance", "").await.ok();
    assert_eq!(v1["uri"], "p.example");
    assert_eq!(v1["stats"]["user_count"], 1);
    assert_eq!(v1["stats"]["status_count"], 1);
    assert_eq!(v1["urls"]["streaming_api"], "wss://p.example");
    let v2 = house.get("/api/v2/instance", "stale-token").await.ok();
    assert_eq!(v2["rules"][0]["text"], "Be kind");
    let finger = house
        .get("/.well-known/webfinger?resource=acct:ann@p.example", "")
        .await
        .ok();
    assert_eq!(finger["subject"], "acct:ann@p.example");
    house
        .get("/.well-known/webfinger?resource=acct:eve@p.example", "")
        .await
        .refused(404);
    house.get("/.well-known/webfinger", "").await.refused(400);
    let links = house.get("/.well-known/nodeinfo", "").await.ok();
    assert_eq!(links["links"][0]["href"], "https://p.example/nodeinfo/2.0");
    assert_eq!(
        house.get("/nodeinfo/2.0", "").await.ok()["usage"]["users"]["total"],
        1
    );
}

#[tokio::test]
async fn accounts_hashtags_and_statuses_are_found() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let status = house.say(&ann, "A word on #Petrels").await;
    let found = house.get("/api/v2/search?q=an", &bob).await.ok();
    assert_eq!(found["accounts"][0]["username"], "ann");
    let found = house
        .get("/api/v2/search?q=%23petr&type=hashtags", &bob)
        .await
        .ok();
    assert_eq!(found["hashtags"][0]["name"], "Petrels");
    assert_eq!(found["hashtags"][0]["following"], false);
    assert_eq!(found["accounts"], json!([]));
    let url = status["url"].as_str().unwrap();
    let by_address = format!("/api/v2/search?q={url}&type=statuses&resolve=true");
    let found = house.get(&by_address, &bob).await.ok();
    assert_eq!(found["statuses"][0]["id"], status["id"]);
    house.get(&by_address, "").await.refused(401);
    house
        .get("/api/v2/search?q=ann&offset=1", "")
        .await
        .refused(401);
    house.get("/api/v2/search", &bob).await.refused(422);
    let tag = house.get("/api/v1/tags/petrels", "").await.ok();
    assert_eq!(tag["url"], "https://p.example/tags/Petrels");
    let accounts = house
        .get("/api/v1/accounts/search?q=@bob&limit=1", &ann)
        .await
        .ok();
    assert_eq!(accounts[0]["username"], "bob");
}

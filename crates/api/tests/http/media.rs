//! Files for statuses: taken in, attached, and fetched by whom the gate lets have them.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use petrel_media::limits::PROFILE_IMAGE_BYTES_MAX;
use petrel_model::id::MediaId;
use petrel_social::Ctx;
use petrel_social::media::{self, MediaKind, Processed, Variant};
use serde_json::{Value, json};

use crate::cluster::two_nodes;
use crate::house::{House, URL};
use crate::parts::{JPEG, end, part, send, upload};

const MADE: &[u8] = b"0123456789";
const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Does what the job would do.
async fn process(house: &House, id: &str, kind: MediaKind) {
    let made = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(made.path(), MADE).unwrap();
    let key = format!("media/{id}/original.jpg");
    house.depot.put(&key, made.path()).await.unwrap();
    let original = Variant {
        key,
        content_type: "image/jpeg".to_owned(),
        size_bytes: MADE.len() as u64,
        width: 4,
        height: 3,
    };
    let done = Processed {
        kind,
        original,
        preview: None,
        blurhash: Some("LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned()),
        duration_ms: None,
        frame_rate: None,
        bitrate: None,
    };
    let ctx = Ctx::system(house.social.clone());
    assert!(media::finish(&ctx, media_id(id), done).await.unwrap());
}

/// As [`process`], of the first file that comes.
async fn process_what_comes(house: &House) {
    loop {
        let found = petrel_media::Depot::list(&house.depot, "incoming");
        let found: Vec<_> = futures_util::StreamExt::collect(found).await;
        if let Some(Ok(found)) = found.first() {
            let id = found.key.rsplit('/').next().unwrap().to_owned();
            let ctx = Ctx::system(house.social.clone());
            let pending = media::pending(&ctx, media_id(&id)).await.unwrap();
            if pending.is_some() {
                return process(house, &id, MediaKind::Image).await;
            }
        }
        tokio::task::yield_now().await;
    }
}

fn media_id(id: &str) -> MediaId {
    MediaId(id.parse().unwrap())
}

async fn ready(house: &House, token: &str) -> String {
    let id = id_of(&upload(house, token, Vec::new()).await.json());
    process(house, &id, MediaKind::Image).await;
    id
}

fn id_of(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

/// Path and query of an address of ours.
fn path_of(url: &Value) -> String {
    let url = url.as_str().expect("an address");
    url.strip_prefix(URL).expect("one of ours").to_owned()
}

async fn fetched(house: &House, path: &str, token: &str) -> u16 {
    house.get(path, token).await.status.as_u16()
}

async fn post(house: &House, token: &str, visibility: &str, media: &[&str]) -> Value {
    house.wall.advance_ms(10);
    let body = json!({ "status": "look @bob", "visibility": visibility, "media_ids": media });
    house.post("/api/v1/statuses", token, body).await.ok()
}

#[tokio::test]
async fn a_file_is_taken_in_processed_described_and_attached() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let more = [
        part("description", None, b"a cat"),
        part("focus", None, b"0.5,-0.25"),
    ];
    let taken = upload(&house, &ann, more.concat()).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED);
    let taken = taken.json();
    assert_eq!(
        (&taken["url"], &taken["type"]),
        (&Value::Null, &json!("video"))
    );
    let path = format!("/api/v1/media/{}", id_of(&taken));
    assert_eq!(
        house.get(&path, &ann).await.status,
        StatusCode::PARTIAL_CONTENT
    );
    let early = json!({ "status": "x", "media_ids": [taken["id"]] });
    let early = house
        .post("/api/v1/statuses", &ann, early)
        .await
        .refused(422);
    assert!(early.starts_with("Cannot attach files that have not finished processing"));

    process(&house, &id_of(&taken), MediaKind::Image).await;
    let done = house.get(&path, &ann).await.ok();
    assert_eq!(done["description"], "a cat");
    assert_eq!(done["meta"]["focus"], json!({ "x": 0.5, "y": -0.25 }));
    let body = json!({ "description": "a black cat" }).to_string();
    let described = house
        .call("PUT", &path, &ann, "application/json", &body)
        .await
        .ok();
    assert_eq!(described["description"], "a black cat");

    let body = json!({ "status": "", "media_ids": [taken["id"]] });
    let status = house.post("/api/v1/statuses", &ann, body).await.ok();
    let attached = &status["media_attachments"][0];
    assert_eq!(attached["description"], "a black cat");
    assert_eq!(fetched(&house, &path_of(&attached["url"]), "").await, 200);
    // What is attached is its status's from then on.
    assert_eq!(house.get(&path, &ann).await.status, StatusCode::NOT_FOUND);
    let again = json!({ "status": "again", "media_ids": [taken["id"]] });
    house
        .post("/api/v1/statuses", &ann, again)
        .await
        .refused(422);

    let account = house.id_of(&ann).await;
    house.say(&ann, "nothing to see").await;
    let only = format!("/api/v1/accounts/{account}/statuses?only_media=true");
    let only = house.get(&only, &ann).await.ok();
    assert_eq!(only.as_array().unwrap().len(), 1);
    assert_eq!(only[0]["id"], status["id"]);
}

#[tokio::test]
async fn a_picture_that_is_ready_soon_is_answered_whole() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let body = [part("file", Some("a.jpg"), JPEG), end()].concat();
    let sent = send(&house, "POST", "/api/v2/media", &ann, body);
    let (answer, ()) = tokio::join!(sent, process_what_comes(&house));
    let media = answer.ok();
    assert_eq!(media["type"], "image");
    assert_eq!(fetched(&house, &path_of(&media["url"]), "").await, 200);
}

#[tokio::test]
async fn an_edit_describes_adds_and_takes_away() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let (one, other) = (ready(&house, &ann).await, ready(&house, &ann).await);
    let status = post(&house, &ann, "public", &[&one]).await;
    let path = format!("/api/v1/statuses/{}", id_of(&status));
    let edit = async |body: Value| {
        house.wall.advance_ms(10);
        let body = body.to_string();
        house
            .call("PUT", &path, &ann, "application/json", &body)
            .await
            .ok()
    };
    let attributes = json!([{ "id": one, "description": "new", "focus": "0,1" }]);
    let edited = edit(json!({
        "status": "look", "media_ids": [one, other], "media_attributes": attributes,
    }))
    .await;
    let shown = edited["media_attachments"].as_array().unwrap();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0]["description"], "new");
    assert_eq!(shown[0]["meta"]["focus"]["y"], 1.0);
    let edited = edit(json!({ "status": "look", "media_ids": [] })).await;
    assert_eq!(edited["media_attachments"], json!([]));
    // History shows what was there, and who looks at it may still fetch it.
    let history = house.get(&format!("{path}/history"), &ann).await.ok();
    assert_eq!(history[0]["media_attachments"].as_array().unwrap().len(), 1);
    let before = history[1]["media_attachments"].as_array().unwrap();
    assert_eq!(
        (before.len(), &before[0]["description"]),
        (2, &json!("new"))
    );
    assert_eq!(fetched(&house, &path_of(&before[1]["url"]), "").await, 200);
    let edited = edit(json!({ "status": "look", "media_ids": [other] })).await;
    assert_eq!(edited["media_attachments"][0]["id"], json!(other));
}

#[tokio::test]
async fn files_are_for_whom_the_gate_lets_see_their_status() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let eve = house.sign_up("eve").await;
    let unattached = ready(&house, &ann).await;
    let plain = format!("/media/{unattached}/original.jpg");
    let mine = house
        .get(&format!("/api/v1/media/{unattached}"), &ann)
        .await
        .ok();
    assert_eq!(
        fetched(&house, &path_of(&mine["url"]), "").await,
        200,
        "by ticket"
    );
    assert_eq!(fetched(&house, &plain, &ann).await, 200, "by token");
    for (who, token) in [("eve", &eve), ("nobody", &String::new())] {
        assert_eq!(fetched(&house, &plain, token).await, 404, "{who}");
    }

    let direct = post(&house, &ann, "direct", &[&unattached]).await;
    let path = format!("/api/v1/statuses/{}", id_of(&direct));
    let his = house.get(&path, &bob).await.ok();
    let his = path_of(&his["media_attachments"][0]["url"]);
    assert_eq!(fetched(&house, &his, "").await, 200, "by his ticket");
    assert_eq!(fetched(&house, &plain, "").await, 404);
    assert_eq!(fetched(&house, &plain, &eve).await, 404);
    let answer = house.get(&his, "").await;
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let home = house.get("/api/v1/notifications", &bob).await.ok();
    let told = &home[0]["status"]["media_attachments"][0]["url"];
    assert_eq!(
        fetched(&house, &path_of(told), "").await,
        200,
        "as he was told"
    );

    let (her_id, his_id) = (house.id_of(&ann).await, house.id_of(&bob).await);
    let block = format!("/api/v1/accounts/{his_id}/block");
    house.post(&block, &ann, json!({})).await.ok();
    assert_eq!(
        fetched(&house, &his, "").await,
        404,
        "blocked: the ticket too"
    );
    house
        .post(
            &format!("/api/v1/accounts/{his_id}/unblock"),
            &ann,
            json!({}),
        )
        .await
        .ok();
    assert_eq!(fetched(&house, &his, "").await, 200);

    let shown = ready(&house, &ann).await;
    let follow = format!("/api/v1/accounts/{her_id}/follow");
    house.post(&follow, &eve, json!({})).await.ok();
    post(&house, &ann, "private", &[&shown]).await;
    let home = house.get("/api/v1/timelines/home", &eve).await.ok();
    let url = path_of(&home[0]["media_attachments"][0]["url"]);
    assert_eq!(fetched(&house, &url, "").await, 200, "a follower's");
    // Rendered once, and with an address of her own for each.
    let hers = house.get("/api/v1/timelines/home", &ann).await.ok();
    assert_ne!(path_of(&hers[0]["media_attachments"][0]["url"]), url);
    house
        .post(
            &format!("/api/v1/accounts/{her_id}/unfollow"),
            &eve,
            json!({}),
        )
        .await
        .ok();
    assert_eq!(fetched(&house, &url, "").await, 404, "unfollowed");

    house.call("DELETE", &path, &ann, "", "").await.ok();
    assert_eq!(fetched(&house, &his, "").await, 404, "deleted");
    assert_eq!(
        fetched(&house, &plain, &ann).await,
        200,
        "its author may attach it anew"
    );
}

#[tokio::test]
async fn a_status_is_written_anew_with_what_its_deletion_answers() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let file = ready(&house, &ann).await;
    let status = post(&house, &ann, "public", &[&file]).await;
    let path = format!("/api/v1/statuses/{}", id_of(&status));
    let open = path_of(&status["media_attachments"][0]["url"]);
    assert_eq!(fetched(&house, &open, "").await, 200);
    let deleted = house.call("DELETE", &path, &ann, "", "").await.ok();
    assert_eq!(deleted["text"], "look @bob");
    let attached = &deleted["media_attachments"][0];
    for token in ["", &bob] {
        assert_eq!(fetched(&house, &open, token).await, 404);
    }
    let shown = path_of(&attached["url"]);
    assert_eq!(fetched(&house, &shown, "").await, 200, "to its author");
    assert_eq!(attached["id"], json!(file));
    let again = post(&house, &ann, "public", &[&file]).await;
    assert_eq!(again["media_attachments"][0]["id"], json!(file));
    assert_eq!(fetched(&house, &open, "").await, 200);

    let path = format!("/api/v1/statuses/{}?delete_media=true", id_of(&again));
    house.call("DELETE", &path, &ann, "", "").await.ok();
    assert_eq!(fetched(&house, &shown, &ann).await, 404, "for good");
    let body = json!({ "status": "x", "media_ids": [file] });
    let late = house.post("/api/v1/statuses", &ann, body).await;
    late.refused(422);
}

#[tokio::test]
async fn an_edit_takes_away_what_it_does_not_name() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let file = ready(&house, &ann).await;
    let edit = async |status: &Value, body: Value| {
        house.wall.advance_ms(10);
        let path = format!("/api/v1/statuses/{}", id_of(status));
        let body = body.to_string();
        house
            .call("PUT", &path, &ann, "application/json", &body)
            .await
    };
    let body = json!({
        "status": "look", "spoiler_text": "a gull", "language": "fr", "media_ids": [file],
    });
    let status = house.post("/api/v1/statuses", &ann, body).await.ok();
    let edited = edit(&status, json!({ "status": "look again" })).await.ok();
    assert_eq!(edited["media_attachments"], json!([]));
    assert_eq!(
        (&edited["spoiler_text"], &edited["sensitive"]),
        (&json!(""), &json!(false))
    );
    assert_eq!(edited["language"], "fr", "that alone stays");
    edit(&status, json!({ "media_ids": [file] })).await.ok();
    edit(&status, json!({})).await.refused(422);

    let poll = json!({ "options": ["gull", "tern"], "expires_in": 600 });
    let body = json!({ "status": "which?", "poll": poll });
    let status = house.post("/api/v1/statuses", &ann, body).await.ok();
    assert!(status["poll"].is_object());
    let edited = edit(&status, json!({ "status": "which?" })).await.ok();
    assert_eq!(edited["poll"], Value::Null);
}

#[tokio::test]
async fn a_node_knows_what_was_attached_and_taken_on_another() {
    let (here, there) = two_nodes().await;
    let (ann, bob) = (here.sign_up("ann").await, here.sign_up("bob").await);
    let file = ready(&here, &ann).await;
    let plain = format!("/media/{file}/original.jpg");
    // The other node keeps what it knows of the file: nobody else may have it.
    assert_eq!(may_fetch(&there, &file, "").await, Some(404));
    post(&here, &ann, "public", &[&file]).await;
    assert_eq!(may_fetch(&there, &file, "").await, None, "attached");
    assert_eq!(fetched(&here, &plain, "").await, 200);

    let hidden = ready(&here, &ann).await;
    let direct = post(&here, &ann, "direct", &[&hidden]).await;
    assert_eq!(may_fetch(&there, &hidden, &bob).await, None);
    let path = format!("/api/v1/accounts/{}/block", here.id_of(&bob).await);
    here.post(&path, &ann, json!({})).await.ok();
    assert_eq!(may_fetch(&there, &hidden, &bob).await, Some(404), "blocked");
    let path = format!("/api/v1/statuses/{}", id_of(&direct));
    here.call("DELETE", &path, &ann, "", "").await.ok();
    assert_eq!(may_fetch(&there, &hidden, &ann).await, None, "its owner's");
}

/// How it is refused to the bearer of a token; where it is not, the depot of the node that is asked,
/// a folder of its own here, has no such file.
async fn may_fetch(house: &House, media: &str, token: &str) -> Option<u16> {
    let caller = petrel_social::oauth::authenticate(&house.social, token).await;
    let ctx = Ctx {
        caller: caller.unwrap().unwrap_or(petrel_social::Caller::Anonymous),
        ..Ctx::system(house.social.clone())
    };
    house.social.store.attend(None).await.unwrap();
    let fetched = media::fetch(&ctx, media_id(media), "original.jpg", None).await;
    fetched.err().map(|_| 404)
}

#[tokio::test]
async fn tickets_are_for_one_viewer_one_file_and_a_while() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let (one, other) = (ready(&house, &ann).await, ready(&house, &ann).await);
    let path = format!("/api/v1/media/{one}");
    let url = path_of(&house.get(&path, &ann).await.ok()["url"]);
    let (plain, ticket) = url.split_once("?t=").unwrap();
    let of_other = format!("/media/{other}/original.jpg?t={ticket}");
    assert_eq!(fetched(&house, &of_other, "").await, 404, "of another file");
    for place in [0, 10, 15, 20, 36] {
        let mut forged = ticket.as_bytes().to_vec();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        let forged = format!("{plain}?t={}", String::from_utf8(forged).unwrap());
        assert_eq!(fetched(&house, &forged, "").await, 404, "at {place}");
    }
    for nonsense in ["", "x", "%00", &"A".repeat(10_000)] {
        assert_eq!(
            fetched(&house, &format!("{plain}?t={nonsense}"), &bob).await,
            404
        );
    }
    house.wall.advance_ms(2 * DAY_MS);
    assert_eq!(fetched(&house, &url, "").await, 200);
    house.wall.advance_ms(DAY_MS);
    assert_eq!(fetched(&house, &url, "").await, 404, "over");
    let url = path_of(&house.get(&path, &ann).await.ok()["url"]);
    assert_eq!(fetched(&house, &url, "").await, 200, "a new one");
}

#[tokio::test]
async fn files_come_in_parts_and_are_never_run() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let id = ready(&house, &ann).await;
    let status = post(&house, &ann, "public", &[&id]).await;
    let path = path_of(&status["media_attachments"][0]["url"]);
    let ask = async |name: header::HeaderName, value: &str| {
        let request = Request::builder().uri(&path).header(name, value);
        house.send(request.body(Body::empty()).unwrap()).await
    };
    let whole = house.get(&path, "").await;
    assert_eq!(
        whole.header("cache-control"),
        Some("public, max-age=60, must-revalidate")
    );
    assert_eq!(
        (whole.text.as_bytes(), whole.header("accept-ranges")),
        (MADE, Some("bytes"))
    );
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("content-disposition", "inline"),
        ("content-length", "10"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(whole.header(name), Some(value), "{name}");
    }
    let part = ask(header::RANGE, "bytes=2-4").await;
    assert_eq!((part.status.as_u16(), part.text.as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    assert_eq!(ask(header::RANGE, "bytes=10-").await.status.as_u16(), 416);
    let tag = whole.header("etag").unwrap().to_owned();
    assert_eq!(ask(header::IF_NONE_MATCH, &tag).await.status.as_u16(), 304);
    let head = house.call("HEAD", &path, "", "", "").await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length")),
        (200, Some("10"))
    );
    assert_eq!(head.text, "");
    for nowhere in [
        "/media/1/original.jpg",
        "/media/x/y",
        "/media/1/..%2f..%2fetc",
        &path.replace("original", "small"),
    ] {
        assert_eq!(fetched(&house, nowhere, &ann).await, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn what_does_not_go_together_is_not_attached() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let mut pictures = Vec::new();
    for _ in 0..5 {
        pictures.push(ready(&house, &ann).await);
    }
    let film = id_of(&upload(&house, &ann, Vec::new()).await.json());
    process(&house, &film, MediaKind::Video).await;
    let attach = async |token: &str, media: &[&String]| {
        let body = json!({ "status": "x", "media_ids": media });
        house.post("/api/v1/statuses", token, body).await
    };
    let all: Vec<_> = pictures.iter().collect();
    assert_eq!(
        attach(&ann, &all).await.refused(422),
        "Cannot attach more than 4 files"
    );
    let mixed = attach(&ann, &[&film, &pictures[0]]).await.refused(422);
    assert_eq!(
        mixed,
        "Cannot attach a video to a status that already contains images"
    );
    attach(&bob, &[&pictures[0]]).await.refused(422);
    attach(&ann, &[&"77".to_owned()]).await.refused(422);
    let deleted = format!("/api/v1/media/{}", pictures[0]);
    house
        .call("DELETE", &deleted, &bob, "", "")
        .await
        .refused(404);
    house.call("DELETE", &deleted, &ann, "", "").await.ok();
    attach(&ann, &[&pictures[0]]).await.refused(422);
    attach(&ann, &[&pictures[1], &pictures[1]]).await.ok();
    attach(&ann, &[&film]).await.ok();
    let failed = id_of(&upload(&house, &ann, Vec::new()).await.json());
    let ctx = Ctx::system(house.social.clone());
    media::fail(&ctx, media_id(&failed), "It is broken")
        .await
        .unwrap();
    let why = house
        .get(&format!("/api/v1/media/{failed}"), &ann)
        .await
        .refused(422);
    assert_eq!(why, "Validation failed: It is broken");
}

#[tokio::test]
async fn an_avatar_is_shown_when_it_is_ready_and_goes_when_it_is_told_to() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let body = [
        part("avatar", Some("a.jpg"), JPEG),
        part("display_name", None, b"Ann"),
        end(),
    ];
    let path = "/api/v1/accounts/update_credentials";
    let sent = send(&house, "PATCH", path, &ann, body.concat());
    // The job runs while the client waits.
    let (answer, ()) = tokio::join!(sent, process_what_comes(&house));
    let account = answer.ok();
    assert_eq!(account["display_name"], "Ann");
    let url = path_of(&account["avatar"]);
    assert!(url.starts_with("/media/"), "{url}");
    assert_eq!(fetched(&house, &url, "").await, 200);
    assert_eq!(
        house.say(&ann, "hi").await["account"]["avatar"],
        account["avatar"]
    );
    let gone = house
        .call("DELETE", "/api/v1/profile/avatar", &ann, "", "")
        .await
        .ok();
    assert!(gone["avatar"].as_str().unwrap().ends_with("missing.png"));
    assert_eq!(fetched(&house, &url, "").await, 404);

    let bad = async |bytes: &[u8]| {
        let body = [part("header", Some("a.jpg"), bytes), end()].concat();
        send(&house, "PATCH", path, &ann, body).await
    };
    bad(b"<svg>").await.refused(422);
    // One of two pictures is none: nothing is changed, the name neither.
    let body = [
        part("avatar", Some("a.jpg"), JPEG),
        part("header", Some("a.jpg"), b"<svg>"),
        part("display_name", None, b"Ann B."),
        end(),
    ];
    let refused = send(&house, "PATCH", path, &ann, body.concat()).await;
    refused.refused(422);
    let account = house
        .get("/api/v1/accounts/verify_credentials", &ann)
        .await
        .ok();
    assert_eq!(account["display_name"], "Ann");
    bad(&vec![0xFF; PROFILE_IMAGE_BYTES_MAX as usize + 1])
        .await
        .refused(413);
}

//! What comes with files and is refused, and what that leaves behind.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use futures_util::{StreamExt, stream};
use petrel_api::ApiConfig;
use petrel_media::limits::{IMAGE_BYTES_MAX, PROFILE_IMAGE_BYTES_MAX, VIDEO_BYTES_MAX};
use serde_json::Value;

use crate::house::{House, config, settings};
use crate::parts::{FILM, JPEG, end, part, send, upload};

const MIB: usize = 1_024 * 1_024;

#[tokio::test]
async fn bad_uploads_are_refused_in_words() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let file = part("file", Some("a.jpg"), JPEG);
    let said =
        |name: &str, text: &str| [file.clone(), part(name, None, text.as_bytes()), end()].concat();
    let large = |size: u64| [JPEG, &vec![0; size as usize]].concat();
    let cases = [
        ("nothing", end(), 422),
        (
            "no file",
            [part("description", None, b"x"), end()].concat(),
            422,
        ),
        (
            "an empty file",
            [part("file", Some("a.jpg"), b""), end()].concat(),
            422,
        ),
        (
            "a file that is text",
            [part("file", None, JPEG), end()].concat(),
            400,
        ),
        (
            "mislabelled",
            [part("file", Some("a.jpg"), b"<html><script>"), end()].concat(),
            422,
        ),
        (
            "another file",
            [part("other", Some("a.jpg"), JPEG), end()].concat(),
            422,
        ),
        ("truncated", file.clone(), 400),
        (
            "too large",
            [part("file", Some("a.jpg"), &large(IMAGE_BYTES_MAX)), end()].concat(),
            413,
        ),
        (
            "a long description",
            said("description", &"x".repeat(1_501)),
            422,
        ),
        ("a focus outside", said("focus", "1.5,0"), 422),
        ("no focus", said("focus", "left"), 422),
        ("infinity", said("focus", "inf,nan"), 422),
    ];
    for (what, body, status) in cases {
        let answer = send(&house, "POST", "/api/v2/media", &ann, body).await;
        assert!(!answer.refused(status).is_empty(), "{what}");
    }
    let anyone = send(&house, "POST", "/api/v2/media", "", [file, end()].concat()).await;
    anyone.refused(401);
    assert_eq!(
        upload(&house, &ann, Vec::new()).await.status,
        StatusCode::ACCEPTED
    );
}

/// A body that does not end soon, and how much of it was read, in bytes.
fn endless(begin: &'static [u8]) -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = read.clone();
    let rest = stream::iter(std::iter::repeat_n(
        Bytes::from(vec![b'a'; 64 * 1_024]),
        1_024 * 16,
    ));
    let pieces = stream::once(async move { Bytes::from_static(begin) }).chain(rest);
    let counted = pieces.map(move |piece| {
        count.fetch_add(piece.len(), Ordering::Relaxed);
        Ok::<_, Infallible>(piece)
    });
    (Body::from_stream(counted), read)
}

#[tokio::test]
async fn what_belongs_to_no_field_is_not_read_for_ever() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    for begin in [&b"a preamble"[..], b"--c4f3\r\nX-Header: "] {
        for (method, path) in [
            ("POST", "/api/v2/media"),
            ("PATCH", "/api/v1/accounts/update_credentials"),
        ] {
            let (body, read) = endless(begin);
            let answer = send(&house, method, path, &ann, body).await;
            assert!(
                answer.refused(400).contains("belong to no field"),
                "{}",
                answer.text
            );
            assert!(read.load(Ordering::Relaxed) < 3 * MIB, "{path}");
        }
    }
}

#[tokio::test]
async fn a_large_file_that_is_all_there_at_once_is_taken_in() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let film = [FILM, &vec![0; VIDEO_BYTES_MAX as usize - MIB]].concat();
    let body = [part("file", Some("a.mp4"), &film), end()].concat();
    let pieces: Vec<_> = body
        .chunks(64 * 1_024)
        .map(Bytes::copy_from_slice)
        .collect();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, Infallible>));
    let answer = send(
        &house,
        "POST",
        "/api/v2/media",
        &ann,
        Body::from_stream(pieces),
    )
    .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
}

#[tokio::test]
async fn a_file_that_nobody_takes_is_too_large_for_what_all_may_be() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let size = 2 * PROFILE_IMAGE_BYTES_MAX as usize + 1;
    let body = [part("other", Some("a.jpg"), &vec![0; size]), end()].concat();
    let path = "/api/v1/accounts/update_credentials";
    let answer = send(&house, "PATCH", path, &ann, body).await;
    let megabytes = 2 * PROFILE_IMAGE_BYTES_MAX as usize / MIB;
    let error = answer.refused(413);
    assert!(
        error.contains(&format!("less than {megabytes} MB")),
        "{error}"
    );
}

async fn files_kept(house: &House) -> usize {
    petrel_media::Depot::list(&house.depot, "").count().await
}

#[tokio::test]
async fn what_is_refused_leaves_no_file() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let film = upload(&house, &ann, Vec::new()).await.json();
    let path = format!("/api/v1/media/{}", film["id"].as_str().unwrap());
    let kept = files_kept(&house).await;
    let preview = part("thumbnail", Some("a.jpg"), JPEG);
    let long = part("description", None, "x".repeat(1_501).as_bytes());
    let given = [preview.clone(), end()].concat();
    send(&house, "PUT", &path, &bob, given.clone())
        .await
        .refused(404);
    send(&house, "PUT", "/api/v1/media/1", &ann, given)
        .await
        .refused(404);
    let described = [preview, long.clone(), end()].concat();
    send(&house, "PUT", &path, &ann, described)
        .await
        .refused(422);
    upload(&house, &ann, long).await.refused(422);
    assert_eq!(files_kept(&house).await, kept);
}

#[tokio::test]
async fn previews_that_come_later_count_as_uploads() {
    let config = ApiConfig {
        rate_limits: true,
        ..config()
    };
    let house = House::with(settings(), config);
    let ann = house.sign_up("ann").await;
    let film: Value = upload(&house, &ann, Vec::new()).await.json();
    let path = format!("/api/v1/media/{}", film["id"].as_str().unwrap());
    let body = [part("thumbnail", Some("a.jpg"), b"no picture"), end()].concat();
    // The upload was the first of thirty.
    for _ in 1..30 {
        send(&house, "PUT", &path, &ann, body.clone())
            .await
            .refused(422);
    }
    send(&house, "PUT", &path, &ann, body).await.refused(429);
    let described = [part("description", None, b"a film"), end()].concat();
    assert!(
        send(&house, "PUT", &path, &ann, described)
            .await
            .status
            .is_success()
    );
}

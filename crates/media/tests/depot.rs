//! The depot on a folder, and on a real S3 server where the tests have one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use futures_util::TryStreamExt;
use petrel_media::{Bucket, Depot, DepotError, DepotSettings, Place};
use tempfile::TempDir;

/// "http://127.0.0.1:9000 bucket key secret", of an S3 server that the black-box tests start.
const S3_VARIABLE: &str = "PETREL_TEST_S3";

fn depots() -> Vec<(TempDir, Depot)> {
    let mut places = vec![None];
    match std::env::var(S3_VARIABLE) {
        Ok(text) => places.push(Some(bucket(&text))),
        Err(_) => eprintln!("LEFT OUT: {S3_VARIABLE} names no S3 server"),
    }
    let open = |place: Option<Bucket>| {
        let folder = tempfile::tempdir().unwrap();
        let place = match place {
            Some(bucket) => Place::S3(bucket),
            None => Place::Folder(folder.path().join("media")),
        };
        let scratch = folder.path().join("scratch");
        let depot = Depot::open(&DepotSettings { place, scratch }).unwrap();
        (folder, depot)
    };
    places.into_iter().map(open).collect()
}

fn bucket(text: &str) -> Bucket {
    let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let [endpoint, name, key, secret] = words.try_into().expect("four words");
    Bucket {
        name,
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        key,
        secret,
        path_style: true,
    }
}

async fn read(depot: &Depot, key: &str, range: Option<std::ops::Range<u64>>) -> Option<Vec<u8>> {
    let piece = depot.get(key, range).await.unwrap()?;
    let parts: Vec<_> = piece.stream.try_collect().await.unwrap();
    Some(parts.concat())
}

async fn put(depot: &Depot, folder: &Path, key: &str, bytes: &[u8]) {
    let file = folder.join("file");
    std::fs::write(&file, bytes).unwrap();
    depot.put(key, &file).await.unwrap();
}

#[tokio::test]
async fn what_is_put_is_read_whole_and_in_pieces_until_it_is_deleted() {
    for (folder, depot) in depots() {
        let large: Vec<u8> = (0..20_000_000_u32)
            .map(|number| (number / 7) as u8)
            .collect();
        put(&depot, folder.path(), "media/1/original.mp4", &large).await;
        put(&depot, folder.path(), "media/1/preview.jpg", b"small").await;
        put(&depot, folder.path(), "incoming/2", b"").await;
        assert!(read(&depot, "media/1/original.mp4", None).await.unwrap() == large);
        let middle = read(&depot, "media/1/original.mp4", Some(9_999_999..10_000_123)).await;
        assert_eq!(middle.unwrap(), &large[9_999_999..10_000_123]);
        let piece = depot
            .get("media/1/preview.jpg", Some(1..3))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((piece.size_bytes, piece.range), (5, 1..3));
        let beyond = depot.get("media/1/preview.jpg", Some(9..12)).await;
        assert!(matches!(beyond, Err(DepotError::NoSuchRange)));
        assert_eq!(read(&depot, "incoming/2", None).await.unwrap(), b"");

        put(&depot, folder.path(), "media/1/preview.jpg", b"another").await;
        assert_eq!(
            read(&depot, "media/1/preview.jpg", None).await.unwrap(),
            b"another"
        );

        let mut keys: Vec<_> = depot.list("media").try_collect().await.unwrap();
        keys.sort_by(|a, b| a.key.cmp(&b.key));
        let names: Vec<_> = keys.iter().map(|found| found.key.as_str()).collect();
        assert_eq!(names, ["media/1/original.mp4", "media/1/preview.jpg"]);
        assert!(
            keys.iter()
                .all(|found| found.modified_ms > 1_600_000_000_000)
        );

        let copy = folder.path().join("copy");
        assert!(depot.fetch("media/1/preview.jpg", &copy).await.unwrap());
        assert_eq!(std::fs::read(&copy).unwrap(), b"another");
        for key in ["media/1/original.mp4", "media/1/preview.jpg", "incoming/2"] {
            depot.delete(key).await.unwrap();
            depot.delete(key).await.unwrap();
            assert!(read(&depot, key, None).await.is_none());
            assert!(!depot.fetch(key, &copy).await.unwrap());
        }
        for prefix in ["media", "incoming"] {
            let left: Vec<_> = depot.list(prefix).try_collect().await.unwrap();
            assert_eq!(left, []);
        }
    }
}

#[tokio::test]
async fn an_upload_is_limited_while_it_comes_and_gone_when_it_is_dropped() {
    for (_folder, depot) in depots() {
        let mut incoming = depot.incoming(10).unwrap();
        incoming.write(b"\x89PNG\r\n\x1A\n").unwrap();
        let error = incoming.write(b"123").unwrap_err();
        assert!(matches!(error, DepotError::TooLarge { bytes_max: 10 }));
        assert!(incoming.limit(8).is_ok() && incoming.limit(7).is_err());
        assert!(incoming.first_bytes().unwrap().starts_with(b"\x89PNG"));
        let path = incoming.path().to_owned();
        assert!(path.exists());
        drop(incoming);
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn keys_lead_nowhere_else() {
    for (folder, depot) in depots() {
        let file = folder.path().join("file");
        std::fs::write(&file, b"x").unwrap();
        for key in [
            "../outside",
            "media/../../outside",
            "/etc/passwd",
            "media//x",
        ] {
            let outside = folder.path().join("outside");
            let put = depot.put(key, &file).await;
            assert!(put.is_err() || !outside.exists(), "{key}");
            assert!(!outside.exists());
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    let bucket = bucket("http://127.0.0.1:9 b hunter1 hunter2");
    let shown = format!("{bucket:?} {:?}", Place::S3(bucket.clone()));
    assert!(
        shown.contains("127.0.0.1") && !shown.contains("hunter"),
        "{shown}"
    );
}

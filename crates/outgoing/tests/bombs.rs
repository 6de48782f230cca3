//! Answers that would cost memory or time without end.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use petrel_outgoing::{Answer, Ask, FetchError, Outgoing, Permits};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use support::{Names, Server};

const SIZE_BYTES_MAX: usize = 1 << 20;

async fn fetched(server: &Server) -> Result<Answer, FetchError> {
    fetched_up_to(server, SIZE_BYTES_MAX).await
}

async fn fetched_up_to(server: &Server, size_bytes_max: usize) -> Result<Answer, FetchError> {
    let permits = Permits {
        loopback_ports: vec![server.port],
    };
    let names = Names::always(vec![[127, 0, 0, 1].into()]);
    let url = format!("http://a.example:{}/", server.port);
    let ask = Ask {
        url: &url,
        accept: "text/html",
        size_bytes_max,
        is_head: false,
    };
    let client = Outgoing::with_resolver("Petrel/test", permits, names);
    client.fetch(&ask).await
}

fn too_large(what: &Result<Answer, FetchError>) -> bool {
    matches!(what, Err(FetchError::TooLarge(_)))
}

fn gzipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn encoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    let size = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {size}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_gzipped_page_is_unfolded_also_in_several_members() {
    let text: Vec<u8> = (0..40_000_u32)
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let two = [gzipped(&text[..50_000]), gzipped(&text[50_000..])].concat();
    let server = Server::answering(move |_| encoded("gzip", &two)).await;
    assert_eq!(fetched(&server).await.unwrap().body, text);
}

#[tokio::test]
async fn a_gzip_bomb_unfolds_no_further_than_a_page() {
    let bomb = gzipped(&vec![0; 64 << 20]);
    assert!(bomb.len() < SIZE_BYTES_MAX);
    let server = Server::answering(move |_| encoded("gzip", &bomb)).await;
    assert!(too_large(&fetched(&server).await));
    // Where pages may be large, what came over the wire is the measure.
    assert!(too_large(&fetched_up_to(&server, 1 << 30).await));
}

#[tokio::test]
async fn a_bomb_in_a_bomb_is_only_the_inner_one() {
    let bomb = gzipped(&gzipped(&vec![0; 16 << 20]));
    let server = Server::answering(move |_| encoded("gzip, gzip", &bomb)).await;
    let refused = fetched(&server).await;
    assert!(
        matches!(refused, Err(FetchError::Malformed(_))),
        "{refused:?}"
    );
}

/// Only gzip is asked for. What else comes is not read at all, bomb or not.
#[tokio::test]
async fn an_encoding_that_nobody_asked_for_is_refused() {
    for encoding in ["br", "zstd", "deflate", "compress", "nonsense"] {
        let server = Server::answering(move |_| encoded(encoding, b"\x1b\xff\xff\xff")).await;
        let refused = fetched(&server).await;
        assert!(
            matches!(refused, Err(FetchError::Malformed(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn broken_gzip_is_an_error_and_no_half_page() {
    let whole = gzipped(b"all of it, or nothing");
    for broken in [
        whole[..whole.len() - 5].to_vec(),
        b"no gzip at all".to_vec(),
    ] {
        let server = Server::answering(move |_| encoded("gzip", &broken)).await;
        let refused = fetched(&server).await;
        assert!(
            matches!(refused, Err(FetchError::Malformed(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_body_without_end_is_left_when_it_is_too_long() {
    let heads: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    ];
    for head in heads {
        let is_chunked = head.ends_with(b"chunked\r\n\r\n");
        let server = Server::scripted(move |mut stream, _| async move {
            let piece = vec![b'a'; 0x4000];
            stream.write_all(head).await?;
            loop {
                if is_chunked {
                    stream.write_all(b"4000\r\n").await?;
                }
                stream.write_all(&piece).await?;
                if is_chunked {
                    stream.write_all(b"\r\n").await?;
                }
            }
        })
        .await;
        assert!(too_large(&fetched(&server).await));
    }
}

#[tokio::test]
async fn a_page_as_long_as_is_allowed_comes_whole() {
    for (size, fits) in [(SIZE_BYTES_MAX, true), (SIZE_BYTES_MAX + 1, false)] {
        let server = Server::answering(move |_| encoded("identity", &vec![b'a'; size])).await;
        let answer = fetched(&server).await;
        assert_eq!(answer.is_ok_and(|answer| answer.body.len() == size), fits);
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_not_read_to_its_end() {
    let line = format!("x-a: {}\r\n", "a".repeat(64 * 1024));
    let lines: String = (0..200)
        .map(|number| format!("x-{number}: a\r\n"))
        .collect();
    for lines in [line, lines] {
        let head = format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n");
        let server = Server::answering(move |_| head.clone().into()).await;
        let refused = fetched(&server).await;
        assert!(too_large(&refused), "{refused:?}");
    }
    let server = Server::scripted(|mut stream, _| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx-a: ").await?;
        loop {
            stream.write_all(&[b'a'; 4096]).await?;
        }
    })
    .await;
    assert!(too_large(&fetched(&server).await));
}

/// From the moment that the server was asked, time passes as soon as nobody has anything to do.
async fn drip(mut stream: TcpStream, head: &'static [u8]) -> std::io::Result<()> {
    tokio::time::pause();
    stream.write_all(head).await?;
    loop {
        stream.write_all(b"a").await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn who_answers_a_byte_a_second_is_left() {
    let heads: [&[u8]; 3] = [
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nx-a: ",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
    ];
    for head in heads {
        let server = Server::scripted(move |stream, _| drip(stream, head)).await;
        let late = fetched(&server).await;
        tokio::time::resume();
        assert!(matches!(late, Err(FetchError::TimedOut)), "{late:?}");
    }
}

#[tokio::test]
async fn who_never_answers_is_left() {
    let server = Server::scripted(|stream, _| async move {
        tokio::time::pause();
        std::future::pending::<()>().await;
        drop(stream);
        Ok(())
    })
    .await;
    let late = fetched(&server).await;
    assert!(matches!(late, Err(FetchError::TimedOut)), "{late:?}");
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    for nonsense in [
        &b"SSH-2.0-OpenSSH_9.9\r\n"[..],
        b"\0\0\0\0",
        b"HTTP/9.9 OK\r\n\r\n",
        b"",
    ] {
        let server = Server::answering(move |_| nonsense.to_vec()).await;
        assert!(fetched(&server).await.is_err());
    }
}

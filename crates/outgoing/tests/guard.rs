//! The guard before real sockets: servers that lie, that lead elsewhere, and that never end.

#![allow(clippy::unwrap_used)]

mod support;

use std::net::IpAddr;
use std::sync::Arc;

use petrel_outgoing::limits::{REDIRECTS_MAX, REQUESTS_PER_HOST_MAX};
use petrel_outgoing::{Answer, Ask, FetchError, Outgoing, Permits};

use support::{Names, Server};

const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn page(body: &str) -> Vec<u8> {
    let size = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {size}\r\n\r\n{body}")
        .into()
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into()
}

fn ask(url: &str) -> Ask<'_> {
    Ask {
        url,
        accept: "text/html",
        size_bytes_max: 1 << 20,
        is_head: false,
    }
}

/// A client that may ask the ports of these servers, where `a.example` is this machine.
fn client(servers: &[&Server]) -> Outgoing {
    client_where(servers, Names::always(vec![LOOPBACK]))
}

fn client_where(servers: &[&Server], names: Arc<Names>) -> Outgoing {
    let loopback_ports = servers.iter().map(|server| server.port).collect();
    Outgoing::with_resolver("Petrel/test", Permits { loopback_ports }, names)
}

async fn fetched(server: &Server) -> Result<Answer, FetchError> {
    let url = format!("http://a.example:{}/", server.port);
    client(&[server]).fetch(&ask(&url)).await
}

#[tokio::test]
async fn a_page_is_fetched_and_says_who_asks() {
    let server = Server::answering(page).await;
    let answer = fetched(&server).await.unwrap();
    let head = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.content_type.as_deref(), Some("text/html"));
    assert!(head.starts_with("GET / HTTP/1.1\r\n"), "{head}");
    let host = format!("host: a.example:{}\r\n", server.port);
    assert!(
        head.contains(&host) && head.contains("user-agent: Petrel/test\r\n"),
        "{head}"
    );
    assert!(!head.contains("cookie") && !head.contains("authorization"));
}

#[tokio::test]
async fn nobody_in_an_inner_network_is_even_connected_to() {
    let server = Server::answering(|_| page("inner")).await;
    let strict = Outgoing::with_resolver(
        "Petrel/test",
        Permits::default(),
        Names::always(vec![LOOPBACK]),
    );
    for url in [
        format!("http://127.0.0.1:{}/", server.port),
        format!("http://[::ffff:127.0.0.1]:{}/", server.port),
        format!("http://2130706433:{}/", server.port),
        format!("http://a.example:{}/", server.port),
        "http://a.example/".to_owned(),
        "https://a.example/".to_owned(),
    ] {
        let refused = strict.fetch(&ask(&url)).await;
        assert!(
            matches!(refused, Err(FetchError::Refused(_))),
            "{url}: {refused:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_systems_own_names_for_this_machine_are_refused_too() {
    let strict = Outgoing::new("Petrel/test", Permits::default());
    let refused = strict.fetch(&ask("http://localhost/")).await;
    assert!(
        matches!(refused, Err(FetchError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_redirect_to_an_inner_address_is_refused() {
    let inner = Server::answering(|_| page("secret")).await;
    for host in [
        "127.0.0.1",
        "a.example",
        "0x7f.1",
        "[::1]",
        "[::ffff:7f00:1]",
    ] {
        let to = format!("http://{host}:{}/", inner.port);
        let server = Server::answering(move |_| redirect(&to)).await;
        let refused = fetched(&server).await;
        assert!(
            matches!(refused, Err(FetchError::Refused(_))),
            "{host}: {refused:?}"
        );
    }
    let server = Server::answering(|_| redirect("http://169.254.169.254/latest/meta-data/")).await;
    assert!(matches!(
        fetched(&server).await,
        Err(FetchError::Refused(_))
    ));
    assert_eq!(inner.connections(), 0);
}

/// The name server says one thing when asked first and another when asked again. Each hop asks
/// once, and connects to what was checked.
#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::answering(|_| redirect("/again")).await;
    let url = format!("http://a.example:{}/", server.port);
    let inner: IpAddr = "10.0.0.1".parse().unwrap();
    let names = Names::in_turn(vec![vec![LOOPBACK], vec![inner]]);
    let client = client_where(&[&server], names.clone());
    let refused = client.fetch(&ask(&url)).await;
    assert!(
        matches!(refused, Err(FetchError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!((names.asked(), server.connections()), (2, 1));
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_asked_are() {
    let server = Server::answering(|_| page("here")).await;
    let url = format!("http://a.example:{}/", server.port);
    let inner = |text: &str| text.parse().unwrap();
    let names = Names::always(vec![inner("10.0.0.1"), inner("fe80::1"), LOOPBACK]);
    let answer = client_where(&[&server], names).fetch(&ask(&url)).await;
    assert_eq!(answer.unwrap().body, b"here");
    let names = Names::always(Vec::new());
    let nowhere = client_where(&[&server], names).fetch(&ask(&url)).await;
    assert!(nowhere.unwrap_err().may_pass());
}

#[tokio::test]
async fn redirects_are_followed_so_often_and_no_further() {
    let server = Server::answering(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path.trim_start_matches('/').parse::<usize>().unwrap() {
            0 => page("arrived"),
            left => redirect(&format!("/{}", left - 1)),
        }
    })
    .await;
    let client = client(&[&server]);
    let url = |left: usize| format!("http://a.example:{}/{left}", server.port);
    let arrived = client.fetch(&ask(&url(REDIRECTS_MAX))).await.unwrap();
    assert_eq!(
        (arrived.body.as_slice(), arrived.url),
        (&b"arrived"[..], url(0))
    );
    let lost = client.fetch(&ask(&url(REDIRECTS_MAX + 1))).await;
    assert!(matches!(lost, Err(FetchError::Redirects(_))), "{lost:?}");

    let round = Server::answering(|_| redirect("/")).await;
    let lost = fetched(&round).await;
    assert!(matches!(lost, Err(FetchError::Redirects(_))), "{lost:?}");
    assert_eq!(round.connections(), REDIRECTS_MAX + 1);
}

#[tokio::test]
async fn a_head_is_told_where_it_points_and_does_not_go_there() {
    let server = Server::answering(|head| {
        assert!(head.starts_with("HEAD "));
        redirect("http://127.0.0.1:1/x")
    })
    .await;
    let url = format!("http://a.example:{}/", server.port);
    let mut ask = ask(&url);
    ask.is_head = true;
    let answer = client(&[&server]).fetch(&ask).await.unwrap();
    assert_eq!(answer.location.as_deref(), Some("http://127.0.0.1:1/x"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn one_host_gets_only_so_many_requests_at_once() {
    let server = Server::holding(page("held")).await;
    let client = client(&[&server]);
    let url = format!("http://a.example:{}/", server.port);
    let many = (0..REQUESTS_PER_HOST_MAX * 3).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { client.fetch(&ask(&url)).await.map(|answer| answer.status) })
    });
    let many: Vec<_> = many.collect();
    for one in many {
        assert_eq!(one.await.unwrap().unwrap(), 200);
    }
    assert_eq!(server.connections(), REQUESTS_PER_HOST_MAX * 3);
    assert_eq!(server.most_at_once(), REQUESTS_PER_HOST_MAX);
}

#[tokio::test]
async fn what_speaks_no_tls_is_not_believed() {
    let server = Server::answering(|_| page("plain")).await;
    let url = format!("https://a.example:{}/", server.port);
    assert!(
        client(&[&server])
            .fetch(&ask(&url))
            .await
            .unwrap_err()
            .may_pass()
    );
}

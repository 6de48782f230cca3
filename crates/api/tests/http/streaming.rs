//! Streams: server-sent events in process, and the WebSocket over a real connection.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, header};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt;

use crate::house::House;

/// A test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

struct Events {
    body: BodyDataStream,
    heard: String,
}

impl Events {
    async fn listen(house: &House, path: &str, token: &str) -> Events {
        let request = Request::builder()
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let response = house.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        Events {
            body: response.into_body().into_data_stream(),
            heard: String::new(),
        }
    }

    /// False at the stream's end.
    async fn more(&mut self) -> bool {
        let piece = tokio::time::timeout(PATIENCE, self.body.next()).await;
        match piece.expect("something is heard in time") {
            None => false,
            Some(piece) => {
                self.heard += std::str::from_utf8(&piece.unwrap()).unwrap();
                true
            }
        }
    }

    async fn until(&mut self, text: &str) -> &str {
        while !self.heard.contains(text) {
            assert!(self.more().await, "ended before {text:?}: {}", self.heard);
        }
        &self.heard
    }

    async fn until_the_end(&mut self) {
        while self.more().await {}
    }
}

fn id(status: &Value) -> &str {
    status["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_user_hears_home_notifications_edits_and_deletes() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let path = format!("/api/v1/accounts/{}/follow", house.id_of(&ann).await);
    house.post(&path, &bob, json!({})).await.ok();
    let mut user = Events::listen(&house, "/api/v1/streaming/user", &bob).await;
    let mut notified =
        Events::listen(&house, "/api/v1/streaming?stream=user:notification", &bob).await;
    let mut public = Events::listen(&house, "/api/v1/streaming/public", &bob).await;
    let status = house.say(&ann, "Live @bob").await;
    user.until("event: update\n").await;
    user.until("event: notification\n").await;
    assert!(public.until(id(&status)).await.contains("event: update\n"));
    assert!(
        !notified
            .until("event: notification\n")
            .await
            .contains("event: update")
    );
    let path = format!("/api/v1/statuses/{}", id(&status));
    let edit = json!({ "status": "Corrected @bob" }).to_string();
    house
        .call("PUT", &path, &ann, "application/json", &edit)
        .await
        .ok();
    user.until("event: status.update\n").await;
    house.call("DELETE", &path, &ann, "", "").await.ok();
    let deleted = format!("event: delete\ndata: {}\n", id(&status));
    user.until(&deleted).await;
    public.until(&deleted).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_the_server() {
    let house = House::new();
    house.sign_up("ann").await;
    let app = house.app("read").await;
    let body = json!({
        "grant_type": "password", "client_id": app["client_id"], "client_secret": app["client_secret"],
        "username": "ann", "password": crate::house::PASSWORD, "scope": "read",
    });
    let token = house.post("/oauth/token", "", body.clone()).await.ok()["access_token"].clone();
    let other = house.post("/oauth/token", "", body).await.ok()["access_token"].clone();
    let mut first = Events::listen(&house, "/api/v1/streaming/user", token.as_str().unwrap()).await;
    let mut second =
        Events::listen(&house, "/api/v1/streaming/user", other.as_str().unwrap()).await;
    let body = json!({
        "client_id": app["client_id"], "client_secret": app["client_secret"], "token": token,
    });
    house.post("/oauth/revoke", "", body).await.ok();
    first.until_the_end().await;
    house.stop.send(true).unwrap();
    second.until_the_end().await;
}

#[tokio::test]
async fn a_stream_needs_a_user_and_a_channel_that_exists() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    for path in [
        "/api/v1/streaming/user",
        "/api/v1/streaming/public",
        "/api/v1/streaming?stream=user",
    ] {
        house.get(path, "").await.refused(401);
        house.get(path, "wrong").await.refused(401);
    }
    house.get("/api/v1/streaming", &ann).await.refused(400);
    house
        .get("/api/v1/streaming?stream=everything", &ann)
        .await
        .refused(400);
    let app = house.app("read").await;
    let app_token = house.app_token(&app, "read").await;
    house
        .get("/api/v1/streaming/public", &app_token)
        .await
        .refused(422);
    assert_eq!(house.get("/api/v1/streaming/health", "").await.text, "OK");
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Serves the house on a real port.
async fn serve(house: &House) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = house.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("ws://{address}/api/v1/streaming")
}

async fn hear(socket: &mut Socket) -> Option<Value> {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await;
        match message.expect("something is heard in time")? {
            Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
            Ok(Message::Close(_)) => return None,
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

async fn send(socket: &mut Socket, message: Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

/// The answer to a ping says that all earlier messages were understood.
async fn settle(socket: &mut Socket) {
    socket
        .send(Message::Ping(b"there?".to_vec().into()))
        .await
        .unwrap();
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await;
        match message.expect("an answer in time") {
            Some(Ok(Message::Pong(_))) => return,
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn one_socket_bears_many_channels() {
    let house = House::new();
    let (ann, bob) = (house.sign_up("ann").await, house.sign_up("bob").await);
    let url = serve(&house).await;
    let (mut socket, _) = connect_async(format!("{url}?access_token={bob}"))
        .await
        .unwrap();
    send(
        &mut socket,
        json!({ "type": "subscribe", "stream": "user" }),
    )
    .await;
    send(
        &mut socket,
        json!({ "type": "subscribe", "stream": "public" }),
    )
    .await;
    settle(&mut socket).await;
    let status = house.say(&ann, "Hello everyone").await;
    let event = hear(&mut socket).await.unwrap();
    assert_eq!(event["stream"], json!(["public"]));
    assert_eq!(event["event"], "update");
    let payload: Value = serde_json::from_str(event["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["id"], status["id"]);
    send(
        &mut socket,
        json!({ "type": "unsubscribe", "stream": "public" }),
    )
    .await;
    settle(&mut socket).await;
    house.say(&ann, "Not heard").await;
    house.say(&ann, "Heard @bob").await;
    let event = hear(&mut socket).await.unwrap();
    assert_eq!(event["stream"], json!(["user"]));
    assert_eq!(event["event"], "notification");
    for nonsense in [
        json!({ "type": "subscribe", "stream": "everything" }),
        json!([]),
        json!({}),
    ] {
        send(&mut socket, nonsense).await;
        assert!(hear(&mut socket).await.unwrap()["error"].is_string());
    }
    house.stop.send(true).unwrap();
    assert_eq!(hear(&mut socket).await, None);
}

#[tokio::test]
async fn a_token_may_come_as_header_or_protocol() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let url = serve(&house).await + "?stream=user";
    let mut by_header = url.clone().into_client_request().unwrap();
    let bearer = format!("Bearer {ann}").parse().unwrap();
    by_header
        .headers_mut()
        .insert(header::AUTHORIZATION, bearer);
    let mut by_protocol = url.clone().into_client_request().unwrap();
    let protocol = ann.parse().unwrap();
    by_protocol
        .headers_mut()
        .insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    for request in [by_header, by_protocol] {
        let (mut socket, _) = connect_async(request).await.unwrap();
        let status = house.say(&ann, "Mine").await;
        let event = hear(&mut socket).await.unwrap();
        assert!(event["payload"].as_str().unwrap().contains(id(&status)));
    }
    match connect_async(url).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 401),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_not_waited_for() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let url = serve(&house).await;
    let (mut socket, _) = connect_async(format!("{url}?access_token={ann}"))
        .await
        .unwrap();
    settle(&mut socket).await;
    // The beginning of a binary frame of a megabyte, masked with zeros.
    let mut head = vec![0x82, 0xFF];
    head.extend_from_slice(&(1_u64 << 20).to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    socket.get_mut().write_all(&head).await.unwrap();
    assert_eq!(hear(&mut socket).await, None);
}

//! One HTTP/1.1 connection, kept alive.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::request;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

pub struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Answer {
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn json(&self) -> Result<Value> {
        if !self.is_ok() {
            bail!("{}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        serde_json::from_slice(&self.body).context("the answer is not JSON")
    }
}

/// A request before it has a token: path and JSON body.
pub struct Ask<'a> {
    pub method: Method,
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub key: Option<&'a str>,
    pub body: Option<&'a Value>,
}

impl<'a> Ask<'a> {
    pub fn get(path: &'a str, token: &'a str) -> Ask<'a> {
        Ask {
            method: Method::GET,
            path,
            token: Some(token),
            key: None,
            body: None,
        }
    }

    pub fn post(path: &'a str, token: &'a str, body: &'a Value) -> Ask<'a> {
        Ask {
            method: Method::POST,
            path,
            token: Some(token),
            key: None,
            body: Some(body),
        }
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Client { address, sender })
    }

    pub async fn send(&mut self, ask: Ask<'_>) -> Result<Answer> {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        let body = match ask.body.filter(|body| !body.is_null()) {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(serde_json::to_vec(body)?)
            }
            None => Bytes::new(),
        };
        self.finish(request, body).await
    }

    /// Posts a body that is not JSON.
    pub async fn send_bytes(
        &mut self,
        path: &str,
        token: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Answer> {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind);
        self.finish(request, body).await
    }

    async fn finish(&mut self, request: request::Builder, body: Bytes) -> Result<Answer> {
        if self.sender.ready().await.is_err() {
            *self = Client::connect(self.address).await?;
        }
        let request = request.header("host", "localhost").body(Full::new(body))?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Answer { status, body })
    }
}

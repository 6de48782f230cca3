//! Requests with parts, as browsers send files.

use axum::body::Body;
use axum::http::{Request, header};

use crate::house::{Answer, House};

pub const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 no more than how one begins";
/// How a film begins: nobody is kept waiting for one.
pub const FILM: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isommp41";
const BOUNDARY: &str = "c4f3";

pub fn part(name: &str, file: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
    let head =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

pub fn end() -> Vec<u8> {
    format!("--{BOUNDARY}--\r\n").into_bytes()
}

pub async fn send(
    house: &House,
    method: &str,
    path: &str,
    token: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        );
    house.send(request.body(body.into()).unwrap()).await
}

pub async fn upload(house: &House, token: &str, more: Vec<u8>) -> Answer {
    let body = [part("file", Some("a.mp4"), FILM), more, end()].concat();
    send(house, "POST", "/api/v2/media", token, body).await
}

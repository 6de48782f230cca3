//! Uploads at once: from the first byte until each is ready, and what the server takes meanwhile.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use serde_json::Value;
use tokio::time::Instant;

use crate::client::{Ask, Client};
use crate::median;
use crate::memory::{Peak, mib, resident_bytes};
use crate::world::World;

/// How long one may take to become ready.
const WAIT_S: u64 = 120;
/// How often it is asked whether it is.
const ASK_MS: u64 = 25;
const BOUNDARY: &str = "petrel-bench-7d1f";

pub async fn measure(
    address: SocketAddr,
    world: &World,
    file: &Path,
    count: usize,
    pid: u32,
) -> Result<()> {
    let picture = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let body = multipart(file, &picture);
    let token = |number: usize| world.people[number % world.people.len()].token.clone();
    println!("{}: {:.1} MiB", file.display(), mib(picture.len() as u64));
    let mut alone = Vec::new();
    for number in 0..3 {
        alone.push(
            upload(address, token(number), body.clone())
                .await?
                .as_secs_f64(),
        );
    }
    println!(
        "one at a time: ready in {:.2} s (median of 3)",
        median(alone)
    );
    let before = resident_bytes(pid)?;
    let peak = Peak::of(pid);
    let uploads =
        (0..count).map(|number| tokio::spawn(upload(address, token(number), body.clone())));
    let uploads: Vec<_> = uploads.collect();
    let mut times = Vec::new();
    for upload in uploads {
        times.push(upload.await??.as_secs_f64());
    }
    let most = times.iter().copied().fold(0.0, f64::max);
    println!(
        "{count} at once: ready in {:.2} s (median), {most:.2} s (last); {:.1} MiB before, {:.1} MiB at the peak",
        median(times),
        mib(before),
        mib(peak.bytes().await?)
    );
    Ok(())
}

async fn upload(address: SocketAddr, token: String, body: Bytes) -> Result<Duration> {
    let mut client = Client::connect(address).await?;
    let begin = Instant::now();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer = client
        .send_bytes("/api/v2/media", &token, &kind, body)
        .await?;
    let media = answer.json()?;
    let id = media["id"].as_str().context("no id")?;
    let path = format!("/api/v1/media/{id}");
    loop {
        let answer = client.send(Ask::get(&path, &token)).await?;
        let is_ready = answer.json()?.get("url").is_some_and(Value::is_string);
        if is_ready {
            return Ok(begin.elapsed());
        }
        ensure!(answer.status == 206, "{path} answered {}", answer.status);
        if begin.elapsed() > Duration::from_secs(WAIT_S) {
            bail!("{path} was not ready in {WAIT_S} s");
        }
        tokio::time::sleep(Duration::from_millis(ASK_MS)).await;
    }
}

fn multipart(file: &Path, picture: &[u8]) -> Bytes {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(picture);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body.into()
}

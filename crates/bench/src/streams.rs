//! Many open streams: what they take, and how soon all have heard of a status.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::client::{Ask, Client};
use crate::memory::{mib, resident_bytes};
use crate::world::{Person, World};

/// How long everybody may take to hear of a status.
const WAIT_S: u64 = 30;
/// Streams that are being opened at once.
const OPENING_MAX: usize = 64;
const STATUSES: usize = 5;

pub async fn measure(address: SocketAddr, world: &World, count: usize, pid: u32) -> Result<()> {
    let before = resident_bytes(pid)?;
    let (opened, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let opening = Arc::new(Semaphore::new(OPENING_MAX));
    let mut listeners = Vec::with_capacity(count);
    for number in 0..count {
        let person = world.people[number % world.people.len()].clone();
        let (opened, heard, opening) = (opened.clone(), heard.clone(), opening.clone());
        listeners.push(tokio::spawn(async move {
            listen(address, &person, &opening, &opened, &heard).await
        }));
    }
    until(&opened, count, "opened").await?;
    let after = resident_bytes(pid)?;
    println!(
        "{count} streams: {:.1} MiB before, {:.1} MiB with them, {:.1} KiB each",
        mib(before),
        mib(after),
        after.saturating_sub(before) as f64 / 1024.0 / count as f64
    );
    let mut client = Client::connect(address).await?;
    let author = &world.people[0];
    for number in 1..=STATUSES {
        let body = json!({ "status": format!("Heard by all, {number}") });
        let begin = Instant::now();
        let ask = Ask::post("/api/v1/statuses", &author.token, &body);
        client.send(ask).await?.json()?;
        until(&heard, number * count, "told").await?;
        println!(
            "status {number}: all {count} heard of it in {:?}",
            begin.elapsed()
        );
    }
    listeners.iter().for_each(|listener| listener.abort());
    Ok(())
}

/// Listens to the public stream by server-sent events.
async fn listen(
    address: SocketAddr,
    person: &Person,
    opening: &Semaphore,
    opened: &AtomicUsize,
    heard: &AtomicUsize,
) -> Result<()> {
    let turn = opening.acquire().await?;
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/v1/streaming/public HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        person.token
    );
    stream.write_all(request.as_bytes()).await?;
    let mut lines = BufReader::with_capacity(1024, stream).lines();
    let status = lines.next_line().await?.context("closed")?;
    ensure!(status.contains(" 200 "), "a stream was refused: {status}");
    opened.fetch_add(1, Ordering::Relaxed);
    drop(turn);
    while let Some(line) = lines.next_line().await? {
        if line.trim_end() == "event: update" {
            heard.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

async fn until(count: &AtomicUsize, wanted: usize, what: &str) -> Result<()> {
    let begin = Instant::now();
    while count.load(Ordering::Relaxed) < wanted {
        let now = count.load(Ordering::Relaxed);
        let is_in_time = begin.elapsed() < Duration::from_secs(WAIT_S);
        ensure!(is_in_time, "{now} of {wanted} were {what} in {WAIT_S} s");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

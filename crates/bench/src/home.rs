//! Home of 20, while others create, delete and block; beside a server that answers the same bytes
//! out of memory.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use hyper::Method;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::{Ask, Client};
use crate::load::{Measured, Step, run};
use crate::world::{World, mix, words};

const PATH: &str = "/api/v1/timelines/home?limit=20";

struct Home {
    world: Arc<World>,
    asked: usize,
}

impl Step for Home {
    async fn step(&mut self, client: &mut Client) -> Result<bool> {
        self.asked += 1;
        let viewer = mix(self.asked as u64) as usize % self.world.viewers.max(1);
        let ask = Ask::get(PATH, &self.world.people[viewer].token);
        let answer = client.send(ask).await?;
        anyhow::ensure!(answer.is_ok(), "{}", answer.status);
        Ok(true)
    }
}

pub async fn measure(
    address: SocketAddr,
    world: Arc<World>,
    connections: usize,
    time: Duration,
) -> Result<Measured> {
    let worker = |worker: usize| Home {
        world: world.clone(),
        asked: worker * 1_000_000,
    };
    run(address, time, (0..connections).map(worker).collect()).await
}

/// One answer, to be given again by the baseline.
pub async fn sample(address: SocketAddr, world: &World) -> Result<Bytes> {
    let mut client = Client::connect(address).await?;
    let answer = client.send(Ask::get(PATH, &world.people[0].token)).await?;
    answer.json()?;
    Ok(answer.body)
}

/// A server that answers home with these bytes and does nothing else. Serves until the process ends.
pub async fn baseline(body: Bytes) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let answer = move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/json; charset=utf-8")], body) }
    };
    let router = Router::new().route("/api/v1/timelines/home", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// So many creates, deletes and blocks a second in all, in turn, until told to stop.
pub async fn churn(
    address: SocketAddr,
    world: Arc<World>,
    per_second: u64,
    stop: watch::Receiver<bool>,
) -> Result<usize> {
    if per_second == 0 {
        return Ok(0);
    }
    let mut client = Client::connect(address).await?;
    let mut ticks = interval(Duration::from_micros(1_000_000 / per_second));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last: Option<(String, String)> = None;
    let mut done = 0;
    while !*stop.borrow() {
        ticks.tick().await;
        let person = |salt: u64| {
            let place = mix(done as u64 ^ (salt << 40)) as usize % world.people.len();
            &world.people[place]
        };
        match (done % 3, last.take()) {
            (1, Some((id, token))) => {
                let path = format!("/api/v1/statuses/{id}");
                let mut ask = Ask::post(&path, &token, &Value::Null);
                ask.method = Method::DELETE;
                client.send(ask).await?.json()?;
            }
            (2, _) => {
                let path = format!("/api/v1/accounts/{}/block", person(1).id);
                let ask = Ask::post(&path, &person(2).token, &Value::Null);
                client.send(ask).await?;
            }
            _ => {
                let token = &person(3).token;
                let body = json!({ "status": words(done) });
                let made = client
                    .send(Ask::post("/api/v1/statuses", token, &body))
                    .await?;
                let id = made.json()?["id"].as_str().unwrap_or_default().to_owned();
                last = Some((id, token.clone()));
            }
        }
        done += 1;
    }
    Ok(done)
}

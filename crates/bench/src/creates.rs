//! Durable creates a second, each with an Idempotency-Key.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::client::{Ask, Client};
use crate::load::{Measured, Step, run};
use crate::world::{World, mix, words};

struct Create {
    world: Arc<World>,
    worker: usize,
    made: usize,
}

impl Step for Create {
    async fn step(&mut self, client: &mut Client) -> Result<bool> {
        self.made += 1;
        let number = self.worker * 1_000_000 + self.made;
        let author = &self.world.people[mix(number as u64) as usize % self.world.people.len()];
        let key = format!("{}-{number}", std::process::id());
        let body = json!({ "status": words(number) });
        let mut ask = Ask::post("/api/v1/statuses", &author.token, &body);
        ask.key = Some(&key);
        let answer = client.send(ask).await?;
        answer.json().map(|_| true)
    }
}

pub async fn measure(
    address: SocketAddr,
    world: Arc<World>,
    connections: usize,
    time: Duration,
) -> Result<Measured> {
    let worker = |worker| Create {
        world: world.clone(),
        worker,
        made: 0,
    };
    run(address, time, (0..connections).map(worker).collect()).await
}

//! Many connections that ask as fast as they are answered, for a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::client::Client;

/// What a run measured.
#[derive(Default)]
pub struct Measured {
    pub seconds: f64,
    pub failed: usize,
    /// Microseconds, of requests that were answered well.
    pub latencies_us: Vec<u64>,
    /// The first failure.
    pub why: Option<String>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.latencies_us.len() as f64 / self.seconds
    }

    pub fn percentile_us(&mut self, percent: usize) -> u64 {
        self.latencies_us.sort_unstable();
        let at = self.latencies_us.len() * percent / 100;
        let last = self.latencies_us.len().saturating_sub(1);
        self.latencies_us.get(at.min(last)).copied().unwrap_or(0)
    }

    pub fn print(&mut self, what: &str) {
        let (p50, p99) = (self.percentile_us(50), self.percentile_us(99));
        println!(
            "{what}: {:.0} a second, p50 {:.2} ms, p99 {:.2} ms, {} failed",
            self.per_second(),
            p50 as f64 / 1_000.0,
            p99 as f64 / 1_000.0,
            self.failed
        );
        if let Some(why) = &self.why {
            println!("  first failure: {why}");
        }
    }
}

/// A worker's step: one request over its connection. Ok(false) is an answer that was not 2xx.
pub trait Step: Send + 'static {
    fn step(&mut self, client: &mut Client) -> impl Future<Output = Result<bool>> + Send;
}

/// Runs one worker for each connection until the time is over.
pub async fn run<S: Step>(
    address: SocketAddr,
    time: Duration,
    workers: Vec<S>,
) -> Result<Measured> {
    let stop = Arc::new(AtomicBool::new(false));
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for worker in workers {
        let client = Client::connect(address).await?;
        tasks.push(tokio::spawn(work(worker, client, stop.clone())));
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Measured::default();
    for task in tasks {
        let one = task.await?;
        all.failed += one.failed;
        all.latencies_us.extend(one.latencies_us);
        all.why = all.why.or(one.why);
    }
    all.seconds = begin.elapsed().as_secs_f64();
    Ok(all)
}

async fn work<S: Step>(mut worker: S, mut client: Client, stop: Arc<AtomicBool>) -> Measured {
    let mut measured = Measured::default();
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        match worker.step(&mut client).await {
            Ok(true) => measured
                .latencies_us
                .push(begin.elapsed().as_micros() as u64),
            Ok(false) => measured.failed += 1,
            Err(why) => {
                measured.failed += 1;
                measured.why.get_or_insert_with(|| format!("{why:#}"));
            }
        }
    }
    measured
}

//! How many durable commits of 4 rows a second 64 clients get out of the engine itself.
//!
//! `cargo run --release -p petrel-store-embedded --example commits [FOLDER]`
//! The folder's disk is what is measured: name one on the disk that will be used.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use petrel_model::clock::{Clock, HybridClock, Node, Stamp};
use petrel_store::Engine;
use petrel_store::engine::{Op, RawBatch, RowKey};
use petrel_store_embedded::{Embedded, Options};

const CLIENTS: u64 = 64;
const ROWS: u64 = 4;
const VALUE_BYTES: usize = 200;
const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(3);

/// A clock that runs, from some moment of this century on.
struct Stopwatch(tokio::time::Instant);

impl Clock for Stopwatch {
    fn now_us(&self) -> u64 {
        1_800_000_000_000_000 + self.monotonic_us()
    }

    fn monotonic_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("petrel-commits-{}", std::process::id()));
    let clock = Arc::new(Stopwatch(tokio::time::Instant::now()));
    let engine = Arc::new(Embedded::open(&folder, Options::new(clock.clone()))?);
    let stamps = Arc::new(HybridClock::new(clock, Node::Single, Stamp::MIN));
    let mut rates = Vec::new();
    for run in 0..RUNS {
        let deadline = tokio::time::Instant::now() + RUN;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (engine, stamps) = (engine.clone(), stamps.clone());
                tokio::spawn(async move {
                    let mut commits = 0u64;
                    while tokio::time::Instant::now() < deadline {
                        let batch =
                            batch(stamps.next_stamp(Stamp::MIN), run as u64, client, commits);
                        engine.write(batch).await?;
                        commits += 1;
                    }
                    Ok::<u64, petrel_store::StoreError>(commits)
                })
            })
            .collect();
        let mut commits = 0;
        for client in clients {
            commits += client.await??;
        }
        let rate = commits / RUN.as_secs();
        println!("run {run}: {rate} commits of {ROWS} rows a second");
        rates.push(rate);
    }
    rates.sort_unstable();
    println!(
        "median {} of {RUNS} runs, {CLIENTS} clients",
        rates[RUNS / 2]
    );
    drop(engine);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Four rows in four partitions of four tables, as a post has them.
fn batch(stamp: Stamp, run: u64, client: u64, number: u64) -> RawBatch {
    let ops = (0..ROWS)
        .map(|row| Op::Put {
            key: RowKey {
                table: row as u16 + 1,
                partition: Bytes::copy_from_slice(&client.to_be_bytes()),
                sort: Bytes::from([run.to_be_bytes(), number.to_be_bytes()].concat()),
            },
            value: Bytes::from(vec![number as u8; VALUE_BYTES]),
            expires_at_s: None,
        })
        .collect();
    RawBatch {
        stamp,
        retry: false,
        ops,
    }
}

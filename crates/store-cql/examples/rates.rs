//! Requests a second and how long they take, from 1, 8 and 32 clients at once.
//!
//! `cargo run --release -p petrel-store-cql --example rates cql://host,host/KEYSPACE`
//! The keyspace is made where there is none, and rows are written into it: name one to drop after.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use petrel_model::clock::{Clock, HybridClock, Node, Stamp};
use petrel_store::conformance::{Other, Plains, Serials, TABLES};
use petrel_store::engine::{Condition, Op, RawBatch, RawConditional, RowKey};
use petrel_store::{Engine, Mode, StoreError, Table, TableId};
use petrel_store::{MadeIn, Open};
use petrel_store_cql::{Cql, Options};
use tokio::time::Instant;

const RUN: Duration = Duration::from_secs(4);
const CLIENTS: [usize; 3] = [1, 8, 32];
const VALUE_BYTES: usize = 200;

struct SystemClock(Instant);

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now_us(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_micros() as u64)
    }

    fn monotonic_us(&self) -> u64 {
        self.0.elapsed().as_micros() as u64
    }
}

#[derive(Clone, Copy, Debug)]
enum Request {
    Read,
    Batch,
    Conditional,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("name the store's URL")?;
    let wall = Arc::new(SystemClock(Instant::now()));
    let mut options = Options::parse(&url, wall.clone(), TABLES.to_vec())?;
    options.open = Open::AnyOrMake(MadeIn::Standard);
    let engine = Cql::open(options).await?;
    let clock = HybridClock::new(wall, Node::Member(1), Stamp::MIN);
    for request in [Request::Batch, Request::Read, Request::Conditional] {
        for clients in CLIENTS {
            let end = Instant::now() + RUN;
            let all = (0..clients).map(|client| run(&engine, &clock, request, client, end));
            let mut times: Vec<Duration> = Vec::new();
            let mut failed = 0;
            for (each, failures) in join_all(all).await {
                times.extend(each);
                failed += failures;
            }
            times.sort_unstable();
            let at = |part: f64| times.get((times.len() as f64 * part) as usize);
            println!(
                "{request:?}, {clients} clients: {} a second, p50 {:?}, p99 {:?}, {failed} failed",
                times.len() as u64 / RUN.as_secs(),
                at(0.5).unwrap_or(&Duration::ZERO),
                at(0.99).unwrap_or(&Duration::ZERO),
            );
        }
    }
    Ok(())
}

async fn run(
    engine: &Cql,
    clock: &HybridClock,
    request: Request,
    client: usize,
    end: Instant,
) -> (Vec<Duration>, usize) {
    let (mut times, mut failed) = (Vec::new(), 0);
    for number in 0_u64.. {
        let begin = Instant::now();
        if begin >= end {
            break;
        }
        let partition = format!("{client} {number}");
        match ask(engine, clock, request, &partition).await {
            Ok(()) => times.push(begin.elapsed()),
            Err(error) => {
                eprintln!("{error}");
                failed += 1;
            }
        }
    }
    (times, failed)
}

async fn ask(
    engine: &Cql,
    clock: &HybridClock,
    request: Request,
    partition: &str,
) -> Result<(), StoreError> {
    let stamp = clock.next_stamp(Stamp::MIN);
    match request {
        Request::Read => {
            engine.get(Mode::Plain, &key(Plains::ID, partition)).await?;
        }
        Request::Batch => {
            let ops = vec![put(Plains::ID, partition), put(Other::ID, partition)];
            let retry = false;
            engine.write(RawBatch { stamp, retry, ops }).await?;
        }
        Request::Conditional => {
            let write = RawConditional {
                table: Serials::ID,
                partition: Bytes::copy_from_slice(partition.as_bytes()),
                stamp,
                conditions: vec![(Bytes::new(), Condition::Absent)],
                ops: vec![put(Serials::ID, partition)],
            };
            engine.write_if(write).await?;
        }
    }
    Ok(())
}

fn key(table: TableId, partition: &str) -> RowKey {
    RowKey {
        table,
        partition: Bytes::copy_from_slice(partition.as_bytes()),
        sort: Bytes::new(),
    }
}

fn put(table: TableId, partition: &str) -> Op {
    Op::Put {
        key: key(table, partition),
        value: vec![7; VALUE_BYTES].into(),
        expires_at_s: None,
    }
}

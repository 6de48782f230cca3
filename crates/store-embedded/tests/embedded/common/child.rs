//! A child process that writes batches and acknowledges each on its standard output, after Ok.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use petrel_store::{Engine, StoreError};

use super::{first_try, open, put, scan_prefix, value};

pub const CLIENTS: u64 = 8;
pub const PARTITIONS: [&str; 4] = ["a", "b", "c", "d"];

const FOLDER: &str = "PETREL_CHILD_FOLDER";
const ROUND: &str = "PETREL_CHILD_ROUND";
const VALUE_BYTES: &str = "PETREL_CHILD_VALUE_BYTES";
const BATCHES: &str = "PETREL_CHILD_BATCHES";

/// What a child does.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub round: u64,
    pub value_bytes: usize,
    /// For each client.
    pub batches: u64,
}

/// Starts this test binary again, to run `test` alone, which calls [`run_if_child`].
pub fn command(test: &str, folder: &Path, work: Work) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(ROUND, work.round.to_string())
        .env(VALUE_BYTES, work.value_bytes.to_string())
        .env(BATCHES, work.batches.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The batches that a child acknowledged: for each client how many, in order.
#[derive(Default, Debug)]
pub struct Acknowledged(pub BTreeMap<u64, u64>);

impl Acknowledged {
    /// Reads lines until there are `most`, or the pipe ends.
    pub fn read(&mut self, lines: &mut impl Iterator<Item = String>, most: u64) -> u64 {
        let mut count = 0;
        while count < most
            && let Some(line) = lines.next()
        {
            let words: Vec<&str> = line.split(' ').collect();
            // libtest prints lines of its own, and a line may be cut short by the kill.
            if let ["ack", client, number, "end"] = words[..] {
                let (client, number) = (client.parse().unwrap(), number.parse::<u64>().unwrap());
                assert_eq!(
                    self.0.insert(client, number + 1).unwrap_or(0),
                    number,
                    "in order"
                );
                count += 1;
            }
        }
        count
    }

    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

pub fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).lines().map_while(Result::ok)
}

/// In the child: does its work and returns true. In the parent: returns false.
pub fn run_if_child() -> bool {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return false;
    };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let work = Work {
        round: number(ROUND),
        value_bytes: number(VALUE_BYTES) as usize,
        batches: number(BATCHES),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let engine = Arc::new(open(Path::new(&folder)));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(write_all(engine.clone(), client, work)))
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    });
    true
}

async fn write_all(engine: Arc<super::Embedded>, client: u64, work: Work) {
    for number in 0..work.batches {
        loop {
            let ops = batch(client, number, work);
            match engine.write(first_try(1, ops)).await {
                Ok(_) => break,
                // Nothing was written; the store is being opened anew.
                Err(StoreError::Unavailable(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
        let line = format!("\nack {client} {number} end\n");
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(line.as_bytes()).unwrap();
        stdout.flush().unwrap();
    }
}

/// A row of its own in each partition, and one that every batch of the client writes again.
fn batch(client: u64, number: u64, work: Work) -> Vec<petrel_store::engine::Op> {
    let mark = format!("<<{client} {number}>>");
    let filler = "x".repeat(work.value_bytes);
    let mut ops = Vec::new();
    for partition in PARTITIONS {
        let sort = format!("{:04} {client} {number:08}", work.round);
        ops.push(put(partition, &sort, mark.clone() + &filler));
        ops.push(put(
            partition,
            &format!("latest {client}"),
            format!("{} {number}", work.round),
        ));
    }
    ops
}

/// Every acknowledged batch is there, what is there is whole, and of what was not acknowledged at
/// most one batch of each client is there. Answers how many batches there are.
pub async fn verify(engine: &super::Embedded, round: u64, acknowledged: &Acknowledged) -> u64 {
    let mut total = 0;
    for client in 0..CLIENTS {
        let acked = acknowledged.0.get(&client).copied().unwrap_or(0);
        let mut counts = Vec::new();
        let mut latest = Vec::new();
        let prefix = format!("{round:04} {client} ");
        for partition in PARTITIONS {
            let own = scan_prefix(engine, partition, &prefix).await;
            for (number, row) in own.iter().enumerate() {
                let mark = format!("<<{client} {number}>>");
                assert!(
                    row.value.starts_with(mark.as_bytes()),
                    "round {round}: a hole at {mark}"
                );
            }
            counts.push(own.len() as u64);
            latest.push(value(engine, partition, &format!("latest {client}")).await);
        }
        assert!(
            counts.iter().all(|count| *count == counts[0]),
            "round {round}: torn: {counts:?}"
        );
        assert!(
            latest.iter().all(|text| *text == latest[0]),
            "round {round}: torn: {latest:?}"
        );
        assert!(
            (acked..=acked + 1).contains(&counts[0]),
            "round {round}, client {client}: {acked} acknowledged, {} there",
            counts[0]
        );
        if counts[0] > 0 {
            assert_eq!(latest[0], Some(format!("{round} {}", counts[0] - 1)));
        }
        total += counts[0];
    }
    total
}

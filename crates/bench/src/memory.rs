//! What a server's processes keep in memory, as Linux tells it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;

/// How often memory is looked at while its peak is sought.
const LOOK_MS: u64 = 20;

/// Resident bytes of a process and of those that it started.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let own = of_one(pid)?;
    // A child that ends meanwhile counts for nothing.
    let children = children(pid).into_iter();
    Ok(own + children.filter_map(|child| of_one(child).ok()).sum::<u64>())
}

fn of_one(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: u64 = kib.context("no VmRSS")?.parse()?;
    Ok(kib * 1024)
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let lists = threads.flatten();
    let lists = lists.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let direct: Vec<u32> = lists
        .flat_map(|list| {
            let pids = list.split_whitespace().map(str::to_owned);
            pids.collect::<Vec<_>>()
        })
        .filter_map(|pid| pid.parse().ok())
        .collect();
    let deeper = direct.iter().flat_map(|child| children(*child));
    direct.iter().copied().chain(deeper).collect()
}

/// Looks again and again until it is asked what the most was.
pub struct Peak {
    most: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    looking: JoinHandle<()>,
}

impl Peak {
    pub fn of(pid: u32) -> Peak {
        let (most, ended) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let looking = tokio::spawn({
            let (most, ended) = (most.clone(), ended.clone());
            async move {
                while !ended.load(Ordering::Relaxed) {
                    if let Ok(bytes) = resident_bytes(pid) {
                        most.fetch_max(bytes, Ordering::Relaxed);
                    }
                    tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
                }
            }
        });
        Peak {
            most,
            ended,
            looking,
        }
    }

    pub async fn bytes(self) -> Result<u64> {
        self.ended.store(true, Ordering::Relaxed);
        self.looking.await?;
        Ok(self.most.load(Ordering::Relaxed))
    }
}

pub fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

//! The log, to standard error: lines for people, or JSON for machines. Secrets never enter it.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

use crate::config::{Log, LogFormat};

/// Parts of the log that speak of their own inner life at `info`. What the client of the bus
/// would say at each of its tries, `petrel-bus` says once for an outage.
const QUIETER: &str =
    "hyper=warn,lettre=warn,rustls=warn,fjall=warn,lsm_tree=warn,async_nats=off,scylla=error";

/// Starts the log. Only the first start in a process counts.
pub fn start(log: &Log) {
    let filter = EnvFilter::new(format!("{QUIETER},{}", log.level.as_str()));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    let started: Result<(), TryInitError> = match log.format {
        LogFormat::Text => {
            let builder = builder.with_ansi(stderr().is_terminal());
            use tracing_subscriber::util::SubscriberInitExt;
            builder.finish().try_init()
        }
        LogFormat::Json => {
            use tracing_subscriber::util::SubscriberInitExt;
            builder.json().flatten_event(true).finish().try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}

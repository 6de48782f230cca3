//! The control socket in the data folder: it carries orders to the server that has the folder
//! open. One order and one reply for each connection, as a line of JSON each.

mod client;
mod server;
mod socket;

use serde::{Deserialize, Serialize};

use crate::admin::Reply;

pub use client::{Asked, ask};
pub use server::Control;

/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(Reply),
    /// Why the order was not carried out, for the operator.
    Refused(String),
}

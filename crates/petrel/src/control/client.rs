use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Answer, LINE_BYTES_MAX, socket};
use crate::admin::{Order, Reply};

/// Whether a server was there to be asked.
pub enum Asked {
    Answered(Reply),
    /// No server has the folder open.
    Nobody,
}

/// Has the server on this data folder, if one is running, carry out the order.
pub fn ask(data: &Path, order: &Order) -> Result<Asked> {
    let Some(mut stream) = connect(data)? else {
        return Ok(Asked::Nobody);
    };
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream
        .write_all(&line)
        .context("sending the order to the running server")?;
    let mut answer = String::new();
    BufReader::new(stream.take(LINE_BYTES_MAX))
        .read_line(&mut answer)
        .context("waiting for the running server")?;
    if answer.is_empty() {
        bail!(
            "the running server stopped before it answered; whether the order was carried out is unknown"
        );
    }
    match serde_json::from_str(&answer).context("the running server is of another version")? {
        Answer::Done(reply) => Ok(Asked::Answered(reply)),
        Answer::Refused(why) => bail!(why),
    }
}

fn connect(data: &Path) -> Result<Option<UnixStream>> {
    if !socket::file(data).exists() {
        return Ok(None);
    }
    let address = socket::address(data)?;
    match UnixStream::connect(&address.path) {
        Ok(stream) => Ok(Some(stream)),
        // What a killed server has left behind.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| {
            format!(
                "connecting to the running server by {}",
                socket::file(data).display()
            )
        }),
    }
}

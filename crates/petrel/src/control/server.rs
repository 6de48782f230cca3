use std::fs::{DirBuilder, Permissions, remove_dir_all, remove_file, rename, set_permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::socket::{self, Address};
use super::{Answer, LINE_BYTES_MAX};
use crate::admin::{self, Order};
use crate::media::Media;
use crate::node::Node;

/// Where the socket is made, closed to others, before it gets its name.
const STAGING: &str = "control.new";
const STAGED: &str = "sock";
/// After the system refused a connection, say for lack of file descriptors.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// The server's end of the socket. Removed when dropped.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens in the data folder. The caller has the folder open, so whatever lies there from
    /// earlier is nobody's.
    pub fn listen(data: &Path) -> Result<Control> {
        let path = socket::file(data);
        let listener = bind(data, &path)
            .with_context(|| format!("making the control socket {}", path.display()))?;
        Ok(Control { listener, path })
    }

    /// Carries out orders until dropped.
    pub async fn serve(self, node: Arc<Node>, media: Media) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        open.spawn(answer(stream, node.clone(), media.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the control socket cannot accept");
                        sleep(REFUSED_PAUSE).await;
                    }
                },
                Some(ended) = open.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "an order of the control socket died");
                    }
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Err(error) = remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

/// At no moment can anyone but the owner connect: the socket is made in a closed folder and
/// moved to its place with its own mode set.
fn bind(data: &Path, path: &Path) -> io::Result<UnixListener> {
    let staging = data.join(STAGING);
    if staging.exists() {
        remove_dir_all(&staging)?;
    }
    DirBuilder::new().mode(0o700).create(&staging)?;
    let address = Address::in_folder(&staging, Path::new(STAGED))?;
    let listener = UnixListener::bind(&address.path)?;
    let staged = staging.join(STAGED);
    set_permissions(&staged, Permissions::from_mode(0o600))?;
    rename(&staged, path)?;
    remove_dir_all(&staging)?;
    Ok(listener)
}

async fn answer(stream: UnixStream, node: Arc<Node>, media: Media) {
    if let Err(error) = exchange(stream, &node, media).await {
        tracing::debug!(%error, "a connection to the control socket broke");
    }
}

async fn exchange(stream: UnixStream, node: &Node, media: Media) -> Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LINE_BYTES_MAX))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str::<Order>(&line) {
        Err(error) => Answer::Refused(format!(
            "the running server does not know this order: {error}"
        )),
        Ok(order) => match admin::execute(node, || Ok(media), order).await {
            Ok(reply) => Answer::Done(reply),
            Err(error) => Answer::Refused(format!("{error:#}")),
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    Ok(())
}

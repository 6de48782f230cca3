//! The file of a backup: one line that says how the data folder was made, then the dump.

use std::fs::{File, OpenOptions, hard_link, remove_file, rename};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use petrel_store::MadeIn;
use petrel_store::dump::{self, Progress, Summary};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::node::{self, Node};

const FIRST_LINE_BYTES_MAX: u64 = 64;

fn first_line(made_in: MadeIn) -> String {
    format!("Petrel backup of a {} folder\n", made_in.as_str())
}

/// Writes the file: there whole and synced, or not at all.
pub async fn write(node: &Node, path: &Path) -> Result<Summary> {
    if path.exists() {
        bail!("there is such a file already");
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private(&mut options);
    let out = BufWriter::new(options.open(partial)?);
    let written = fill(node, out).await;
    let placed = written.and_then(|(summary, file)| {
        file.sync_all()?;
        // A link, unlike a rename, never replaces what someone has put there meanwhile.
        hard_link(partial, path).or_else(|error| match error.kind() {
            ErrorKind::AlreadyExists => Err(error),
            _ => rename(partial, path),
        })?;
        Ok(summary)
    });
    // After a rename there is nothing left to remove.
    let _ = remove_file(partial);
    let summary = placed?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(summary)
}

/// A backup holds everything that was said in private.
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

/// On a thread of its own, as writing to a file blocks.
async fn fill(node: &Node, mut out: BufWriter<File>) -> Result<(Summary, File)> {
    let (store, made_in) = (node.store.clone(), node.made_in);
    let runtime = Handle::current();
    let filled = spawn_blocking(move || {
        out.write_all(first_line(made_in).as_bytes())?;
        let catalogue = node::catalogue();
        let now_ms = store.clock().now_ms();
        let mut progress = |_: Progress<'_>| {};
        let written = dump::write_store(&store, &catalogue, now_ms, &mut out, &mut progress);
        let summary = runtime.block_on(written)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((summary, file))
    });
    filled.await?
}

/// The dump in the file, and how the folder that it came from was made.
pub fn open(file: File) -> Result<(Rest, MadeIn)> {
    let mut file = BufReader::new(file);
    let mut line = Vec::new();
    io::BufRead::read_until(
        &mut (&mut file).take(FIRST_LINE_BYTES_MAX),
        b'\n',
        &mut line,
    )?;
    let known = [MadeIn::Standard, MadeIn::Dev];
    let made_in = known
        .into_iter()
        .find(|made_in| first_line(*made_in).as_bytes() == line)
        .context("this is not a backup of Petrel")?;
    let begin = line.len() as u64;
    Ok((Rest { file, begin }, made_in))
}

/// A file without its first line.
pub struct Rest {
    file: BufReader<File>,
    begin: u64,
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }
}

impl Seek for Rest {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(offset) => SeekFrom::Start(offset + self.begin),
            other => other,
        };
        let at = self.file.seek(to)?;
        at.checked_sub(self.begin)
            .ok_or_else(|| ErrorKind::InvalidInput.into())
    }
}

//! Backup, restore and check.

mod check;
mod file;

use std::fs::{File, remove_dir_all, rename};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use petrel_store::dump;

use crate::admin::Reply;
use crate::config::Config;
use crate::node::{self, Node, Open};

pub use check::{check, check_journal};

/// Writes all data, as of one moment, into a new file; others go on reading and writing.
pub async fn backup(node: &Node, path: &Path) -> Result<Reply> {
    let at = || format!("backing up to {}", path.display());
    let summary = file::write(node, path).await.with_context(at)?;
    Ok(Reply::Backup {
        file: path.to_path_buf(),
        rows: summary.rows(),
        bytes: summary.bytes,
    })
}

/// Makes the data folder out of a backup. It is built beside its place and put there whole, so a
/// restore that fails or is cut off leaves no folder that looks like one.
pub async fn restore(config: &Config, path: &Path) -> Result<Reply> {
    let data = &config.data;
    if node::has_store(data) {
        bail!(
            "{} holds data already; restore into a new folder",
            data.display()
        );
    }
    let at = || format!("restoring {}", path.display());
    let input = File::open(path).with_context(at)?;
    let (mut input, made_in) = file::open(input).with_context(at)?;
    let staging = beside(data, "restoring");
    if staging.exists() {
        remove_dir_all(&staging).with_context(|| staging.display().to_string())?;
    }
    let staged = Config {
        data: staging.clone(),
        ..config.clone()
    };
    let restored = async {
        let node = node::open(&staged, Open::OrMake(made_in)).await?;
        let engine = &**node.store.engine();
        let catalogue = node::catalogue();
        let summary = dump::restore(engine, &catalogue, &mut input, &mut |_| {}).await?;
        let report = check::report(&node, false).await?;
        if let Some(first) = report.differences.first() {
            bail!(
                "what was restored is not sound: {} ({} differences in all); it is in {}, look at it with `petrel check`",
                first.text,
                report.differences_count,
                staging.display()
            );
        }
        Ok(summary)
    };
    let summary = restored.await.with_context(at)?;
    put_in_place(&staging, data).with_context(at)?;
    Ok(Reply::Restore {
        data: data.clone(),
        rows: summary.rows(),
    })
}

/// Where a data folder is built before it is put in its place.
pub fn beside(data: &Path, what: &str) -> PathBuf {
    let mut staging = data.as_os_str().to_owned();
    staging.push(".");
    staging.push(what);
    staging.into()
}

/// The folder may be there already, if it holds no data: what lies in it stays.
pub fn put_in_place(staging: &Path, data: &Path) -> std::io::Result<()> {
    if data.exists() {
        rename(
            staging.join(node::STORE_FOLDER),
            data.join(node::STORE_FOLDER),
        )?;
        remove_dir_all(staging)?;
    } else {
        rename(staging, data)?;
    }
    let parent = data
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

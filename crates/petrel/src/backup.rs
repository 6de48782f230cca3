//! Backup, restore and check.

mod check;
mod file;

use std::fs::{File, read_dir, remove_dir_all, rename};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use petrel_social::check::Report;
use petrel_store::dump;
use petrel_store_embedded::MadeIn;

use crate::admin::Reply;
use crate::config::Config;
use crate::engine::{self, Open};
use crate::node::{self, Node};
use crate::views::TIMELINES_FOLDER;

pub use check::{check, check_journal};

/// The engine's, in each data folder; it stays where it is.
const LOCK_FILE: &str = "LOCK";

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
    if engine::has_store(data) {
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
    let loaded = load(&staged, made_in, &mut input).await;
    let (summary, report) = loaded
        .inspect_err(|_| {
            // Whatever is left of it is removed by the next restore.
            let _ = remove_dir_all(&staging);
        })
        .with_context(at)?;
    if let Some(first) = report.differences.first() {
        bail!(
            "what was restored is not sound: {} ({} differences in all); it is in {}, look at it with `petrel check`",
            first.text,
            report.differences_count,
            staging.display()
        );
    }
    put_in_place(&staging, data).with_context(at)?;
    Ok(Reply::Restore {
        data: data.clone(),
        rows: summary.rows(),
    })
}

async fn load(
    config: &Config,
    made_in: MadeIn,
    input: &mut file::Rest,
) -> Result<(dump::Summary, Report)> {
    let node = node::open(config, Open::OrMake(made_in)).await?;
    let engine = &**node.store.engine();
    let summary = dump::restore(engine, &node::catalogue(), input, &mut |_| {}).await?;
    let report = check::report(&node, false).await?;
    Ok((summary, report))
}

/// Where a data folder is built before it is put in its place.
pub fn beside(data: &Path, what: &str) -> PathBuf {
    // Without a slash at its end, which would lead inside.
    let mut staging = data.components().collect::<PathBuf>().into_os_string();
    staging.push(".");
    staging.push(what);
    staging.into()
}

/// The folder may be there already, if it holds no data: what lies in it stays, but for what was
/// kept of another store's timelines. The store comes last: with it, the folder is one that holds
/// data.
pub fn put_in_place(staging: &Path, data: &Path) -> std::io::Result<()> {
    if data.exists() {
        let timelines = data.join(TIMELINES_FOLDER);
        if timelines.exists() {
            remove_dir_all(timelines)?;
        }
        for entry in read_dir(staging)? {
            let name = entry?.file_name();
            if name != LOCK_FILE && name != engine::STORE_FOLDER {
                rename(staging.join(&name), data.join(&name))?;
            }
        }
        let store = engine::STORE_FOLDER;
        rename(staging.join(store), data.join(store))?;
        remove_dir_all(staging)?;
    } else {
        rename(staging, data)?;
    }
    let parent = data
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_beside_a_folder_is_never_inside() {
        for (data, beside_it) in [
            ("d", "d.filling"),
            ("a/d/", "a/d.filling"),
            ("./d/", "./d.filling"),
        ] {
            let found = beside(Path::new(data), "filling");
            assert_eq!(found, PathBuf::from(beside_it));
        }
    }

    #[test]
    fn a_folder_that_is_there_keeps_what_lies_in_it() {
        let place = tempfile::tempdir().unwrap();
        let (data, staging) = (place.path().join("d"), place.path().join("d.filling"));
        for name in ["outbox", TIMELINES_FOLDER] {
            std::fs::create_dir_all(data.join(name)).unwrap();
        }
        std::fs::create_dir_all(staging.join(engine::STORE_FOLDER)).unwrap();
        std::fs::write(staging.join("DEMO"), "").unwrap();
        put_in_place(&staging, &data).unwrap();
        for name in ["outbox", "DEMO", engine::STORE_FOLDER] {
            assert!(data.join(name).exists(), "{name}");
        }
        assert!(!data.join(TIMELINES_FOLDER).exists(), "of another store");
        assert!(!staging.exists());
    }
}

//! Backup, restore and check.

mod check;
mod file;
mod restore;

use std::fs::{File, read_dir, remove_dir_all, rename};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::admin::Reply;
use crate::config::Config;
use crate::engine;
use crate::node::Node;
use crate::views::TIMELINES_FOLDER;

pub use check::{check, check_journal};

/// The engine's, in each data folder; it stays where it is.
const LOCK_FILE: &str = "LOCK";

/// Writes all data into a new file: as of one moment, or where several nodes write so that all is
/// in it that was acknowledged before, and nothing shown that was forbidden when it was closed.
/// Others go on reading and writing.
pub async fn backup(node: &Node, path: &Path) -> Result<Reply> {
    let at = || format!("backing up to {}", path.display());
    let summary = file::write(node, path).await.with_context(at)?;
    Ok(Reply::Backup {
        file: path.to_path_buf(),
        rows: summary.rows(),
        bytes: summary.bytes,
        closed_ms: summary.closed_ms,
    })
}

/// Makes a store out of a backup: a data folder, or the cluster's keyspace that the configuration
/// names.
pub async fn restore(config: &Config, path: &Path) -> Result<Reply> {
    let at = || format!("restoring {}", path.display());
    let input = File::open(path).with_context(at)?;
    let (input, made_in) = file::open(input).with_context(at)?;
    let restored = match config.is_cluster() {
        true => restore::into_cluster(config, made_in, input).await,
        false => restore::into_folder(config, made_in, input).await,
    };
    let (into, summary) = restored.with_context(at)?;
    Ok(Reply::Restore {
        into,
        rows: summary.rows(),
    })
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

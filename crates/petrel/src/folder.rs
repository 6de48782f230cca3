//! The data folder of a node whose data is elsewhere: its own, while it has it open.

use std::fs::{File, OpenOptions, TryLockError, read_to_string, remove_dir_all, write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::engine::{has_store, make_private};
use crate::views::TIMELINES_FOLDER;

/// The same as that of the embedded engine: two processes never share a folder.
const LOCK_FILE: &str = "LOCK";
/// Holds the name of the cluster's store that the folder's files are about.
const STORE_FILE: &str = "STORE";

/// A data folder that no other process has. Let go when dropped.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, and takes it.
    pub fn take(path: &Path) -> Result<Folder> {
        if has_store(path) {
            bail!(
                "{} holds the data of one machine; name another folder by --data for this node of a cluster",
                path.display()
            );
        }
        if !path.exists() {
            make_private(path)?;
        }
        let at = path.join(LOCK_FILE);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let lock = options
            .open(&at)
            .with_context(|| at.display().to_string())?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder {
                path: path.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => {
                bail!("another process has {} open", path.display())
            }
            Err(TryLockError::Error(error)) => Err(error).context(at.display().to_string()),
        }
    }

    /// What the folder keeps of another store's timelines is removed.
    pub fn belongs_to(&self, store: &str) -> Result<()> {
        let at = self.path.join(STORE_FILE);
        if read_to_string(&at).is_ok_and(|known| known == store) {
            return Ok(());
        }
        let timelines = self.path.join(TIMELINES_FOLDER);
        if timelines.exists() {
            remove_dir_all(&timelines).with_context(|| timelines.display().to_string())?;
        }
        write(&at, store).with_context(|| at.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_process_s_and_one_store_s() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("d");
        let folder = Folder::take(&path).unwrap();
        assert!(Folder::take(&path).is_err());
        folder.belongs_to("a").unwrap();
        let timelines = path.join(TIMELINES_FOLDER);
        std::fs::create_dir(&timelines).unwrap();
        folder.belongs_to("a").unwrap();
        assert!(timelines.exists());
        folder.belongs_to("b").unwrap();
        assert!(!timelines.exists());
        drop(folder);
        assert!(Folder::take(&path).is_ok());
        std::fs::create_dir(path.join("store")).unwrap();
        assert!(Folder::take(&path).is_err());
    }
}

//! The data folder: who has it open, what made it, and where the parts of the store lie.
//!
//! `LOCK` holds the pid of the process that has the folder. `store/` is fjall's, with one file of
//! ours, `FORMAT`. A new store is built in `store.new/` and renamed, so that `store/` is there
//! whole or not at all.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{OpenError, io_at};
use crate::manifest::require_whole;
use petrel_store::MadeIn;

const LOCK_FILE: &str = "LOCK";
const STORE_FOLDER: &str = "store";
const STAGING_FOLDER: &str = "store.new";
const FORMAT_FILE: &str = "FORMAT";
const FORMAT: &str = "petrel embedded store 1";
/// Files without which fjall would take a store for a new one and delete what it holds.
const ENGINE_FILES: [&str; 3] = ["version", "keyspaces/0/current", "keyspaces/1/current"];
const KEYSPACES_FOLDER: &str = "keyspaces";
/// fjall's own, and ours.
const KEYSPACES: [&str; 2] = ["0", "1"];

/// A data folder that this process alone has. Let go when dropped.
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Folder {
    /// Makes the folder if need be, and takes it.
    pub fn lock(path: &Path) -> Result<Folder, OpenError> {
        std::fs::create_dir_all(path).map_err(io_at(path))?;
        let lock_path = path.join(LOCK_FILE);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(io_at(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked {
                    path: path.to_path_buf(),
                    pid: read_pid(&mut lock),
                });
            }
            Err(TryLockError::Error(source)) => return Err(io_at(&lock_path)(source)),
        }
        // The pid is a courtesy; on a full disk the lock alone must do.
        let _ = write_pid(&mut lock);
        Ok(Folder {
            path: path.to_path_buf(),
            lock,
        })
    }

    pub fn store(&self) -> PathBuf {
        self.path.join(STORE_FOLDER)
    }

    /// An empty folder in which to build a new store.
    pub fn staging(&self) -> Result<PathBuf, OpenError> {
        let staging = self.path.join(STAGING_FOLDER);
        if staging.exists() {
            std::fs::remove_dir_all(&staging).map_err(io_at(&staging))?;
        }
        std::fs::create_dir(&staging).map_err(io_at(&staging))?;
        Ok(staging)
    }

    /// Makes the staged store the store.
    pub fn settle(&self, staging: &Path, made_in: MadeIn) -> Result<(), OpenError> {
        let format = staging.join(FORMAT_FILE);
        let text = format!("{FORMAT}\nmade in {} mode\n", made_in.as_str());
        let mut file = File::create(&format).map_err(io_at(&format))?;
        file.write_all(text.as_bytes()).map_err(io_at(&format))?;
        file.sync_all().map_err(io_at(&format))?;
        sync_folder(staging)?;
        std::fs::rename(staging, self.store()).map_err(io_at(staging))?;
        sync_folder(&self.path)
    }

    /// In which mode the store was made; none if there is no store yet.
    pub fn made_in(&self) -> Result<Option<MadeIn>, OpenError> {
        let store = self.store();
        if !store.exists() {
            return Ok(None);
        }
        let path = store.join(FORMAT_FILE);
        let bytes = std::fs::read(&path).map_err(io_at(&path))?;
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        let format = lines.next().unwrap_or_default();
        if format != FORMAT {
            return Err(OpenError::Format {
                path,
                found: format.chars().take(80).collect(),
            });
        }
        lines
            .next()
            .and_then(|line| line.strip_prefix("made in ")?.strip_suffix(" mode"))
            .and_then(MadeIn::parse)
            .map(Some)
            .ok_or_else(|| OpenError::damaged(&path, "its second line names no mode"))
    }

    /// Refuses a store from which fjall would silently start over.
    pub fn require_engine_files(&self) -> Result<(), OpenError> {
        let store = self.store();
        match ENGINE_FILES
            .iter()
            .map(|name| store.join(name))
            .find(|path| !path.is_file())
        {
            Some(missing) => Err(OpenError::damaged(&missing, "it is missing")),
            None => {
                let keyspaces = store.join(KEYSPACES_FOLDER);
                refuse_strays(&keyspaces)?;
                KEYSPACES
                    .iter()
                    .try_for_each(|name| require_whole(&keyspaces.join(name)))
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Not left to the closing of the file: a process that was just forked off may still hold
        // it open. Failing that, closing it is all there is.
        let _ = self.lock.unlock();
    }
}

/// fjall panics, and ends the process, over a folder there that is none of its own.
fn refuse_strays(keyspaces: &Path) -> Result<(), OpenError> {
    for entry in std::fs::read_dir(keyspaces).map_err(io_at(keyspaces))? {
        let path = entry.map_err(io_at(keyspaces))?.path();
        if path.is_dir() && !KEYSPACES.iter().any(|name| path.ends_with(name)) {
            return Err(OpenError::damaged(
                &path,
                "it does not belong there; move it away",
            ));
        }
    }
    Ok(())
}

/// The journals of a store, oldest first.
pub(crate) fn journals(store: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(store).map_err(io_at(store))? {
        let path = entry.map_err(io_at(store))?.path();
        if path.extension().is_none_or(|extension| extension != "jnl") {
            continue;
        }
        let number = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse::<u64>().ok())
            .filter(|_| path.is_file())
            .ok_or_else(|| OpenError::damaged(&path, "it is no journal, but is named like one"))?;
        found.push((number, path));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Makes names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), OpenError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(io_at(path))
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> std::io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

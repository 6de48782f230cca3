use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fjall::{
    AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch,
    PersistMode, compaction::Leveled,
};

use crate::error::{OpenError, io_at};
use crate::folder::{Folder, journals, sync_folder};
use crate::journal::{Tail, survey};
use crate::options::{MEMTABLE_BYTES, WORKER_THREADS};
use crate::repair::truncate;
use crate::row::{Last, boot_key, last_key};
use petrel_store::MadeIn;

const ROWS: &str = "rows";
/// Rows in memory of fewer bytes are read from the journal at the next start: that is quick too.
const FLUSH_BYTES_MIN: u64 = 1024 * 1024;
/// How long a flush at the end may take: so many looks ...
const FLUSH_LOOKS_MAX: u32 = 2_500;
/// ... so far apart.
const FLUSH_LOOK: Duration = Duration::from_millis(2);

/// The open database and its one keyspace.
pub(crate) struct Open {
    pub db: Database,
    pub rows: Keyspace,
}

/// What the database knew of itself when it was opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub last: Last,
    /// How often it has been started before.
    pub boots: u64,
}

/// Makes the store if there is none yet, and opens it.
pub(crate) fn open_or_create(
    folder: &Folder,
    made_in: Option<MadeIn>,
    cache_bytes: u64,
) -> Result<(Open, MadeIn), OpenError> {
    let made = match folder.made_in()? {
        Some(made) => made,
        None => {
            let made = made_in.unwrap_or(MadeIn::Standard);
            let staging = folder.staging()?;
            drop(open_engine(&staging, cache_bytes)?);
            folder.settle(&staging, made)?;
            made
        }
    };
    if let Some(asked) = made_in
        && asked != made
    {
        return Err(OpenError::MadeIn {
            path: folder.store(),
            made,
            asked,
        });
    }
    Ok((open_existing(folder, cache_bytes)?, made))
}

/// Opens a store that was made before, after a look at its journal.
pub(crate) fn open_existing(folder: &Folder, cache_bytes: u64) -> Result<Open, OpenError> {
    folder.require_engine_files()?;
    let store = folder.store();
    inspect_journals(&store)?;
    open_engine(&store, cache_bytes)
}

/// Refuses damage and cuts off a torn end, so that fjall reads only what is whole.
fn inspect_journals(store: &Path) -> Result<(), OpenError> {
    let files = journals(store)?;
    let mut sequence = 0;
    for (index, file) in files.iter().enumerate() {
        let is_newest = index + 1 == files.len();
        let survey = survey(file, sequence, is_newest).map_err(io_at(file))?;
        sequence = survey.last_sequence;
        match survey.tail {
            Tail::Clean => {}
            Tail::Torn => {
                tracing::info!(
                    file = %file.display(),
                    bytes = survey.data_bytes - survey.whole_bytes,
                    "a batch that was never acknowledged is cut off"
                );
                truncate(file, survey.whole_bytes)?;
            }
            Tail::Damaged(why) => {
                return Err(OpenError::Journal {
                    file: file.clone(),
                    offset: survey.whole_bytes,
                    why: why.to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// fjall asserts in places where a damaged folder can lead it; that must not end the process.
fn open_engine(store: &Path, cache_bytes: u64) -> Result<Open, OpenError> {
    let path = store.to_path_buf();
    catch_unwind(AssertUnwindSafe(|| try_open_engine(&path, cache_bytes)))
        .unwrap_or_else(|_| Err(OpenError::damaged(store, "the engine gave up on its files")))
}

fn try_open_engine(store: &PathBuf, cache_bytes: u64) -> Result<Open, OpenError> {
    let db = Database::builder(store)
        .cache_size(cache_bytes)
        .worker_threads(WORKER_THREADS)
        .journal_compression(CompressionType::None)
        .open()
        .map_err(|error| engine_error(store, error))?;
    let rows = db
        .keyspace(ROWS, || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(MEMTABLE_BYTES)
                .compaction_strategy(std::sync::Arc::new(Leveled::default()))
        })
        .map_err(|error| engine_error(store, error))?;
    Ok(Open { db, rows })
}

fn engine_error(store: &Path, error: fjall::Error) -> OpenError {
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => {
            io_at(store)(source)
        }
        fjall::Error::Locked => OpenError::Locked {
            path: store.to_path_buf(),
            pid: None,
        },
        error => OpenError::damaged(store, error.to_string()),
    }
}

/// Oldest first, so that what is left is always the end of the whole.
fn empty_journals(store: &Path) -> Result<(), OpenError> {
    let mut files = journals(store)?;
    let newest = files.pop();
    for file in files {
        std::fs::remove_file(&file).map_err(io_at(&file))?;
        sync_folder(store)?;
    }
    newest.map_or(Ok(()), |file| truncate(&file, 0))
}

impl Open {
    pub fn known(&self, store: &Path) -> Result<Known, OpenError> {
        let read = |key: [u8; 3]| {
            self.rows
                .get(key)
                .map_err(|error| engine_error(store, error))
        };
        let last = match read(last_key())? {
            None => Some(Last::default()),
            Some(bytes) => Last::from_bytes(&bytes),
        };
        let boots = match read(boot_key())? {
            None => Some(0),
            Some(bytes) => bytes[..].try_into().ok().map(u64::from_le_bytes),
        };
        match (last, boots) {
            (Some(last), Some(boots)) => Ok(Known { last, boots }),
            _ => Err(OpenError::damaged(store, "its own rows do not decode")),
        }
    }

    /// Notes durably that there was one more start.
    pub fn note_boot(&self, store: &Path, boot: u64) -> Result<(), OpenError> {
        let mut batch = self.batch(1);
        batch.insert(&self.rows, boot_key(), boot.to_le_bytes());
        batch.commit().map_err(|error| engine_error(store, error))
    }

    /// Brings all rows from memory into tables, if there are enough to make the next start slow
    /// and it can be done soon. True if the journal holds nothing that the tables do not.
    fn flush(&self) -> bool {
        let tree = &self.rows.tree;
        if tree.active_memtable().size() < FLUSH_BYTES_MIN || self.rows.rotate_memtable().is_err() {
            return false;
        }
        for _ in 0..FLUSH_LOOKS_MAX {
            if tree.sealed_memtable_count() == 0 {
                return tree.get_highest_memtable_seqno().is_none();
            }
            if self.is_poisoned() {
                return false;
            }
            std::thread::sleep(FLUSH_LOOK);
        }
        false
    }

    /// Closes the database so that it opens quickly: with `may_flush`, what is in memory goes
    /// into tables, and the journals, which then repeat what is in tables, are emptied as the
    /// engine itself would empty them a little later.
    pub fn close(self, store: &Path, may_flush: bool) {
        let is_flushed = may_flush && self.flush();
        drop(self);
        if is_flushed && let Err(error) = empty_journals(store) {
            tracing::warn!(%error, "the journals could not be emptied; the next start reads them");
        }
    }

    /// An atomic write that is synced before it becomes visible.
    pub fn batch(&self, rows: usize) -> OwnedWriteBatch {
        OwnedWriteBatch::with_capacity(self.db.clone(), rows)
            .durability(Some(PersistMode::SyncData))
    }

    /// Whether a thread of the engine has failed; then it takes no writes for good.
    pub fn is_poisoned(&self) -> bool {
        matches!(
            self.db.persist(PersistMode::Buffer),
            Err(fjall::Error::Poisoned)
        )
    }
}

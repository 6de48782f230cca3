//! Files under keys that the server makes: in a folder, or in a bucket on an S3 server.
//!
//! What is put is there whole or not at all. In a folder it is written under another name, synced
//! and renamed; object_store does so when told to sync.

mod error;
mod incoming;
mod piece;
mod room;
mod settings;

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
};
use tempfile::TempDir;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, SemaphorePermit};

pub use error::DepotError;
pub use incoming::Incoming;
pub use piece::Piece;
pub use settings::{Bucket, DepotSettings, Place};

/// What is larger goes in parts of this size, so that no file is ever whole in memory.
const PART_BYTES: u64 = 8 * 1_024 * 1_024;

/// How many parts are in memory at once, on one node.
const PARTS_AT_ONCE: usize = 8;

/// Cheap to clone.
#[derive(Clone)]
pub struct Depot {
    store: Arc<dyn ObjectStore>,
    /// For parts on their way to the store.
    parts: Arc<Semaphore>,
    /// Where the files are, if they are in a folder.
    folder: Option<PathBuf>,
    scratch: Arc<PathBuf>,
}

/// One file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub key: String,
    /// Unix milliseconds, by the clock of whoever keeps it.
    pub modified_ms: u64,
}

impl Depot {
    /// Makes the folders that are missing. Asks no server for anything.
    pub fn open(settings: &DepotSettings) -> Result<Depot, DepotError> {
        std::fs::create_dir_all(&settings.scratch)?;
        let (store, folder): (Arc<dyn ObjectStore>, _) = match &settings.place {
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                let files = LocalFileSystem::new_with_prefix(folder)?
                    .with_fsync(true)
                    .with_automatic_cleanup(true);
                (Arc::new(files), Some(folder.clone()))
            }
            Place::S3(bucket) => (Arc::new(bucket.open()?), None),
        };
        Ok(Depot {
            store,
            parts: Arc::new(Semaphore::new(PARTS_AT_ONCE)),
            folder,
            scratch: Arc::new(settings.scratch.clone()),
        })
    }

    /// Keeps a copy of the file under the key, instead of what was there.
    pub async fn put(&self, key: &str, from: &FilePath) -> Result<(), DepotError> {
        let key = path(key)?;
        let mut file = File::open(from).await?;
        let size_bytes = file.metadata().await?.len();
        self.require_room(size_bytes)?;
        if size_bytes <= PART_BYTES {
            let _turn = self.turn().await;
            let part = next_part(&mut file, size_bytes).await?;
            self.store.put(&key, PutPayload::from(part)).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&key).await?;
        match self.send_parts(&mut file, upload.as_mut()).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // What it was about is the error; parts that stay are the server's to expire.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// The bytes in the range, or all of them.
    pub async fn get(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<Piece>, DepotError> {
        let key = path(key)?;
        let begin = range.as_ref().map_or(0, |range| range.start);
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.store.get_opts(&key, options).await {
            Ok(result) => Ok(Some(Piece::from(result))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) if begin == 0 => Err(error.into()),
            // Servers say in many ways that a file is shorter than that.
            Err(error) => match self.store.head(&key).await {
                Ok(meta) if meta.size <= begin => Err(DepotError::NoSuchRange),
                _ => Err(error.into()),
            },
        }
    }

    /// Whether there is a file under the key.
    pub async fn has(&self, key: &str) -> Result<bool, DepotError> {
        match self.store.head(&path(key)?).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Copies the file under the key to `to`; false if there is none.
    pub async fn fetch(&self, key: &str, to: &FilePath) -> Result<bool, DepotError> {
        let Some(mut piece) = self.get(key, None).await? else {
            return Ok(false);
        };
        self.require_room(piece.size_bytes)?;
        let mut file = File::create(to).await?;
        while let Some(bytes) = piece.stream.next().await {
            file.write_all(&bytes?).await?;
        }
        file.flush().await?;
        Ok(true)
    }

    /// What is not there is deleted already.
    pub async fn delete(&self, key: &str) -> Result<(), DepotError> {
        match self.store.delete(&path(key)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// All files whose keys lie below `prefix`, as in "incoming"; in no order.
    pub fn list(&self, prefix: &str) -> BoxStream<'static, Result<Found, DepotError>> {
        let prefix = (!prefix.is_empty()).then(|| Path::from(prefix));
        let found = self.store.list(prefix.as_ref());
        found
            .map_ok(|file| Found {
                key: file.location.to_string(),
                modified_ms: file.last_modified.timestamp_millis().max(0) as u64,
            })
            .map_err(DepotError::from)
            .boxed()
    }

    /// A file for an upload to be streamed into, of at most so many bytes.
    pub fn incoming(&self, bytes_max: u64) -> Result<Incoming, DepotError> {
        self.require_room(0)?;
        Incoming::make(&self.scratch, bytes_max)
    }

    /// A folder for files in work, gone with all that is in it when it is dropped.
    pub fn workplace(&self) -> Result<TempDir, DepotError> {
        self.require_room(0)?;
        let named = tempfile::Builder::new().prefix("work-").to_owned();
        Ok(named.tempdir_in(self.scratch.as_path())?)
    }

    /// Where the files are, if they are in a folder.
    pub(crate) fn folder(&self) -> Option<&FilePath> {
        self.folder.as_deref()
    }

    /// For the log: the folder, or what is there instead.
    pub fn place(&self) -> String {
        match &self.folder {
            Some(folder) => folder.display().to_string(),
            None => self.store.to_string(),
        }
    }

    /// Where files in work are.
    pub fn scratch(&self) -> &FilePath {
        &self.scratch
    }

    async fn send_parts(
        &self,
        file: &mut File,
        upload: &mut dyn MultipartUpload,
    ) -> Result<(), DepotError> {
        loop {
            let _turn = self.turn().await;
            let part = next_part(file, PART_BYTES).await?;
            if part.is_empty() {
                break;
            }
            upload.put_part(PutPayload::from(part)).await?;
        }
        upload.complete().await?;
        Ok(())
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        let turn = self.parts.acquire().await;
        turn.expect("the semaphore is never closed")
    }

    fn require_room(&self, size_bytes: u64) -> Result<(), DepotError> {
        room::require(&self.scratch, size_bytes)?;
        match &self.folder {
            Some(folder) => room::require(folder, size_bytes),
            None => Ok(()),
        }
    }
}

/// At most [`PART_BYTES`] of the file, of which so many are left.
async fn next_part(file: &mut File, left_bytes: u64) -> Result<Vec<u8>, DepotError> {
    let mut part = Vec::with_capacity(left_bytes.min(PART_BYTES) as usize);
    file.take(PART_BYTES).read_to_end(&mut part).await?;
    Ok(part)
}

fn path(key: &str) -> Result<Path, DepotError> {
    Path::parse(key).map_err(|error| DepotError::Failed(error.to_string()))
}

use std::path::{Path, PathBuf};

use petrel_store::MadeIn;
use petrel_store::StoreError;

/// Why a data folder does not open. Each text names the file and the next step.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{path} is in use by {holder}; stop that server first, or talk to it instead",
        path = path.display(),
        holder = holder_text(*pid)
    )]
    Locked { path: PathBuf, pid: Option<u32> },
    #[error(
        "{path} was made in {made} mode and cannot be opened in {asked} mode; name another data folder",
        path = path.display(),
        made = made.as_str(),
        asked = asked.as_str()
    )]
    MadeIn {
        path: PathBuf,
        made: MadeIn,
        asked: MadeIn,
    },
    #[error(
        "{path} is of format {found:?}, which this version does not know; use the version that wrote it, or a newer one",
        path = path.display()
    )]
    Format { path: PathBuf, found: String },
    /// The journal is damaged where acknowledged writes lie.
    #[error(
        "{file} is damaged at byte {offset}: {why}. Nothing was changed. `petrel check --repair` cuts the journal at the last whole batch, keeps the rest beside it and says what was cut; or restore a backup",
        file = file.display()
    )]
    Journal {
        file: PathBuf,
        offset: u64,
        why: String,
    },
    #[error(
        "{file} is damaged: {why}. Nothing can be repaired there: move the folder aside and restore a backup into a new one",
        file = file.display()
    )]
    Damaged { file: PathBuf, why: String },
    #[error("{path}: {source}", path = path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl OpenError {
    pub(crate) fn damaged(file: &Path, why: impl Into<String>) -> OpenError {
        OpenError::Damaged {
            file: file.to_path_buf(),
            why: why.into(),
        }
    }
}

/// For `map_err`: an input or output error with the path that it happened on.
pub(crate) fn io_at(path: &Path) -> impl FnOnce(std::io::Error) -> OpenError + '_ {
    |source| OpenError::Io {
        path: path.to_path_buf(),
        source,
    }
}

fn holder_text(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

/// A read that the engine's library refused: a damaged file, or a medium that fails.
pub(crate) fn read_error(error: fjall::Error) -> StoreError {
    tracing::error!(%error, "a file of the store cannot be read");
    StoreError::Corrupt {
        table: "the embedded store",
        why: format!("{error}; run `petrel check`, and restore a backup if it fails too"),
    }
}

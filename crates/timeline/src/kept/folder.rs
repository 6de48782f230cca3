use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::kept::chunk::Chunk;

const EXTENSION: &str = "log";
/// The file that is being written, before it takes its place.
const FRESH: &str = "fresh";

/// The folder with the log's files, numbered in their order.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(path: &Path) -> Folder {
        Folder {
            path: path.to_path_buf(),
        }
    }

    /// All chunks in order with their numbers; none if there are none, or if one is damaged or
    /// missing in between.
    pub(crate) fn read(&self) -> io::Result<Vec<(u64, Chunk)>> {
        let mut chunks: Vec<(u64, Chunk)> = Vec::new();
        for number in self.numbers()? {
            let chunk = Chunk::from_bytes(&fs::read(self.file(number))?);
            let follows = chunks.last().is_none_or(|(last, _)| last + 1 == number);
            match chunk {
                Ok(chunk) if follows => chunks.push((number, chunk)),
                _ => {
                    tracing::warn!(
                        number,
                        "a file of the timelines' cache is damaged; all are dropped"
                    );
                    return Ok(Vec::new());
                }
            }
        }
        Ok(chunks)
    }

    /// Either the whole file is there or what was there before.
    pub(crate) fn write(&self, number: u64, chunk: &Chunk) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let fresh = self.path.join(FRESH);
        fs::write(&fresh, chunk.to_bytes())?;
        fs::File::open(&fresh)?.sync_data()?;
        fs::rename(fresh, self.file(number))
    }

    pub(crate) fn remove(&self, number: u64) -> io::Result<()> {
        remove(&self.file(number))
    }

    pub(crate) fn clear(&self) -> io::Result<()> {
        // The oldest last: a part that is left over begins with the wrong number or too early.
        for number in self.numbers()?.into_iter().rev() {
            self.remove(number)?;
        }
        remove(&self.path.join(FRESH))
    }

    fn numbers(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_ours = path
                .extension()
                .is_some_and(|extension| extension == EXTENSION);
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let number: Option<u64> = stem.filter(|_| is_ours).and_then(|stem| stem.parse().ok());
            numbers.extend(number);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:012}.{EXTENSION}"))
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

//! A depot in a throw-away folder, a processor whose child is that of the tests, and samples.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod samples;

use std::path::{Path, PathBuf};

use petrel_media::worker::Worker;
use petrel_media::{
    Depot, DepotSettings, Ffmpeg, ImagePurpose, Made, MediaError, Place, Processor,
};
use tempfile::TempDir;

pub const CHILD: &str = env!("CARGO_BIN_EXE_petrel-media-test-worker");

pub struct House {
    pub folder: TempDir,
    pub depot: Depot,
    pub processor: Processor,
}

impl House {
    pub fn plain() -> House {
        House::with(None)
    }

    /// None, and a word to whoever reads the output, where there is no ffmpeg. CI has it.
    pub fn with_ffmpeg() -> Option<House> {
        let found = Ffmpeg::find(None);
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(found.is_some() || !in_ci, "CI must have ffmpeg");
        if found.is_none() {
            eprintln!("LEFT OUT: there is no ffmpeg");
        }
        found.map(|ffmpeg| House::with(Some(ffmpeg)))
    }

    pub fn with(ffmpeg: Option<Ffmpeg>) -> House {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::open(&DepotSettings {
            place: Place::Folder(folder.path().join("media")),
            scratch: folder.path().join("scratch"),
        });
        let depot = depot.unwrap();
        let processor = Processor::new(depot.clone(), worker(), ffmpeg);
        House {
            folder,
            depot,
            processor,
        }
    }

    pub fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("upload");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub async fn attach(&self, bytes: &[u8]) -> Result<Made, MediaError> {
        let before = self.in_work();
        let made = self.processor.attachment(&self.file(bytes)).await;
        let left = self.in_work() - before;
        assert!(made.is_ok() || left == 0, "{left} things were left behind");
        made
    }

    pub async fn image(&self, bytes: &[u8], purpose: ImagePurpose) -> Result<Made, MediaError> {
        self.processor.image(&self.file(bytes), purpose).await
    }

    fn in_work(&self) -> usize {
        std::fs::read_dir(self.depot.scratch()).unwrap().count()
    }
}

pub fn worker() -> Worker {
    Worker::new(CHILD.into(), ["media-worker"])
}

pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

pub fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

pub fn opened(made: &petrel_media::Variant) -> image::RgbaImage {
    let bytes = bytes(&made.path);
    image::load_from_memory(&bytes).unwrap().into_rgba8()
}

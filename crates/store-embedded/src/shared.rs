use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::Room;

use crate::database::{Open, open_existing};
use crate::error::OpenError;
use crate::folder::Folder;
use crate::options::Options;
use crate::queue::{Queue, stopping};
use crate::room::Gauge;
use crate::row::Last;

/// What readers, callers and the writer share.
pub(crate) struct Shared {
    pub queue: Queue,
    pub options: Options,
    pub store: PathBuf,
    gauge: Gauge,
    /// Empty while the database is opened anew, and after the end.
    slot: RwLock<Option<Slot>>,
    /// Let go last, at the end.
    folder: Mutex<Option<Folder>>,
    last_stamp: AtomicU64,
}

struct Slot {
    open: Open,
    opening: u64,
}

impl Shared {
    pub fn new(folder: Folder, open: Open, last: Last, gauge: Gauge, options: Options) -> Shared {
        Shared {
            queue: Queue::new(),
            gauge,
            store: folder.store(),
            options,
            slot: RwLock::new(Some(Slot { open, opening: 0 })),
            folder: Mutex::new(Some(folder)),
            last_stamp: AtomicU64::new(last.stamp.0),
        }
    }

    /// Calls `with` with the open database and the number of its opening.
    pub fn with_open<T>(
        &self,
        with: impl FnOnce(&Open, u64) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &*self.slot.read() {
            Some(slot) => with(&slot.open, slot.opening),
            None => Err(stopping()),
        }
    }

    /// Closes the database and opens it anew, with new threads of its own. Readers wait.
    pub fn reopen(&self) -> Result<Last, OpenError> {
        let folder = self.folder.lock();
        let folder = folder.as_ref().expect("only the end empties it");
        let mut slot = self.slot.write();
        let opening = slot.take().map_or(0, |slot| slot.opening) + 1;
        let open = open_existing(folder, self.options.cache_bytes)?;
        let known = open.known(&self.store)?;
        *slot = Some(Slot { open, opening });
        Ok(known.last)
    }

    /// Once the writer has ended.
    pub fn close(&self) {
        if let Some(slot) = self.slot.write().take() {
            let has_room = self.gauge.has_room(&slot.open);
            slot.open.close(&self.store, has_room);
        }
        drop(self.folder.lock().take());
    }

    pub fn room(&self) -> Option<Room> {
        self.with_open(|open, _| Ok(self.gauge.read(open)))
            .ok()
            .flatten()
    }

    pub fn now_s(&self) -> u64 {
        self.options.clock.now_us() / 1_000_000
    }

    pub fn last_stamp(&self) -> Stamp {
        Stamp(self.last_stamp.load(Ordering::Acquire))
    }

    pub fn set_last_stamp(&self, stamp: Stamp) {
        self.last_stamp.store(stamp.0, Ordering::Release);
    }
}

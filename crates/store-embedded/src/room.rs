use std::path::PathBuf;

use fjall::AbstractTree;
use petrel_store::engine::Room;

use crate::database::Open;
use crate::options::{COMPACTION_BYTES_MAX, MEMTABLE_BYTES, RESERVE_BYTES_MAX, RESERVE_PART};

/// Looks how much room the medium has, and knows how much must stay free.
pub(crate) struct Gauge {
    store: PathBuf,
    reserve_bytes: Option<u64>,
}

impl Gauge {
    pub fn new(store: PathBuf, reserve_bytes: Option<u64>) -> Gauge {
        Gauge {
            store,
            reserve_bytes,
        }
    }

    /// None if the file system does not say.
    pub fn read(&self, open: &Open) -> Option<Room> {
        let (free_bytes, total_bytes) = self.medium()?;
        let reserve_bytes = self.reserve_of(total_bytes) + background_bytes(open);
        Some(Room {
            free_bytes,
            reserve_bytes,
        })
    }

    pub fn has_room(&self, open: &Open) -> bool {
        self.read(open)
            .is_none_or(|room| room.free_bytes >= room.reserve_bytes)
    }

    fn reserve_of(&self, total_bytes: u64) -> u64 {
        self.reserve_bytes
            .unwrap_or_else(|| (total_bytes / RESERVE_PART).min(RESERVE_BYTES_MAX))
    }

    /// Free bytes for us, and all bytes.
    fn medium(&self) -> Option<(u64, u64)> {
        let medium = rustix::fs::statvfs(&self.store).ok()?;
        Some((
            medium.f_bavail.saturating_mul(medium.f_frsize),
            medium.f_blocks.saturating_mul(medium.f_frsize),
        ))
    }
}

/// What the engine's own threads will write without asking: every memtable to a file, while the
/// journal that holds the same rows still lies there, and compactions.
fn background_bytes(open: &Open) -> u64 {
    let tree = &open.rows.tree;
    let sealed = u64::try_from(tree.sealed_memtable_count()).unwrap_or(u64::MAX);
    let memtables = tree.active_memtable().size() + sealed.saturating_mul(MEMTABLE_BYTES);
    memtables + open.rows.disk_space().min(COMPACTION_BYTES_MAX)
}

/// Says why a write was refused.
pub(crate) fn full_text(room: Room) -> String {
    const MIB: u64 = 1024 * 1024;
    format!(
        "the disk has {} MiB free and {} MiB must stay free; reading goes on, and writing as soon as there is room",
        room.free_bytes / MIB,
        room.reserve_bytes.div_ceil(MIB),
    )
}

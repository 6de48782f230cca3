use std::path::Path;

use super::DepotError;

/// Files leave a twentieth of the disk free, at most this much: more than the store needs, so
/// that posting goes on when there is no room for pictures any more. In bytes.
const RESERVE_BYTES_MAX: u64 = 1_024 * 1_024 * 1_024;
const RESERVE_PART: u64 = 20;

pub fn require(folder: &Path, size_bytes: u64) -> Result<(), DepotError> {
    let disk = rustix::fs::statvfs(folder).map_err(std::io::Error::from)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let whole = disk.f_blocks.saturating_mul(disk.f_frsize);
    match has_room(whole, free, size_bytes) {
        true => Ok(()),
        false => Err(DepotError::Full),
    }
}

fn has_room(whole: u64, free: u64, wanted: u64) -> bool {
    let reserve = (whole / RESERVE_PART).min(RESERVE_BYTES_MAX);
    free >= reserve.saturating_add(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_disk_stays_free() {
        const GIB: u64 = 1_024 * 1_024 * 1_024;
        assert!(has_room(10 * GIB, GIB / 2, 0));
        assert!(!has_room(10 * GIB, GIB / 2, 1));
        assert!(has_room(1_000 * GIB, GIB, 0));
        assert!(!has_room(1_000 * GIB, GIB - 1, 0));
    }
}

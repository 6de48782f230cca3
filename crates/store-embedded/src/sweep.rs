use fjall::{Readable, Slice, Snapshot};
use petrel_store::StoreError;

use crate::database::Open;
use crate::error::read_error;
use crate::group::Group;
use crate::options::SWEEP_ROWS_MAX;
use crate::row::{Stored, expiry_from, split_expiry_key};

/// Removes rows that have expired. Nobody sees them any more; this frees their room.
pub(crate) struct Sweep {
    /// Where the index of expiring rows was left: what lies before is gone.
    from: Vec<u8>,
}

impl Sweep {
    pub fn new() -> Sweep {
        Sweep {
            from: expiry_from(0),
        }
    }

    /// A row was written that expires at `at_s`, perhaps before where the index was left.
    pub fn note(&mut self, at_s: u64) {
        let from = expiry_from(at_s);
        if from < self.from {
            self.from = from;
        }
    }

    /// Puts the removal of what has expired by `now_s` into the group, at most
    /// [`SWEEP_ROWS_MAX`] rows. An entry whose row was written anew with another expiry, or is
    /// gone, goes alone.
    pub fn gather(
        &self,
        open: &Open,
        group: &mut Group<'_>,
        now_s: u64,
    ) -> Result<Swept, StoreError> {
        let snapshot = open.db.snapshot();
        let end = expiry_from(now_s.saturating_add(1));
        let mut swept = Swept::default();
        if self.from >= end {
            return Ok(swept);
        }
        for guard in snapshot.range(&open.rows, self.from.as_slice()..end.as_slice()) {
            let entry = guard.key().map_err(read_error)?;
            if let Some((at_s, row_key)) = split_expiry_key(&entry)
                && expires_at(open, &snapshot, row_key)? == Some(at_s)
            {
                group.remove(Slice::from(row_key));
                swept.rows += 1;
            }
            swept.entries += 1;
            let mut from = entry.to_vec();
            from.push(0);
            swept.from = Some(from);
            group.remove(entry);
            if swept.entries == SWEEP_ROWS_MAX {
                break;
            }
        }
        Ok(swept)
    }

    /// To be called once the group is committed.
    pub fn done(&mut self, swept: &Swept) {
        if let Some(from) = &swept.from {
            self.from.clone_from(from);
        }
    }
}

/// What one sweep removes.
#[derive(Default)]
pub(crate) struct Swept {
    pub rows: usize,
    entries: usize,
    from: Option<Vec<u8>>,
}

impl Swept {
    pub fn is_behind(&self) -> bool {
        self.entries == SWEEP_ROWS_MAX
    }
}

fn expires_at(open: &Open, snapshot: &Snapshot, row_key: &[u8]) -> Result<Option<u64>, StoreError> {
    let Some(value) = snapshot.get(&open.rows, row_key).map_err(read_error)? else {
        return Ok(None);
    };
    Ok(Stored::parse(&value)?.expires_at_s)
}

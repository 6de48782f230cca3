//! Work that may take several groups, each whole: a dropped partition, a restore, a sweep.

use fjall::{Readable, Slice};
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::FullRow;

use crate::database::Open;
use crate::error::read_error;
use crate::group::Group;
use crate::options::CHUNK_ROWS_MAX;
use crate::row::{Stored, end_of, key_of, partition_prefix};
use crate::sweep::Swept;
use crate::writer::Writer;

impl Writer {
    /// Rows stamped later stay.
    pub fn delete_partition(
        &mut self,
        open: &Open,
        table: u16,
        partition: &[u8],
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let prefix = partition_prefix(table, partition);
        let end = end_of(&prefix);
        let mut doomed: Vec<Slice> = Vec::new();
        for guard in open.db.snapshot().range(&open.rows, prefix..end) {
            let (key, value) = guard.into_inner().map_err(read_error)?;
            if Stored::parse(&value)?.revision <= stamp {
                doomed.push(key);
            }
            if doomed.len() == CHUNK_ROWS_MAX {
                self.remove_all(open, &mut doomed, stamp)?;
            }
        }
        self.remove_all(open, &mut doomed, stamp)
    }

    fn remove_all(
        &mut self,
        open: &Open,
        doomed: &mut Vec<Slice>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let mut group = self.group(open);
        group.note_batch(stamp);
        doomed.drain(..).for_each(|key| group.remove(key));
        self.commit(group)
    }

    /// Rows with the revisions that they bear.
    pub fn load(&mut self, open: &Open, table: u16, rows: &[FullRow]) -> Result<(), StoreError> {
        for chunk in rows.chunks(CHUNK_ROWS_MAX) {
            let mut group = self.group(open);
            for FullRow { partition, row } in chunk {
                let key = key_of(table, partition, &row.sort);
                group.put_at(key, row.revision, row.expires_at_s, &row.value);
            }
            self.commit(group)?;
        }
        Ok(())
    }

    pub fn sweep_once(&mut self, open: &Open) -> Result<usize, StoreError> {
        Ok(self.sweep_some(open)?.rows)
    }

    pub fn sweep_some(&mut self, open: &Open) -> Result<Swept, StoreError> {
        let mut group = self.group(open);
        let swept = self.sweep.gather(open, &mut group, self.shared.now_s())?;
        self.commit(group)?;
        self.sweep.done(&swept);
        Ok(swept)
    }

    fn group<'a>(&self, open: &'a Open) -> Group<'a> {
        Group::new(open, self.last, self.shared.now_s())
    }
}

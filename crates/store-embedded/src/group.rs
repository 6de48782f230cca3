use std::collections::BTreeMap;

use bytes::Bytes;
use fjall::{Readable, Slice, Snapshot};
use petrel_model::clock::Stamp;
use petrel_store::StoreError;
use petrel_store::engine::{
    Condition, Op, RawConditional, RawMend, RawOutcome, RawRow, is_expired,
};

use crate::database::Open;
use crate::error::read_error;
use crate::row::{Change, Last, Stored, boot_key, expiry_key, key_of, last_key, row_key, value_of};

/// The rows that one atomic write will leave behind, with what was there before underneath.
pub(crate) struct Group<'a> {
    open: &'a Open,
    /// What was committed before this group; opened when first needed.
    before: Option<Snapshot>,
    /// The rows' new values; none where the row is deleted. In the order of their keys, because
    /// the engine finds the places of neighbours much faster one after another.
    rows: BTreeMap<Slice, Option<Slice>>,
    pub last: Last,
    now_s: u64,
    scratch: Vec<u8>,
    /// The earliest expiry written, in Unix seconds.
    pub earliest_expiry_s: Option<u64>,
}

impl<'a> Group<'a> {
    pub fn new(open: &'a Open, last: Last, now_s: u64) -> Group<'a> {
        Group {
            open,
            before: None,
            rows: BTreeMap::new(),
            last,
            now_s,
            scratch: Vec::new(),
            earliest_expiry_s: None,
        }
    }

    /// A batch; the stamp that it got.
    pub fn write(&mut self, asked: Stamp, changes: Vec<Change>) -> Stamp {
        let stamp = self.next_stamp(asked);
        for Change { key, put } in changes {
            match put {
                Some((value, expires_at_s)) => self.put(key, stamp, expires_at_s, &value),
                None => self.remove(key),
            }
        }
        stamp
    }

    /// A conditional write; its stamp is later than every row that is there.
    pub fn write_if(&mut self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        let mut found = Vec::with_capacity(write.conditions.len());
        let mut holds = true;
        for (sort, condition) in write.conditions {
            let row = self.row(&key_of(write.table, &write.partition, &sort), &sort)?;
            holds &= match (condition, &row) {
                (Condition::Absent, None) | (Condition::Present, Some(_)) => true,
                (Condition::Revision(revision), Some(row)) => row.revision == revision,
                _ => false,
            };
            found.push((sort, row));
        }
        if !holds {
            return Ok(RawOutcome::Conflict(found));
        }
        let changes = write.ops.into_iter().map(change_of).collect();
        Ok(RawOutcome::Applied(self.write(write.stamp, changes)))
    }

    /// A repair; false, and nothing done, if a premise does not hold.
    pub fn mend(&mut self, mend: RawMend) -> Result<bool, StoreError> {
        for (key, premise) in &mend.premises {
            let revision = self.row(&row_key(key), &key.sort)?.map(|row| row.revision);
            if revision != *premise {
                return Ok(false);
            }
        }
        // All is read before anything is changed: a read that fails must leave nothing behind.
        let mut puts = Vec::new();
        for (key, value, expires_at_s, stamp) in mend.puts {
            let place = row_key(&key);
            let there = self.row(&place, &key.sort)?;
            if there.is_none_or(|row| row.revision <= stamp) {
                puts.push((place, stamp, expires_at_s, value));
            }
        }
        let mut deletes = Vec::new();
        for (key, stamp) in mend.deletes {
            let place = row_key(&key);
            let there = self.row(&place, &key.sort)?;
            if there.is_some_and(|row| row.revision <= stamp) {
                deletes.push(place);
            }
        }
        for (place, stamp, expires_at_s, value) in puts {
            self.put_at(place, stamp, expires_at_s, &value);
        }
        for place in deletes {
            self.remove(place);
        }
        self.last.batches += 1;
        Ok(true)
    }

    /// A row with a stamp of its own, which raises the last one if it must.
    pub fn put_at(&mut self, key: Slice, stamp: Stamp, expires_at_s: Option<u64>, value: &[u8]) {
        self.last.stamp = self.last.stamp.max(stamp);
        self.put(key, stamp, expires_at_s, value);
    }

    pub fn remove(&mut self, key: Slice) {
        self.rows.insert(key, None);
    }

    pub fn note_batch(&mut self, stamp: Stamp) {
        self.last.stamp = self.last.stamp.max(stamp);
        self.last.batches += 1;
    }

    pub fn note_boot(&mut self, boot: u64) {
        self.rows
            .insert(boot_key().into(), Some(boot.to_le_bytes().into()));
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One atomic write and one sync. When it returns Ok all of it is durable and visible.
    pub fn commit(self) -> Result<Last, fjall::Error> {
        let rows = &self.open.rows;
        let mut batch = self.open.batch(self.rows.len() + 1);
        for (key, value) in self.rows {
            match value {
                Some(value) => batch.insert(rows, key, value),
                None => batch.remove(rows, key),
            }
        }
        batch.insert(rows, last_key(), self.last.to_bytes());
        batch.commit()?;
        Ok(self.last)
    }

    fn next_stamp(&mut self, asked: Stamp) -> Stamp {
        let stamp = asked.max(Stamp(self.last.stamp.0 + 1));
        self.note_batch(stamp);
        stamp
    }

    fn put(&mut self, key: Slice, stamp: Stamp, expires_at_s: Option<u64>, payload: &[u8]) {
        if let Some(at_s) = expires_at_s {
            self.rows
                .insert(expiry_key(at_s, &key), Some(Slice::default()));
            self.earliest_expiry_s = Some(self.earliest_expiry_s.map_or(at_s, |s| s.min(at_s)));
        }
        let value = value_of(&mut self.scratch, stamp, expires_at_s, payload);
        self.rows.insert(key, Some(value));
    }

    /// The row as it is once the group so far is committed.
    fn row(&mut self, key: &Slice, sort: &Bytes) -> Result<Option<RawRow>, StoreError> {
        let value = match self.rows.get(key) {
            Some(value) => value.clone(),
            None => self
                .before
                .get_or_insert_with(|| self.open.db.snapshot())
                .get(&self.open.rows, key)
                .map_err(read_error)?,
        };
        let Some(value) = value else {
            return Ok(None);
        };
        let stored = Stored::parse(&value)?;
        if is_expired(stored.expires_at_s, self.now_s) {
            return Ok(None);
        }
        Ok(Some(RawRow {
            sort: sort.clone(),
            value: Bytes::copy_from_slice(stored.payload),
            revision: stored.revision,
            expires_at_s: stored.expires_at_s,
        }))
    }
}

pub(crate) fn change_of(op: Op) -> Change {
    match op {
        Op::Put {
            key,
            value,
            expires_at_s,
        } => Change {
            key: row_key(&key),
            put: Some((value, expires_at_s)),
        },
        Op::Delete { key } => Change {
            key: row_key(&key),
            put: None,
        },
    }
}

//! Keeps what one test writes apart from what an earlier one left. A batch that was acknowledged
//! may reach its last replica after the tables were emptied, and one that was slow may be carried
//! out by the engine once more: as the contract has it, and not what the next test expects.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use petrel_model::clock::Stamp;
use petrel_store::engine::{
    FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, RowKey,
    TableScanner, TableToken,
};
use petrel_store::limits::KEY_BYTES_MAX;
use petrel_store::{Engine, Layer, Mode, StoreError, TableId};
use petrel_store_cql::Cql;

/// In longer partition keys the prefix takes the place of what they begin with.
const PREFIXED_BYTES_MAX: usize = KEY_BYTES_MAX - size_of::<Prefix>();

pub type Prefix = [u8; 4];

/// What those were, by how they are stored.
static LONG: Mutex<BTreeMap<Bytes, Bytes>> = Mutex::new(BTreeMap::new());

/// An engine all of whose partition keys begin with a prefix that nobody sees.
pub struct Apart {
    pub inner: Cql,
    pub prefix: Prefix,
}

fn stored(prefix: Prefix, partition: &[u8]) -> Bytes {
    if partition.len() <= PREFIXED_BYTES_MAX {
        return [&prefix[..], partition].concat().into();
    }
    let stored: Bytes = [&prefix[..], &partition[prefix.len()..]].concat().into();
    let original = Bytes::copy_from_slice(partition);
    let known = LONG
        .lock()
        .unwrap()
        .insert(stored.clone(), original.clone());
    assert!(
        known.is_none_or(|known| known == original),
        "a test's long keys differ in their end"
    );
    stored
}

/// The rows that are one's own.
fn own(prefix: Prefix, rows: Vec<FullRow>) -> Vec<FullRow> {
    let own = rows.into_iter().filter_map(|mut full| {
        let rest = full.partition.strip_prefix(&prefix)?;
        let long = LONG.lock().unwrap().get(&full.partition).cloned();
        full.partition = long.unwrap_or_else(|| Bytes::copy_from_slice(rest));
        Some(full)
    });
    own.collect()
}

impl Apart {
    fn partition(&self, partition: &[u8]) -> Bytes {
        stored(self.prefix, partition)
    }

    fn key(&self, key: &RowKey) -> RowKey {
        RowKey {
            partition: self.partition(&key.partition),
            ..key.clone()
        }
    }

    fn ops(&self, mut ops: Vec<Op>) -> Vec<Op> {
        for op in &mut ops {
            match op {
                Op::Put { key, .. } | Op::Delete { key } => *key = self.key(key),
            }
        }
        ops
    }

    fn scan_of(&self, scan: &RawScan) -> RawScan {
        RawScan {
            partition: self.partition(&scan.partition),
            ..scan.clone()
        }
    }
}

#[async_trait]
impl Layer for Apart {
    fn below(&self) -> &dyn Engine {
        &self.inner
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        self.inner.get(mode, &self.key(key)).await
    }

    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        let keys: Vec<RowKey> = keys.iter().map(|key| self.key(key)).collect();
        self.inner.get_many(mode, &keys).await
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.inner.scan(&self.scan_of(scan)).await
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        let scans: Vec<RawScan> = scans.iter().map(|scan| self.scan_of(scan)).collect();
        self.inner.scan_many(&scans).await
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        let (rows, token) = self.inner.scan_table(table, token, limit).await?;
        Ok((own(self.prefix, rows), token))
    }

    async fn write(&self, mut batch: RawBatch) -> Result<Stamp, StoreError> {
        batch.ops = self.ops(batch.ops);
        self.inner.write(batch).await
    }

    async fn write_if(&self, mut write: RawConditional) -> Result<RawOutcome, StoreError> {
        write.partition = self.partition(&write.partition);
        write.ops = self.ops(write.ops);
        self.inner.write_if(write).await
    }

    async fn mend(&self, mut mend: RawMend) -> Result<bool, StoreError> {
        for (key, _) in &mut mend.premises {
            *key = self.key(key);
        }
        for (key, ..) in &mut mend.puts {
            *key = self.key(key);
        }
        for (key, _) in &mut mend.deletes {
            *key = self.key(key);
        }
        self.inner.mend(mend).await
    }

    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let partition = self.partition(&partition);
        self.inner.delete_partition(table, partition, stamp).await
    }

    async fn snapshot(&self) -> Result<Box<dyn TableScanner>, StoreError> {
        Ok(Box::new(Reader {
            inner: self.inner.snapshot().await?,
            prefix: self.prefix,
        }))
    }

    async fn load(&self, table: TableId, mut rows: Vec<FullRow>) -> Result<(), StoreError> {
        for full in &mut rows {
            full.partition = self.partition(&full.partition);
        }
        self.inner.load(table, rows).await
    }
}

struct Reader {
    inner: Box<dyn TableScanner>,
    prefix: Prefix,
}

#[async_trait]
impl TableScanner for Reader {
    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        let (rows, token) = self.inner.scan_table(table, token, limit).await?;
        Ok((own(self.prefix, rows), token))
    }
}

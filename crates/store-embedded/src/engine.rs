use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use bytes::Bytes;
use petrel_model::clock::Stamp;
use petrel_store::engine::{
    FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan, Room, RowKey,
    TableScanner, TableToken,
};
use petrel_store::limits::KEY_BYTES_MAX;
use petrel_store::{Engine, MadeIn, Mode, StoreError, TableId};
use tokio::sync::oneshot;

use crate::database::open_or_create;
use crate::error::{OpenError, io_at};
use crate::folder::Folder;
use crate::group::change_of;
use crate::moment::Moment;
use crate::options::Options;
use crate::queue::{Job, Reply, stopping};
use crate::read::View;
use crate::room::Gauge;
use crate::row::{Change, TABLE_MAX};
use crate::shared::Shared;
use crate::writer::Writer;

/// A row's weight in the queue on top of its bytes.
const ROW_OVERHEAD_BYTES: usize = 64;

/// The engine for one machine. Dropping it finishes what is queued and closes the folder.
pub struct Embedded {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    path: PathBuf,
    made_in: MadeIn,
    boot: u64,
}

impl Embedded {
    /// Opens the store in the data folder `path`, and makes folder and store if there are none.
    /// Blocks: it reads the journal, and syncs.
    pub fn open(path: &Path, options: Options) -> Result<Embedded, OpenError> {
        let folder = Folder::lock(path)?;
        let store = folder.store();
        let (open, made_in) = open_or_create(&folder, options.made_in, options.cache_bytes)?;
        let known = open.known(&store)?;
        let boot = known.boots + 1;
        let gauge = Gauge::new(store.clone(), options.reserve_bytes);
        let is_noted = gauge.has_room(&open);
        if is_noted {
            open.note_boot(&store, boot)?;
        }
        let shared = Arc::new(Shared::new(folder, open, known.last, gauge, options));
        let mut writer = Writer::new(Arc::clone(&shared), known.last);
        // On a full disk reads go on, after a restart too. The first write then notes the start,
        // and before that nothing durable bears its number.
        writer.boot = (!is_noted).then_some(boot);
        let thread = std::thread::Builder::new()
            .name("petrel-store".to_owned())
            .spawn(move || writer.run_or_abort())
            .map_err(io_at(path))?;
        Ok(Embedded {
            shared,
            writer: Some(thread),
            path: path.to_path_buf(),
            made_in,
            boot,
        })
    }

    /// A number that no earlier start of this store had: the token of this start.
    pub fn boot(&self) -> u64 {
        self.boot
    }

    pub fn made_in(&self) -> MadeIn {
        self.made_in
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes expired rows now instead of in the background, a bounded number of them; answers
    /// how many it removed.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        self.ask(0, |reply| Job::Sweep { reply }).await
    }

    async fn ask<T>(
        &self,
        bytes: usize,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.submit(job(reply), bytes).await?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    fn view<T>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.shared.with_open(|open, _| {
            read(&View {
                rows: &open.rows,
                snapshot: &open.db.snapshot(),
                now_s: self.shared.now_s(),
            })
        })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.shared.queue.stop();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has ended the process already.
            let _ = writer.join();
        }
        self.shared.close();
    }
}

#[async_trait]
impl Engine for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn late_bound_s(&self) -> u64 {
        0
    }

    async fn last_stamp(&self) -> Result<Stamp, StoreError> {
        Ok(self.shared.last_stamp())
    }

    async fn get(&self, _mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        self.view(|view| view.get(key))
    }

    async fn get_many(
        &self,
        _mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        self.view(|view| keys.iter().map(|key| view.get(key)).collect())
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.view(|view| view.scan(scan))
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        self.view(|view| scans.iter().map(|scan| view.scan(scan)).collect())
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.view(|view| view.scan_table(table, token, limit))
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        check_ops(&batch.ops)?;
        // Keys are made here, on the caller's thread, and not on the one that all wait for.
        let changes: Vec<Change> = batch.ops.into_iter().map(change_of).collect();
        let bytes = changes
            .iter()
            .map(|change| change.bytes() + ROW_OVERHEAD_BYTES)
            .sum();
        let (stamp, retry) = (batch.stamp, batch.retry);
        self.ask(bytes, |reply| Job::Write {
            stamp,
            retry,
            changes,
            reply,
        })
        .await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        check_key(write.table, &write.partition, &[])?;
        check_ops(&write.ops)?;
        let is_outside = |op: &Op| {
            let key = op.key();
            key.table != write.table || key.partition != write.partition
        };
        if write.ops.iter().any(is_outside) {
            return Err(StoreError::Refused(
                "a conditional write stays in its partition".to_owned(),
            ));
        }
        let bytes = write.ops.len() * ROW_OVERHEAD_BYTES;
        self.ask(bytes, |reply| Job::WriteIf { write, reply }).await
    }

    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        let premises = mend.premises.iter().map(|(key, _)| key);
        let puts = mend.puts.iter().map(|(key, ..)| key);
        let deletes = mend.deletes.iter().map(|(key, _)| key);
        for key in premises.chain(puts).chain(deletes) {
            check_key(key.table, &key.partition, &key.sort)?;
        }
        let bytes = (mend.puts.len() + mend.deletes.len()) * ROW_OVERHEAD_BYTES;
        self.ask(bytes, |reply| Job::Mend { mend, reply }).await
    }

    /// Up to 10,000 rows go in one atomic write. A larger partition goes in several, each whole;
    /// should the process die between two, the caller, who has no Ok, does it again.
    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        check_key(table, &partition, &[])?;
        self.ask(0, |reply| Job::DeletePartition {
            table,
            partition,
            stamp,
            reply,
        })
        .await
    }

    async fn snapshot(&self) -> Result<Box<dyn TableScanner>, StoreError> {
        Ok(Box::new(Moment::new(&self.shared)?))
    }

    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<(), StoreError> {
        for row in &rows {
            check_key(table, &row.partition, &row.row.sort)?;
        }
        let bytes = rows.len() * ROW_OVERHEAD_BYTES;
        self.ask(bytes, |reply| Job::Load { table, rows, reply })
            .await
    }

    fn room(&self) -> Option<Room> {
        self.shared.room()
    }
}

fn check_ops(ops: &[Op]) -> Result<(), StoreError> {
    ops.iter().try_for_each(|op| {
        let key = op.key();
        check_key(key.table, &key.partition, &key.sort)
    })
}

fn check_key(table: TableId, partition: &[u8], sort: &[u8]) -> Result<(), StoreError> {
    if table > TABLE_MAX {
        return Err(StoreError::Refused(format!(
            "table {table} is the engine's own"
        )));
    }
    let actual = partition.len().max(sort.len());
    if actual > KEY_BYTES_MAX {
        return Err(StoreError::TooLarge {
            what: "key",
            actual,
            limit: KEY_BYTES_MAX,
        });
    }
    Ok(())
}

//! Writes of plain tables: all rows or none, stamped, safe to send as often as it takes.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, TryStreamExt, stream};
use petrel_model::clock::{LIFT_MAX_US, Stamp};
use petrel_store::engine::{FullRow, Op, RawBatch, RawMend, RowKey};
use petrel_store::{Mode, StoreError, TableId};
use scylla::response::PagingState;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use tokio::time::timeout;

use crate::ask::{Patience, Sent};
use crate::cell::Cell;
use crate::engine::Inner;
use crate::limits::{LOAD_BYTES_MAX, LOAD_ROWS_MAX, LOADS_AT_ONCE, UNLOG_AFTER};
use crate::row::{encode, is_too_long, partition_of, timestamp, ttl_s};
use crate::tables::{TableStatements, What};

/// The timestamp of restored rows of conditional tables, in microseconds: those tables are
/// written by the engine's clocks otherwise, and whatever they say is later than this.
const LOADED_AT_US: i64 = 1;

/// A statement with its values.
struct Line<'a> {
    statement: &'a PreparedStatement,
    values: Vec<Cell<'a>>,
}

impl Inner {
    pub fn now_s(&self) -> u64 {
        self.clock.now_ms() / 1_000
    }

    pub async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        let now_s = self.now_s();
        let lines = batch.ops.iter().map(|op| {
            let key = op.key();
            let table = self.plain(key)?;
            Ok(match op {
                Op::Put {
                    value,
                    expires_at_s,
                    ..
                } => put(table, key, value, batch.stamp, *expires_at_s, now_s),
                Op::Delete { .. } => delete(table, key, batch.stamp),
            })
        });
        let lines = lines.collect::<Result<Vec<_>, StoreError>>()?;
        let is_logged = spans_partitions(batch.ops.iter().map(Op::key));
        self.note_if_ahead(batch.stamp).await?;
        self.send(lines, is_logged).await?;
        Ok(batch.stamp)
    }

    pub async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        let keys: Vec<RowKey> = mend.premises.iter().map(|(key, _)| key.clone()).collect();
        let found = self.get_many(&keys).await?;
        let differs = |(premise, row): (&(RowKey, Option<Stamp>), &Option<_>)| {
            premise.1
                != row
                    .as_ref()
                    .map(|row: &petrel_store::engine::RawRow| row.revision)
        };
        if mend.premises.iter().zip(&found).any(differs) {
            return Ok(false);
        }
        let now_s = self.now_s();
        let mut lines = Vec::with_capacity(mend.puts.len() + mend.deletes.len());
        for (key, value, expires_at_s, fact) in &mend.puts {
            lines.push(put(
                self.plain(key)?,
                key,
                value,
                *fact,
                *expires_at_s,
                now_s,
            ));
        }
        for (key, own) in &mend.deletes {
            lines.push(delete(self.plain(key)?, key, *own));
        }
        let puts = mend.puts.iter().map(|(key, ..)| key);
        let is_logged = spans_partitions(puts.chain(mend.deletes.iter().map(|(key, _)| key)));
        self.send(lines, is_logged).await?;
        Ok(true)
    }

    pub async fn delete_partition(
        &self,
        table: TableId,
        partition: &[u8],
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let table = self.tables.of_mode(table, Mode::Plain)?;
        if is_too_long(partition) {
            return Ok(());
        }
        self.note_if_ahead(stamp).await?;
        let values = vec![
            Cell::Long(timestamp(stamp)),
            Cell::Owned(partition_of(partition).into_owned()),
        ];
        let statement = table.get(What::DeletePartition);
        self.send(vec![Line { statement, values }], false).await
    }

    /// Rows of one partition that lie side by side go in one statement.
    pub async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<(), StoreError> {
        let table = self.tables.get(table)?;
        let Some(greatest) = rows.iter().map(|full| full.row.revision).max() else {
            return Ok(());
        };
        let now_s = self.now_s();
        let mut asked = Vec::new();
        for chunk in chunks(&rows) {
            let lines = chunk.iter().map(|full| load(table, full, now_s)).collect();
            asked.push(self.send(lines, false));
        }
        stream::iter(asked)
            .buffer_unordered(LOADS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        self.raise_mark(greatest).await
    }

    /// The greatest stamp of which is known that it lay ahead of the wall.
    pub async fn mark(&self) -> Result<Stamp, StoreError> {
        let statement = &self.schema.get_mark;
        let page = self
            .cluster
            .read(statement, &[], PagingState::start(), Patience::PLAIN)
            .await?;
        let rows = page.0.into_rows_result().map_err(unreadable)?;
        let mark = rows
            .maybe_first_row::<(Option<i64>,)>()
            .map_err(unreadable)?;
        let mark = mark.and_then(|(mark,)| mark).unwrap_or(0);
        Ok(Stamp(mark.try_into().unwrap_or(0)))
    }

    /// Stamps far ahead of the wall come from somewhere else, and the next start would not be
    /// above them by its clock alone.
    async fn note_if_ahead(&self, stamp: Stamp) -> Result<(), StoreError> {
        if stamp.0 <= self.clock.now_us().saturating_add(LIFT_MAX_US) {
            return Ok(());
        }
        self.raise_mark(stamp).await
    }

    async fn raise_mark(&self, stamp: Stamp) -> Result<(), StoreError> {
        // Its own timestamp: the greatest wins.
        let at = timestamp(stamp);
        let statement = &self.schema.set_mark;
        let values = vec![Cell::Long(at), Cell::Long(at)];
        self.send(vec![Line { statement, values }], false).await
    }

    fn plain(&self, key: &RowKey) -> Result<&TableStatements, StoreError> {
        let table = self.tables.of_mode(key.table, Mode::Plain)?;
        check_key(&key.partition, &key.sort)?;
        Ok(table)
    }

    async fn send(&self, mut lines: Vec<Line<'_>>, is_logged: bool) -> Result<(), StoreError> {
        let sent = Arc::new(Sent::default());
        if lines.len() <= 1 {
            let Some(Line { statement, values }) = lines.pop() else {
                return Ok(());
            };
            let mut statement = statement.clone();
            statement.set_history_listener(sent.clone());
            let ask = || self.cluster.session.execute_unpaged(&statement, &values);
            return self.cluster.write_idempotent(&sent, ask).await;
        }
        let (statements, values): (Vec<_>, Vec<_>) = lines
            .into_iter()
            .map(|line| (line.statement, line.values))
            .unzip();
        let (statements, values, listener) = (&statements, &values, &sent);
        let send = |kind| async move {
            let mut batch = Batch::new(kind);
            batch.set_execution_profile_handle(Some(self.cluster.plain.clone()));
            batch.set_is_idempotent(true);
            batch.set_history_listener(listener.clone());
            for statement in statements {
                batch.append_statement((*statement).clone());
            }
            self.cluster.session.batch(&batch, values).await
        };
        let ask = || async move {
            match is_logged {
                true => {
                    let unlogged = async {
                        // The engine begins with one partition before it looks after the next.
                        listener.doubt();
                        send(BatchType::Unlogged).await
                    };
                    first_of(send(BatchType::Logged), unlogged).await
                }
                false => send(BatchType::Unlogged).await,
            }
        };
        self.cluster.write_idempotent(&sent, ask).await
    }
}

/// Before it applies a logged batch, Cassandra notes it with two other nodes, and both must
/// answer. With three nodes in all, one that is dead or frozen stops every logged batch, through
/// whichever node it is sent, until the others are sure of its death: 18 seconds. So a batch that
/// is not answered soon is sent once more without a log. Whoever is alive has noted the first one
/// by then and will finish it, whatever becomes of us; and the answer to the second one says that
/// all rows are written.
async fn first_of<T, E>(
    logged: impl Future<Output = Result<T, E>>,
    unlogged: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut logged = pin!(logged);
    if let Ok(answer) = timeout(UNLOG_AFTER, &mut logged).await {
        return answer;
    }
    let mut unlogged = pin!(unlogged);
    match select(logged, unlogged.as_mut()).await {
        Either::Left((Ok(answer), _)) | Either::Right((Ok(answer), _)) => Ok(answer),
        Either::Left((Err(_), unlogged)) => unlogged.await,
        Either::Right((Err(_), logged)) => logged.await,
    }
}

pub(crate) fn check_key(partition: &[u8], sort: &[u8]) -> Result<(), StoreError> {
    if is_too_long(partition) || is_too_long(sort) {
        return Err(StoreError::TooLarge {
            what: "key",
            actual: partition.len().max(sort.len()),
            limit: petrel_store::limits::KEY_BYTES_MAX,
        });
    }
    Ok(())
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("an answer of the engine makes no sense: {error}"))
}

/// Whether the rows lie in more than one partition of one table.
fn spans_partitions<'a>(keys: impl Iterator<Item = &'a RowKey>) -> bool {
    let mut places = keys.map(|key| (key.table, &key.partition));
    let first = places.next();
    places.any(|place| Some(place) != first)
}

fn put<'a>(
    table: &'a TableStatements,
    key: &'a RowKey,
    value: &[u8],
    stamp: Stamp,
    expires_at_s: Option<u64>,
    now_s: u64,
) -> Line<'a> {
    Line {
        statement: table.get(What::Put),
        values: vec![
            Cell::Long(timestamp(stamp)),
            Cell::Int(ttl_s(expires_at_s, now_s)),
            Cell::Owned(encode(value, stamp, expires_at_s)),
            Cell::Owned(partition_of(&key.partition).into_owned()),
            Cell::Bytes(&key.sort),
        ],
    }
}

fn delete<'a>(table: &'a TableStatements, key: &'a RowKey, stamp: Stamp) -> Line<'a> {
    Line {
        statement: table.get(What::Delete),
        values: vec![
            Cell::Long(timestamp(stamp)),
            Cell::Owned(partition_of(&key.partition).into_owned()),
            Cell::Bytes(&key.sort),
        ],
    }
}

fn load<'a>(table: &'a TableStatements, full: &'a FullRow, now_s: u64) -> Line<'a> {
    let row = &full.row;
    let cell = Cell::Owned(encode(&row.value, row.revision, row.expires_at_s));
    let ttl = Cell::Int(ttl_s(row.expires_at_s, now_s));
    let partition = Cell::Owned(partition_of(&full.partition).into_owned());
    let sort = Cell::Bytes(&row.sort);
    let revision = timestamp(row.revision);
    match table.spec.mode {
        Mode::Plain => Line {
            statement: table.get(What::Put),
            values: vec![Cell::Long(revision), ttl, cell, partition, sort],
        },
        Mode::Cas => Line {
            statement: table.get(What::Load),
            values: vec![
                Cell::Long(LOADED_AT_US),
                ttl,
                cell,
                Cell::Long(revision),
                Cell::Long(expiry_of(row.expires_at_s)),
                partition,
                sort,
            ],
        },
    }
}

/// The expiry as conditions see it: without one it lies beyond all time.
pub(crate) fn expiry_of(expires_at_s: Option<u64>) -> i64 {
    let at_s = expires_at_s.unwrap_or(u64::MAX);
    i64::try_from(at_s).unwrap_or(i64::MAX)
}

/// Runs of rows of one partition, bounded in rows and bytes.
fn chunks(rows: &[FullRow]) -> Vec<&[FullRow]> {
    let mut chunks = Vec::new();
    let mut begin = 0;
    let mut bytes = 0;
    for (at, full) in rows.iter().enumerate() {
        let size = full.row.value.len() + full.row.sort.len();
        let is_full = at - begin >= LOAD_ROWS_MAX || bytes + size > LOAD_BYTES_MAX;
        if at > begin && (is_full || full.partition != rows[begin].partition) {
            chunks.push(&rows[begin..at]);
            (begin, bytes) = (at, 0);
        }
        bytes += size;
    }
    if begin < rows.len() {
        chunks.push(&rows[begin..]);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use bytes::Bytes;
    use petrel_store::engine::RawRow;
    use tokio::time::sleep;

    use super::*;

    fn row(partition: &'static str, size: usize) -> FullRow {
        FullRow {
            partition: Bytes::from_static(partition.as_bytes()),
            row: RawRow {
                sort: Bytes::new(),
                value: vec![0; size].into(),
                revision: Stamp(1),
                expires_at_s: None,
            },
        }
    }

    #[tokio::test]
    async fn a_batch_goes_without_a_log_when_its_log_is_not_answered() {
        let never = || pending::<Result<&str, &str>>();
        let unasked = async { panic!("it was answered in time") };
        assert_eq!(
            first_of(ready(Ok::<_, &str>("logged")), unasked).await,
            Ok("logged")
        );
        let unasked = async { panic!("it was answered in time") };
        assert_eq!(
            first_of(ready(Err::<&str, _>("refused")), unasked).await,
            Err("refused")
        );
        assert_eq!(
            first_of(never(), ready(Ok("unlogged"))).await,
            Ok("unlogged")
        );
        let late = async {
            sleep(UNLOG_AFTER * 2).await;
            Ok("logged")
        };
        assert_eq!(first_of(late, ready(Err("timed out"))).await, Ok("logged"));
    }

    #[test]
    fn a_restore_goes_in_bounded_runs_of_one_partition() {
        let mut rows = vec![row("a", 1); LOAD_ROWS_MAX + 1];
        rows.extend([
            row("b", 1),
            row("b", LOAD_BYTES_MAX),
            row("b", 1),
            row("c", 1),
        ]);
        let sizes: Vec<usize> = chunks(&rows).iter().map(|chunk| chunk.len()).collect();
        assert_eq!(sizes, [LOAD_ROWS_MAX, 1, 1, 1, 1, 1]);
        assert!(chunks(&[]).is_empty());
    }

    #[test]
    fn one_partition_is_that_of_one_table() {
        let key = |table, partition: &'static str| RowKey {
            table,
            partition: Bytes::from_static(partition.as_bytes()),
            sort: Bytes::new(),
        };
        let spans = |keys: &[RowKey]| spans_partitions(keys.iter());
        assert!(!spans(&[]) && !spans(&[key(1, "a"), key(1, "a")]));
        assert!(spans(&[key(1, "a"), key(1, "b")]) && spans(&[key(1, "a"), key(2, "a")]));
    }
}

//! Conditional writes: lightweight transactions, and how one is settled that has not answered.
//!
//! Each row that is written is held to a condition that no longer holds once the write was
//! applied, so the same write can be sent again through another node and is applied once. Its
//! revision tells whose a row is: no two writes bear one stamp.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use petrel_store::engine::{Condition, Op, RawConditional, RawOutcome};
use petrel_store::{Mode, Stamp, StoreError};
use scylla::errors::ExecutionError;
use scylla::response::query_result::{QueryResult, QueryRowsResult};
use scylla::statement::batch::{Batch, BatchType};
use scylla::value::Row;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::ask::{cas_is_refused, cas_wrote_nothing};
use crate::cell::Cell;
use crate::engine::Inner;
use crate::limits::{
    CAS_ANSWER, CAS_LAST_WAIT, CAS_PAUSE_MAX_MS, CAS_SENDS_MAX, CAS_TIMEOUT, SETTLE_TIMEOUT,
};
use crate::plain::{check_key, expiry_of, unreadable};
use crate::route::Route;
use crate::row::{encode, is_live, partition_of, timestamp, ttl_s};
use crate::tables::{If, TableStatements, What};
use crate::verdict::{Named, Verdict, judge};

/// A stamp's low 6 bits are its node's number, and stay when it is raised.
const STAMP_STEP: u64 = 64;
const DOUBT: StoreError = StoreError::Timeout {
    outcome_unknown: true,
};

impl Inner {
    pub async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        let table = self.tables.of_mode(write.table, Mode::Cas)?;
        let mut attempt = Attempt::new(self, table, &write)?;
        let is_sent = AtomicBool::new(false);
        match timeout(CAS_TIMEOUT, attempt.run(&is_sent)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::Timeout {
                outcome_unknown: is_sent.load(Ordering::SeqCst),
            }),
        }
    }
}

struct Attempt<'a> {
    inner: &'a Inner,
    table: &'a TableStatements,
    write: &'a RawConditional,
    rows: Vec<Named<'a>>,
    stamp: Stamp,
    route: Arc<Route>,
}

/// What one try said.
enum Answer {
    Applied,
    NotApplied,
    /// It surely wrote nothing, and may be tried again.
    Nothing,
    /// Nobody knows.
    Failed,
}

impl<'a> Attempt<'a> {
    fn new(
        inner: &'a Inner,
        table: &'a TableStatements,
        write: &'a RawConditional,
    ) -> Result<Attempt<'a>, StoreError> {
        let mut rows: Vec<Named<'a>> = Vec::new();
        for (sort, condition) in &write.conditions {
            check_key(&write.partition, sort)?;
            if rows.iter().any(|row| row.sort == sort) {
                return Err(refused("two conditions on one row"));
            }
            rows.push(Named {
                sort,
                condition: Some(*condition),
                op: None,
                now: None,
            });
        }
        for op in &write.ops {
            let key = op.key();
            if key.table != write.table || key.partition != write.partition {
                return Err(refused("a conditional write stays in its partition"));
            }
            check_key(&key.partition, &key.sort)?;
            match rows.iter_mut().find(|row| row.sort == key.sort) {
                Some(row) if row.op.is_some() => {
                    return Err(refused("two operations on one row"));
                }
                Some(row) => row.op = Some(op),
                None => rows.push(Named {
                    sort: &key.sort,
                    condition: None,
                    op: Some(op),
                    now: None,
                }),
            }
        }
        let above = write
            .conditions
            .iter()
            .filter_map(|(_, condition)| match condition {
                Condition::Revision(revision) => Some(*revision),
                Condition::Absent | Condition::Present => None,
            });
        Ok(Attempt {
            stamp: above.fold(write.stamp, raised),
            route: Route::new(inner.cluster.routing.clone()),
            inner,
            table,
            write,
            rows,
        })
    }

    async fn run(&mut self, is_sent: &AtomicBool) -> Result<RawOutcome, StoreError> {
        let _turn = self.inner.turns.take(self.write).await;
        let needs_reading = |row: &Named<'_>| row.condition.is_none();
        if self.write.ops.is_empty() || self.rows.iter().any(needs_reading) {
            self.look().await?;
            match self.judge(false) {
                Verdict::Again if self.write.ops.is_empty() => return Ok(self.applied()),
                Verdict::Again => {}
                Verdict::Applied => return Ok(self.applied()),
                Verdict::Conflict | Verdict::Unclear => return Ok(self.conflict()),
            }
        }
        let mut flights = FuturesUnordered::new();
        let mut has_failed = false;
        for number in 0..CAS_SENDS_MAX {
            is_sent.store(true, Ordering::SeqCst);
            flights.push(self.send());
            // None: it has not answered yet.
            let answer = match timeout(CAS_ANSWER, flights.next()).await {
                Ok(answer) => answer.transpose()?,
                Err(_) => None,
            };
            has_failed |= matches!(answer, Some(Answer::Failed));
            let is_in_doubt = has_failed || !flights.is_empty();
            match answer {
                Some(Answer::Applied) => return Ok(self.applied()),
                Some(Answer::Nothing) => {}
                Some(Answer::NotApplied | Answer::Failed) | None => {
                    self.look_in_doubt(is_in_doubt).await?;
                    match self.judge(is_in_doubt) {
                        Verdict::Applied => return Ok(self.applied()),
                        Verdict::Conflict => return Ok(self.conflict()),
                        Verdict::Again => {}
                        Verdict::Unclear => return self.wait(flights, has_failed).await,
                    }
                }
            }
            sleep(self.pause(number)).await;
        }
        self.wait(flights, has_failed).await
    }

    /// Sends it once, to a node that has not had it yet.
    fn send(&self) -> impl Future<Output = Result<Answer, StoreError>> + use<'a> {
        let (batch, values) = self.batch();
        let session = &self.inner.cluster.session;
        async move { answer_of(session.batch(&batch, &values).await) }
    }

    /// Reading tells no more; the tries that are still under way may.
    async fn wait<F: Future<Output = Result<Answer, StoreError>>>(
        &mut self,
        mut flights: FuturesUnordered<F>,
        mut has_failed: bool,
    ) -> Result<RawOutcome, StoreError> {
        let end = Instant::now() + CAS_LAST_WAIT;
        while let Ok(Some(answer)) = timeout_at(end, flights.next()).await {
            match answer? {
                Answer::Applied => return Ok(self.applied()),
                Answer::NotApplied | Answer::Nothing => {}
                Answer::Failed => has_failed = true,
            }
        }
        if has_failed || !flights.is_empty() {
            return Err(DOUBT);
        }
        self.look_in_doubt(false).await?;
        match self.judge(false) {
            Verdict::Applied => Ok(self.applied()),
            Verdict::Conflict | Verdict::Unclear => Ok(self.conflict()),
            Verdict::Again => Err(StoreError::Unavailable(
                "too many write one row at once".to_owned(),
            )),
        }
    }

    fn applied(&self) -> RawOutcome {
        RawOutcome::Applied(self.stamp)
    }

    fn conflict(&self) -> RawOutcome {
        let now_s = self.inner.now_s();
        let named = self.rows.iter().filter(|row| row.condition.is_some());
        RawOutcome::Conflict(
            named
                .map(|row| {
                    let now = row.now.clone().filter(|now| is_live(now, now_s));
                    (Bytes::copy_from_slice(row.sort), now)
                })
                .collect(),
        )
    }

    /// Reads all rows that are named, serially.
    async fn look(&mut self) -> Result<(), StoreError> {
        let sorts = self.rows.iter().map(|row| row.sort).collect();
        let found = self
            .inner
            .get_sorted(self.table, &self.write.partition, sorts)
            .await?;
        for row in &mut self.rows {
            row.now = found.iter().find(|found| found.sort == row.sort).cloned();
        }
        Ok(())
    }

    async fn look_in_doubt(&mut self, is_in_doubt: bool) -> Result<(), StoreError> {
        match timeout(SETTLE_TIMEOUT, self.look()).await {
            Ok(Ok(())) => Ok(()),
            _ if is_in_doubt => Err(DOUBT),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Timeout {
                outcome_unknown: false,
            }),
        }
    }

    /// Judges the rows as they were read last; the next try goes with a stamp above them.
    fn judge(&mut self, is_in_doubt: bool) -> Verdict {
        let verdict = judge(&self.rows, self.stamp, self.inner.now_s(), is_in_doubt);
        if matches!(verdict, Verdict::Again) && !is_in_doubt {
            let put = self.rows.iter().filter(|row| row.put().is_some());
            let highest = put.filter_map(Named::revision).max();
            self.stamp = raised(self.stamp, highest.unwrap_or(Stamp::MIN));
        }
        verdict
    }

    fn batch(&self) -> (Batch, Vec<Vec<Cell<'a>>>) {
        let now_s = self.inner.now_s();
        let mut batch = Batch::new(BatchType::Unlogged);
        batch.set_execution_profile_handle(Some(self.inner.cluster.cas.clone()));
        batch.set_load_balancing_policy(Some(self.route.clone()));
        batch.set_is_idempotent(false);
        let mut values = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let (condition, bound) = self.condition(row, now_s);
            let key = [
                Cell::Owned(partition_of(&self.write.partition).into_owned()),
                Cell::Bytes(row.sort),
            ];
            let (what, set) = match row.op {
                Some(Op::Put {
                    value,
                    expires_at_s,
                    ..
                }) => (
                    What::PutIf(condition),
                    self.set(value, *expires_at_s, now_s),
                ),
                Some(Op::Delete { .. }) => (What::DeleteIf(condition), Vec::new()),
                None => (What::Guard(condition), Vec::new()),
            };
            batch.append_statement(self.table.get(what).clone());
            values.push(set.into_iter().chain(key).chain(bound).collect());
        }
        (batch, values)
    }

    fn set(&self, value: &[u8], expires_at_s: Option<u64>, now_s: u64) -> Vec<Cell<'a>> {
        vec![
            Cell::Int(ttl_s(expires_at_s, now_s)),
            Cell::Owned(encode(value, self.stamp, expires_at_s)),
            Cell::Long(timestamp(self.stamp)),
            Cell::Long(expiry_of(expires_at_s)),
        ]
    }

    /// The condition that the engine holds the row to. An expired row that is still there counts
    /// as absent, so the condition is that it is just that one.
    fn condition(&self, row: &Named<'_>, now_s: u64) -> (If, Vec<Cell<'a>>) {
        let now = Cell::Long(i64::try_from(now_s).unwrap_or(i64::MAX));
        match row.condition {
            Some(Condition::Revision(revision)) => {
                (If::LiveIs, vec![Cell::Long(timestamp(revision)), now])
            }
            Some(Condition::Present) => {
                (If::LiveBefore, vec![Cell::Long(timestamp(self.stamp)), now])
            }
            Some(Condition::Absent) | None => {
                let is = row
                    .now
                    .as_ref()
                    .map(|now| Cell::Long(timestamp(now.revision)));
                (If::Is, vec![is.unwrap_or(Cell::Null)])
            }
        }
    }

    /// Those who got in each other's way do not come again at one time.
    fn pause(&self, number: usize) -> Duration {
        let spread = self.stamp.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let most_ms = (10 << number.min(6)).min(CAS_PAUSE_MAX_MS);
        Duration::from_millis(spread % most_ms)
    }
}

/// The stamp, or the next one of its node that is later than `above`.
fn raised(stamp: Stamp, above: Stamp) -> Stamp {
    if stamp > above {
        return stamp;
    }
    let low = stamp.0 % STAMP_STEP;
    Stamp((above.0 / STAMP_STEP + 1) * STAMP_STEP + low)
}

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_owned())
}

fn answer_of(answer: Result<QueryResult, ExecutionError>) -> Result<Answer, StoreError> {
    match answer {
        Ok(result) => {
            let rows = result.into_rows_result().map_err(unreadable)?;
            match applied(&rows).map_err(unreadable)? {
                true => Ok(Answer::Applied),
                false => Ok(Answer::NotApplied),
            }
        }
        Err(error) if cas_is_refused(&error) => Err(StoreError::Refused(error.to_string())),
        Err(error) if cas_wrote_nothing(&error) => Ok(Answer::Nothing),
        Err(_) => Ok(Answer::Failed),
    }
}

/// Whether a conditional statement was applied. Engines answer with more columns or fewer, and
/// some with a row for each statement of a batch, which all say the same.
pub(crate) fn applied(rows: &QueryRowsResult) -> Result<bool, String> {
    let place = rows.column_specs().get_by_name("[applied]");
    let (place, _) = place.ok_or("an answer without [applied]")?;
    let row = rows.first_row::<Row>().map_err(|error| error.to_string())?;
    row.columns
        .get(place)
        .and_then(|value| value.as_ref()?.as_boolean())
        .ok_or_else(|| "[applied] is not true or false".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_stamp_is_later_and_its_nodes_own() {
        assert_eq!(raised(Stamp(1_000), Stamp(999)), Stamp(1_000));
        for above in [1_000, 1_001, 1_023, 1_024, 70_000] {
            let stamp = raised(Stamp(1_000), Stamp(above));
            assert!(stamp > Stamp(above) && stamp.0 <= above + 2 * STAMP_STEP);
            assert_eq!(stamp.0 % STAMP_STEP, 1_000 % STAMP_STEP);
        }
    }
}

//! What time the engine's nodes have.

use futures_util::future::join_all;
use petrel_store::StoreError;
use scylla::statement::Statement;
use tokio::time::timeout;

use crate::engine::Inner;
use crate::limits::NODE_TIMEOUT;
use crate::session::only;

/// The engine tells whole milliseconds: on average half of one is cut off, in microseconds.
const CUT_US: i64 = 500;

impl Inner {
    pub async fn clock_offsets_us(&self) -> Result<Vec<i64>, StoreError> {
        let nodes = self.cluster.nodes();
        let asked = nodes.iter().map(async |node| {
            let mut statement = Statement::new("SELECT toUnixTimestamp(now()) FROM system.local");
            statement.set_load_balancing_policy(Some(only(node)));
            let begin_us = self.clock.monotonic_us();
            let asked_us = self.clock.now_us();
            let answer = self.cluster.session.query_unpaged(statement, ());
            let answer = timeout(NODE_TIMEOUT, answer).await.ok()?.ok()?;
            let trip_us = self.clock.monotonic_us().saturating_sub(begin_us);
            let (told_ms,) = answer.into_rows_result().ok()?.first_row::<(i64,)>().ok()?;
            let half_us = i64::try_from(asked_us + trip_us / 2).ok()?;
            told_ms
                .checked_mul(1_000)?
                .checked_add(CUT_US)?
                .checked_sub(half_us)
        });
        let offsets: Vec<i64> = join_all(asked).await.into_iter().flatten().collect();
        if offsets.is_empty() {
            return Err(StoreError::Unavailable(
                "no node of the engine tells its time".to_owned(),
            ));
        }
        Ok(offsets)
    }
}

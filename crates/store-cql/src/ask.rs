//! How a statement is asked: tried again as long as that is safe and the time lasts, and what its
//! errors mean.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use petrel_store::StoreError;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError, RequestError};
use scylla::observability::history::{AttemptId, HistoryListener, RequestId, SpeculativeId};
use scylla::policies::retry::RetryDecision;
use scylla::response::query_result::QueryResult;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::statement::prepared::PreparedStatement;
use tokio::time::{Instant, sleep, timeout};

use crate::cell::Cell;
use crate::limits::{PAUSE_FIRST, PAUSE_MAX, PLAIN_TIMEOUT, TRY_TIMEOUT};
use crate::session::Cluster;

/// How long one thing may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub all: Duration,
    pub each: Duration,
}

impl Patience {
    pub const PLAIN: Patience = Patience {
        all: PLAIN_TIMEOUT,
        each: TRY_TIMEOUT,
    };
}

/// Counts what was sent, and of how much is known that it wrote nothing: the driver's own retries
/// and speculations hide from us what became of the tries before the last.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    tries: AtomicU32,
    harmless: AtomicU32,
}

impl Sent {
    /// From now on something may be written whatever the tries say.
    pub fn doubt(&self) {
        self.tries.fetch_add(1, Ordering::SeqCst);
    }

    fn may_have_written(&self) -> bool {
        self.tries.load(Ordering::SeqCst) > self.harmless.load(Ordering::SeqCst)
    }
}

impl HistoryListener for Sent {
    fn log_request_start(&self) -> RequestId {
        RequestId(0)
    }
    fn log_request_success(&self, _: RequestId) {}
    fn log_request_error(&self, _: RequestId, _: &RequestError) {}
    fn log_new_speculative_fiber(&self, _: RequestId) -> SpeculativeId {
        SpeculativeId(0)
    }
    fn log_attempt_start(
        &self,
        _: RequestId,
        _: Option<SpeculativeId>,
        _: SocketAddr,
    ) -> AttemptId {
        AttemptId(self.tries.fetch_add(1, Ordering::SeqCst) as usize)
    }
    fn log_attempt_success(&self, _: AttemptId) {}
    fn log_attempt_error(&self, _: AttemptId, error: &RequestAttemptError, _: &RetryDecision) {
        if wrote_nothing(error) {
            self.harmless.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Cluster {
    /// One page of rows.
    pub async fn read(
        &self,
        statement: &PreparedStatement,
        values: &[Cell<'_>],
        page: PagingState,
        patience: Patience,
    ) -> Result<(QueryResult, PagingStateResponse), StoreError> {
        let ask = || {
            self.session
                .execute_single_page(statement, values, page.clone())
        };
        persist(patience, ask).await.map_err(|fault| match fault {
            Fault::Silent => StoreError::Timeout {
                outcome_unknown: false,
            },
            Fault::Refused(why) | Fault::Passing(why) => StoreError::Unavailable(why),
        })
    }

    /// A write that may be sent as often as it takes. `sent` must be the listener of what `ask`
    /// sends.
    pub async fn write_idempotent<F: Future<Output = Result<QueryResult, ExecutionError>>>(
        &self,
        sent: &Arc<Sent>,
        ask: impl FnMut() -> F,
    ) -> Result<(), StoreError> {
        match persist(Patience::PLAIN, ask).await {
            Ok(_) => Ok(()),
            Err(_) if sent.may_have_written() => Err(StoreError::Timeout {
                outcome_unknown: true,
            }),
            Err(Fault::Silent) => Err(StoreError::Timeout {
                outcome_unknown: false,
            }),
            Err(Fault::Refused(why)) => Err(StoreError::Refused(why)),
            Err(Fault::Passing(why)) => Err(StoreError::Unavailable(why)),
        }
    }
}

/// Why something was not answered.
enum Fault {
    /// There is no use in asking again.
    Refused(String),
    Passing(String),
    Silent,
}

async fn persist<T, F: Future<Output = Result<T, ExecutionError>>>(
    patience: Patience,
    mut ask: impl FnMut() -> F,
) -> Result<T, Fault> {
    let end = Instant::now() + patience.all;
    let mut pause = PAUSE_FIRST;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let fault = match timeout(patience.each.min(left), ask()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if is_refusal(&error) => return Err(Fault::Refused(error.to_string())),
            Ok(Err(error)) if is_silence(&error) => Fault::Silent,
            Ok(Err(error)) => Fault::Passing(error.to_string()),
            Err(_) => Fault::Silent,
        };
        if Instant::now() + pause >= end {
            return Err(fault);
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Whether the same would be said again, by any node.
fn is_refusal(error: &ExecutionError) -> bool {
    match error {
        ExecutionError::BadQuery(_) => true,
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, _)) => matches!(
            error,
            DbError::SyntaxError
                | DbError::Invalid
                | DbError::AuthenticationError
                | DbError::Unauthorized
                | DbError::ConfigError
                | DbError::ProtocolError
        ),
        ExecutionError::LastAttemptError(
            RequestAttemptError::SerializationError(_)
            | RequestAttemptError::CqlRequestSerialization(_),
        ) => true,
        _ => false,
    }
}

fn is_silence(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::RequestTimeout(_)
            | ExecutionError::LastAttemptError(RequestAttemptError::DbError(
                DbError::ReadTimeout { .. } | DbError::WriteTimeout { .. },
                _,
            ))
    )
}

/// Whether a try that ended so surely wrote nothing. When in doubt, it may have. `Unavailable` is
/// found out before a plain write begins that is logged or stays in one partition; of an unlogged
/// one across partitions (see [`Sent::doubt`]) it can be said when some are written, and of a
/// conditional one after it was decided, but those do not come here.
fn wrote_nothing(error: &RequestAttemptError) -> bool {
    match error {
        RequestAttemptError::SerializationError(_)
        | RequestAttemptError::CqlRequestSerialization(_)
        | RequestAttemptError::UnableToAllocStreamId => true,
        RequestAttemptError::DbError(error, _) => matches!(
            error,
            DbError::SyntaxError
                | DbError::Invalid
                | DbError::AuthenticationError
                | DbError::Unauthorized
                | DbError::Unavailable { .. }
                | DbError::IsBootstrapping
                | DbError::Unprepared { .. }
        ),
        _ => false,
    }
}

/// The same for a conditional write, which ended with this error.
pub(crate) fn cas_wrote_nothing(error: &ExecutionError) -> bool {
    match error {
        ExecutionError::BadQuery(_)
        | ExecutionError::EmptyPlan
        | ExecutionError::PrepareError(_)
        | ExecutionError::ConnectionPoolError(_) => true,
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(
            DbError::Unavailable { .. },
            _,
        )) => false,
        ExecutionError::LastAttemptError(error) => wrote_nothing(error),
        _ => false,
    }
}

/// Whether asking again is of no use.
pub(crate) fn cas_is_refused(error: &ExecutionError) -> bool {
    is_refusal(error)
}

#[cfg(test)]
mod tests {
    use scylla::errors::WriteType;
    use scylla::statement::Consistency;

    use super::*;

    fn db(error: DbError) -> RequestAttemptError {
        RequestAttemptError::DbError(error, String::new())
    }

    fn unavailable() -> RequestAttemptError {
        db(DbError::Unavailable {
            consistency: Consistency::LocalQuorum,
            required: 2,
            alive: 1,
        })
    }

    fn write_timeout(write_type: WriteType) -> RequestAttemptError {
        db(DbError::WriteTimeout {
            consistency: Consistency::LocalQuorum,
            received: 1,
            required: 2,
            write_type,
        })
    }

    #[test]
    fn what_is_not_surely_harmless_may_have_written() {
        assert!(wrote_nothing(&unavailable()));
        for write_type in [WriteType::Simple, WriteType::Batch, WriteType::BatchLog] {
            assert!(!wrote_nothing(&write_timeout(write_type)));
        }
        assert!(!wrote_nothing(&db(DbError::Overloaded)));
        assert!(!wrote_nothing(&db(DbError::ServerError)));
        assert!(!wrote_nothing(&db(DbError::Other(0x1700))));
        let conditional = |error| cas_wrote_nothing(&ExecutionError::LastAttemptError(error));
        assert!(!conditional(write_timeout(WriteType::Cas)));
        assert!(!conditional(unavailable()));
        assert!(conditional(db(DbError::Invalid)));
        assert!(cas_wrote_nothing(&ExecutionError::EmptyPlan));
    }

    #[test]
    fn one_try_in_doubt_is_doubt_whatever_the_last_one_said() {
        let sent = Sent::default();
        assert!(!sent.may_have_written());
        let address = SocketAddr::from(([127, 0, 0, 1], 9042));
        let decision = RetryDecision::RetryNextTarget(None);
        let first = sent.log_attempt_start(RequestId(0), None, address);
        assert!(sent.may_have_written(), "it is under way");
        sent.log_attempt_error(first, &unavailable(), &decision);
        assert!(!sent.may_have_written());
        let second = sent.log_attempt_start(RequestId(0), None, address);
        let third = sent.log_attempt_start(RequestId(0), Some(SpeculativeId(0)), address);
        sent.log_attempt_error(third, &unavailable(), &decision);
        assert!(sent.may_have_written(), "the second has not answered");
        sent.log_attempt_error(second, &write_timeout(WriteType::Simple), &decision);
        assert!(sent.may_have_written());
        let sent = Sent::default();
        sent.doubt();
        let only = sent.log_attempt_start(RequestId(0), None, address);
        sent.log_attempt_error(only, &unavailable(), &decision);
        assert!(sent.may_have_written(), "some partitions may have it");
    }
}

//! What opens a store is asked for again as long as the cluster does not answer: nodes that start
//! with the cluster, or while one of its nodes is frozen, shall wait for it and not give up.

use tokio::time::{Instant, sleep};

use crate::error::OpenError;
use crate::limits::{MIGRATION_LOOK, SCHEMA_TIMEOUT};

/// Asks until it is answered. `ask` says nothing while another node is making the schema. What
/// it told last is the error if that takes too long; any error but a missing answer is one at
/// once.
pub(crate) async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T, OpenError>
where
    F: Future<Output = Result<Option<T>, OpenError>>,
{
    let end = Instant::now() + SCHEMA_TIMEOUT;
    loop {
        let error = match ask().await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => OpenError::Schema(format!(
                "another node has been at it for {} seconds",
                SCHEMA_TIMEOUT.as_secs()
            )),
            Err(error @ OpenError::Unanswered(_)) => error,
            Err(error) => return Err(error),
        };
        if Instant::now() + MIGRATION_LOOK >= end {
            return Err(error);
        }
        sleep(MIGRATION_LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn unanswered() -> OpenError {
        OpenError::Unanswered("silence".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_answered_is_asked_again() {
        let asked = Cell::new(0);
        let answer = patiently(|| {
            asked.set(asked.get() + 1);
            let number = asked.get();
            async move {
                match number {
                    1 => Err(unanswered()),
                    2 => Ok(None),
                    _ => Ok(Some(number)),
                }
            }
        });
        assert_eq!(answer.await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_asks_for_ever_and_a_refusal_is_one_at_once() {
        let begin = Instant::now();
        let refused = patiently(|| async { Err::<Option<()>, _>(OpenError::url("wrong")) });
        assert!(matches!(refused.await, Err(OpenError::Url(_))));
        assert_eq!(Instant::now(), begin);
        let silent = patiently(|| async { Err::<Option<()>, _>(unanswered()) });
        assert!(matches!(silent.await, Err(OpenError::Unanswered(_))));
        let took = Instant::now() - begin;
        assert!(took <= SCHEMA_TIMEOUT && took + 2 * MIGRATION_LOOK >= SCHEMA_TIMEOUT);
        let busy = patiently(|| async { Ok(None::<()>) });
        assert!(matches!(busy.await, Err(OpenError::Schema(_))));
    }
}

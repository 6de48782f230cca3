//! Conditional writes of the one row of a contended partition, settled whatever the store answers:
//! a write in doubt is sent again, and the value, which bears its writer's nonce, says who won.

use petrel_store::{Cas, Outcome, Row, Stamp, Store, StoreError, Table};

/// How often a write is sent before its outcome stays unknown.
const ATTEMPTS_MAX: usize = 5;

/// What became of a conditional write.
pub enum Put<T: Table> {
    /// Ours is there.
    Won,
    /// This is there instead.
    Lost(Option<Row<T>>),
}

/// Reads the row, again if need be.
///
/// # Errors
/// Those of the store.
pub async fn get<T: Table<Mode = Cas, Sort = ()>>(
    store: &Store,
    partition: &T::Partition,
) -> Result<Option<Row<T>>, StoreError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match store.get::<T>(partition, &()).await {
            Err(error) if attempts < ATTEMPTS_MAX && may_go_well(&error) => {}
            answer => return answer,
        }
    }
}

/// Puts `value` if the row is absent (`expected` none) or has the expected revision. The value
/// must be one that nobody else writes.
///
/// # Errors
/// Those of the store; after `Timeout` the outcome is unknown.
pub async fn put_if<T: Table<Mode = Cas, Sort = ()>>(
    store: &Store,
    partition: &T::Partition,
    expected: Option<Stamp>,
    value: &T::Value,
    expires_at_s: Option<u64>,
) -> Result<Put<T>, StoreError> {
    let mut attempts = 0;
    loop {
        let write = store.write_if::<T>(partition);
        let write = match expected {
            None => write.absent(&()),
            Some(revision) => write.revision(&(), revision),
        };
        let write = match expires_at_s {
            None => write.put(&(), value),
            Some(expires_at_s) => write.put_until(&(), value, expires_at_s),
        };
        attempts += 1;
        match write.commit().await {
            Ok(Outcome::Applied(_)) => return Ok(Put::Won),
            Ok(Outcome::Conflict(rows)) => {
                let row = rows.into_iter().next().and_then(|(_, row)| row);
                // An earlier attempt of ours may have landed.
                return Ok(match row {
                    Some(row) if row.value == *value => Put::Won,
                    other => Put::Lost(other),
                });
            }
            Err(error) if attempts < ATTEMPTS_MAX && may_go_well(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Deletes the row if it has this revision; false if it had not.
///
/// # Errors
/// Those of the store; after `Timeout` the outcome is unknown.
pub async fn delete_if<T: Table<Mode = Cas, Sort = ()>>(
    store: &Store,
    partition: &T::Partition,
    revision: Stamp,
) -> Result<bool, StoreError> {
    let mut attempts = 0;
    loop {
        let write = store.write_if::<T>(partition).revision(&(), revision);
        attempts += 1;
        match write.delete(&()).commit().await {
            Ok(Outcome::Applied(_)) => return Ok(true),
            Ok(Outcome::Conflict(rows)) => {
                // Gone after an attempt of which we heard nothing: that was ours, or as good.
                let gone = rows.into_iter().all(|(_, row)| row.is_none());
                return Ok(gone);
            }
            Err(error) if attempts < ATTEMPTS_MAX && may_go_well(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Commits a batch and, in doubt, commits the same batch again, which is always safe.
///
/// # Errors
/// Those of the store; after `Timeout` the outcome is unknown.
pub async fn commit(batch: &mut petrel_store::Batch<'_>) -> Result<Stamp, StoreError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match batch.commit().await {
            Err(error) if attempts < ATTEMPTS_MAX && may_go_well(&error) => {}
            answer => return answer,
        }
    }
}

fn may_go_well(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Timeout { .. } | StoreError::Unavailable(_)
    )
}

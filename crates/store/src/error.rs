use crate::key::KeyError;
use crate::record::RecordError;

/// What can go wrong at the store. Absence is an `Option` and a lost race an outcome; neither is an error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// No answer in time. If `outcome_unknown`, the write may have happened or may still happen;
    /// committing the same batch again is always safe.
    #[error("the store did not answer in time (outcome unknown: {outcome_unknown})")]
    Timeout { outcome_unknown: bool },
    /// The engine cannot be reached or is stopping; nothing was written.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// This node takes no writes now, for this reason; nothing was written. Others may.
    #[error("this node takes no writes: {0}")]
    Unwritable(String),
    /// There is no room; nothing was written.
    #[error("the store is full: {0}")]
    Full(String),
    /// The caller exceeded a limit of the contract; nothing was written.
    #[error("{what} is {actual}, more than {limit}")]
    TooLarge {
        what: &'static str,
        actual: usize,
        limit: usize,
    },
    /// The batch breaks a rule of the contract; nothing was written.
    #[error("refused: {0}")]
    Refused(String),
    /// A stored row does not decode.
    #[error("a row of {table} does not decode: {why}")]
    Corrupt { table: &'static str, why: String },
}

impl StoreError {
    /// The write may have happened or may still happen.
    pub fn is_in_doubt(&self) -> bool {
        matches!(
            self,
            StoreError::Timeout {
                outcome_unknown: true
            }
        )
    }

    pub(crate) fn corrupt_key(table: &'static str, why: KeyError) -> StoreError {
        StoreError::Corrupt {
            table,
            why: why.to_string(),
        }
    }

    pub(crate) fn corrupt_record(table: &'static str, why: RecordError) -> StoreError {
        StoreError::Corrupt {
            table,
            why: why.to_string(),
        }
    }
}

use std::sync::Arc;

use async_trait::async_trait;
use fjall::Snapshot;
use petrel_store::StoreError;
use petrel_store::engine::{FullRow, TableScanner, TableToken};

use crate::read::View;
use crate::shared::Shared;

/// All tables as of one moment.
pub(crate) struct Moment {
    shared: Arc<Shared>,
    snapshot: Snapshot,
    /// A database that was opened anew knows nothing of older snapshots.
    opening: u64,
    /// Expiry is judged as of the moment too, so that all tables of a dump agree.
    now_s: u64,
}

impl Moment {
    pub fn new(shared: &Arc<Shared>) -> Result<Moment, StoreError> {
        shared.with_open(|open, opening| {
            Ok(Moment {
                shared: Arc::clone(shared),
                snapshot: open.db.snapshot(),
                opening,
                now_s: shared.now_s(),
            })
        })
    }
}

#[async_trait]
impl TableScanner for Moment {
    async fn scan_table(
        &self,
        table: u16,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.shared.with_open(|open, opening| {
            if opening != self.opening {
                return Err(StoreError::Unavailable(
                    "the store was opened anew meanwhile; begin again".to_owned(),
                ));
            }
            let view = View {
                rows: &open.rows,
                snapshot: &self.snapshot,
                now_s: self.now_s,
            };
            view.scan_table(table, token, limit)
        })
    }
}

//! How many accounts and statuses there are at start. Read from one moment of the store, taken
//! before the first request, while requests are served already: what happens later is told to
//! the totals by events.

use std::sync::Arc;

use anyhow::Result;
use petrel_api::{ACTIVE_MS, Totals};
use petrel_model::id::StatusId;
use petrel_social::accounts::claims::{NameClaim, Names};
use petrel_social::statuses::table::{StatusRow, StatusSort, Statuses};
use petrel_store::engine::{FullRow, TableScanner};
use petrel_store::{Key, Record, Store, Table};

const PAGE_ROWS: usize = 5_000;

pub struct Count {
    moment: Box<dyn TableScanner>,
    totals: Arc<Totals>,
    now_ms: u64,
}

impl Count {
    pub async fn begin(store: &Store, totals: Arc<Totals>) -> Result<Count> {
        let moment = store.engine().snapshot().await?;
        Ok(Count {
            moment,
            totals,
            now_ms: store.clock().now_ms(),
        })
    }

    pub async fn run(self) {
        if let Err(error) = self.count().await {
            tracing::warn!(%error, "accounts and statuses could not be counted");
        }
    }

    async fn count(&self) -> Result<()> {
        let mut accounts = 0;
        self.read::<Names>(|full| {
            let claim = NameClaim::from_value(&full.row.value);
            accounts += u64::from(claim.is_ok_and(|claim| claim.is_done()));
        })
        .await?;
        self.totals.add(accounts, 0);
        let (mut statuses, mut last) = (0, None);
        self.read::<Statuses>(|full| match StatusSort::from_bytes(&full.row.sort) {
            Ok(StatusSort::Created) => {
                statuses += 1;
                self.note_author(&full);
                last = Some(full.partition);
            }
            // Its creation's row, if it is there still, comes just before.
            Ok(StatusSort::Deleted) if last == Some(full.partition) => statuses -= 1,
            _ => {}
        })
        .await?;
        self.totals.add(0, statuses);
        Ok(())
    }

    /// Who wrote a status lately is active.
    fn note_author(&self, full: &FullRow) {
        let Ok(id) = StatusId::from_bytes(&full.partition) else {
            return;
        };
        if id.time_ms() + ACTIVE_MS < self.now_ms {
            return;
        }
        if let Ok(StatusRow::Created(created)) = StatusRow::from_value(&full.row.value) {
            self.totals.was_active(created.account, id.time_ms());
        }
    }

    async fn read<T: Table>(&self, mut take: impl FnMut(FullRow)) -> Result<()> {
        let mut token = None;
        loop {
            let (rows, next) = self.moment.scan_table(T::ID, token, PAGE_ROWS).await?;
            rows.into_iter().for_each(&mut take);
            match next {
                None => return Ok(()),
                next => token = next,
            }
            tokio::task::yield_now().await;
        }
    }
}

//! Rows of accounts that never came to be: their claim was lost or given up after the batch.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, Reconciler, Status};
use petrel_model::id::AccountId;
use petrel_model::text::fold;
use petrel_store::{Batch, Row};

use crate::accounts::claims::{self, ClaimState, NameClaim, Names};
use crate::accounts::table::{AccountRow, AccountSort, Accounts};
use crate::context::Social;
use crate::error::Result;

const KIND: &str = "drop_unclaimed_account";
/// When a claim is decided, or abandoned for good, in milliseconds.
const DECIDED_MS: u64 = claims::PENDING_MS_MAX + 60_000;
/// Rows of a page when all names are looked at.
const PAGE_ROWS: usize = 1_000;
const SWEEP_PERIOD: Duration = Duration::from_secs(3_600);

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Payload {
    #[n(0)]
    account: AccountId,
}

/// Adds to the batch that writes an account's rows the job that looks whether they are anybody's,
/// when the claim is decided and no batch can land any more.
pub(super) fn enqueue(batch: &mut Batch<'_>, account: AccountId) {
    let store = batch.store();
    let late_bound_ms = store.late_bound_ms();
    let due_ms = store.clock().now_ms() + late_bound_ms + DECIDED_MS;
    let job = NewJob::of(Queue::Background, KIND, &Payload { account }).due_at_ms(due_ms);
    petrel_jobs::enqueue(batch, store.clock(), job);
}

/// Drops the rows of an account that no claim bears.
pub struct UnclaimedAccount {
    pub social: Arc<Social>,
}

#[async_trait]
impl Handler for UnclaimedAccount {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let account = job.payload::<Payload>()?.account;
        drop_rows(&self.social, account)
            .await
            .map_err(JobError::retry)
    }
}

async fn drop_rows(social: &Social, account: AccountId) -> Result<()> {
    let row = social
        .store
        .get::<Accounts>(&account, &AccountSort::Created)
        .await?;
    let Some(AccountRow::Created(created)) = row.map(|row| row.value) else {
        return Ok(());
    };
    if claims::state(social, account, &created).await? == ClaimState::Pending {
        let name = fold::username(&created.username);
        let row = social.store.get::<Names>(&name, &()).await?;
        if let Some(row) = row.filter(|row| row.value.nonce == created.nonce) {
            claims::free_abandoned(social, &name, &row).await?;
        }
    }
    if claims::state(social, account, &created).await? == ClaimState::Lost {
        social.store.delete_partition::<Accounts>(&account).await?;
    }
    Ok(())
}

/// Frees the names that stayed pending for too long. Whoever wants such a name or its e-mail
/// frees them too; this is for those that nobody asks for.
pub struct AbandonedNames {
    pub social: Arc<Social>,
}

#[async_trait]
impl Reconciler for AbandonedNames {
    fn name(&self) -> &'static str {
        "abandoned_names"
    }

    fn period(&self) -> Duration {
        SWEEP_PERIOD
    }

    async fn run(&self) -> Status {
        let mut status = Status::default();
        let now_ms = self.social.clock.now_ms();
        let is_abandoned = |row: &Row<Names>| NameClaim::is_abandoned(row, now_ms);
        if let Err(error) = sweep(&self.social, is_abandoned, &mut status).await {
            status.failed = Some(error.to_string());
        }
        status
    }
}

/// Frees all names that are pending, and says how many: in a store that was restored, whoever was
/// about to claim them is gone.
///
/// # Errors
/// Those of the store.
pub async fn free_pending(social: &Social) -> Result<u64> {
    let mut status = Status::default();
    sweep(social, |row| !row.value.is_done(), &mut status).await?;
    Ok(status.changed)
}

async fn sweep(
    social: &Social,
    is_to_be_freed: impl Fn(&Row<Names>) -> bool,
    status: &mut Status,
) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = social.store.scan_table::<Names>(token, PAGE_ROWS).await?;
        for (name, row) in rows {
            status.looked_at += 1;
            if is_to_be_freed(&row) {
                claims::free_abandoned(social, &name, &row).await?;
                status.changed += 1;
            }
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

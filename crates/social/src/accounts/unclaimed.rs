//! Rows of accounts that never came to be: their claim was lost or given up after the batch.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, Reconciler, Status};
use petrel_model::id::AccountId;

use crate::accounts::claims::{self, NameClaim, Names};
use crate::accounts::table::{AccountRow, AccountSort, Accounts};
use crate::contended;
use crate::context::Social;
use crate::error::Result;

const KIND: &str = "drop_unclaimed_account";
/// How long after the late bound the rows are dropped, in milliseconds.
const GRACE_MS: u64 = claims::PENDING_MS_MAX;
/// Rows of a page when all names are looked at.
const PAGE_ROWS: usize = 1_000;
const SWEEP_PERIOD: Duration = Duration::from_secs(3_600);

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Payload {
    #[n(0)]
    account: AccountId,
}

/// Has the rows of an account dropped once no batch of it can land any more, if nobody's claim
/// bears it then.
pub(super) async fn enqueue(social: &Social, account: AccountId) -> Result<()> {
    let late_bound_ms = social.store.engine().late_bound_s() * 1_000;
    let due_ms = social.clock.now_ms() + late_bound_ms + GRACE_MS;
    let job = NewJob::of(Queue::Background, KIND, &Payload { account }).due_at_ms(due_ms);
    let mut batch = social.store.batch();
    petrel_jobs::enqueue(&mut batch, &social.clock, job);
    contended::commit(&mut batch).await?;
    Ok(())
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
    if !claims::holds(social, account, &created).await? {
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
        if let Err(error) = sweep(&self.social, &mut status).await {
            status.failed = Some(error.to_string());
        }
        status
    }
}

async fn sweep(social: &Social, status: &mut Status) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = social.store.scan_table::<Names>(token, PAGE_ROWS).await?;
        for (name, row) in rows {
            status.looked_at += 1;
            if NameClaim::is_abandoned(&row, social.clock.now_ms()) {
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

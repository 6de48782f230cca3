//! Who asked to follow an account is let in when it stops approving its followers, as in Mastodon.
//! There may be many, so a job does it.

use std::sync::Arc;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::id::AccountId;
use petrel_store::Batch;

use super::requests::{Answer, decide};
use crate::accounts::facts::AccountFacts;
use crate::context::{Ctx, Social};
use crate::error::{Error, Result};
use crate::lists::{self, List, Owner};
use crate::page::PageRequest;

/// The name of the job, for ever.
const KIND: &str = "relations.accept_requests";
/// Requests that are read at a time.
const STEP: usize = 40;

/// The batch is the one by which the account stops approving its followers. The job may be seen
/// before that, for as long as the batch may land late: then there is a second look.
pub(crate) fn accept_waiting(ctx: &Ctx, batch: &mut Batch<'_>, account: AccountId) {
    let job = NewJob::of(Queue::Normal, KIND, &account);
    enqueue(batch, ctx.clock(), job.clone());
    let again_ms = ctx.clock().now_ms() + ctx.store().late_bound_ms();
    enqueue(batch, ctx.clock(), job.due_at_ms(again_ms));
}

/// Accepts all requests to follow an account. Running it twice is the same as once.
pub struct AcceptRequests(pub Arc<Social>);

#[async_trait]
impl Handler for AcceptRequests {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let account: AccountId = job.payload()?;
        accept_all(&self.0, account).await.map_err(JobError::from)
    }
}

async fn accept_all(social: &Arc<Social>, account: AccountId) -> Result<()> {
    let ctx = Ctx::acting_for(social.clone(), account);
    let mut page = PageRequest::first(STEP);
    loop {
        social.store.attend(Some(account)).await?;
        let facts = AccountFacts::find(social, account).await?;
        // It may approve its followers again by now.
        if facts.is_none_or(|facts| facts.suspended || facts.profile.locked) {
            return Ok(());
        }
        let owner = Owner::Account(account);
        let rows = lists::read(&social.store, List::FollowRequests, &owner, &page).await?;
        for row in &rows {
            match decide(&ctx, account, AccountId(row.value.id), Answer::LetIn).await {
                // Answered or taken back meanwhile.
                Ok(()) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        match rows.last() {
            Some(last) if rows.len() == STEP => page.max_id = Some(last.sort),
            _ => return Ok(()),
        }
    }
}

//! What a deleted filter leaves to a job: its many keywords and statuses, which count for nothing.

use std::sync::Arc;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::id::AccountId;

use crate::context::Social;
use crate::error::Result;
use crate::filters::facts::FilterFacts;
use crate::filters::table::Filters;

pub const KIND: &str = "filters.clean_up";
/// Rows removed in one step.
const STEP: usize = 80;

/// Removes the rows of an account that belong to no filter. Running it twice is the same as once.
pub struct CleanUpFilters(pub Arc<Social>);

#[async_trait]
impl Handler for CleanUpFilters {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let account: AccountId = job.payload()?;
        clean_up(&self.0, account).await.map_err(JobError::from)
    }
}

async fn clean_up(social: &Social, account: AccountId) -> Result<()> {
    let rows = social.store.partition::<Filters>(&account).await?;
    let facts = FilterFacts::of(&rows);
    for step in facts.leftovers.chunks(STEP) {
        let mut batch = social.store.batch();
        rows.iter().for_each(|row| batch.note(row.revision));
        for sort in step {
            batch.delete::<Filters>(&account, sort);
        }
        batch.commit().await?;
    }
    Ok(())
}

//! What the deletion of a list leaves to a job.

use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::id::{AccountId, Id};

use super::read::{AccountListView, rows, settings_of};
use super::table::{AccountListMembers, AccountLists};
use crate::context::Social;
use crate::error::Result;

pub const KIND: &str = "account_list.clean_up";
/// A command that found the list still there has committed so long after, in milliseconds.
const UNDER_WAY_MS_MAX: u64 = 60_000;

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Deleted {
    #[n(0)]
    pub(super) owner: AccountId,
    #[n(1)]
    pub(super) list: Id,
}

/// Removes what is left of a deleted list. Running it twice is the same as once.
pub struct CleanUpAccountList(pub Arc<Social>);

#[async_trait]
impl Handler for CleanUpAccountList {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let deleted: Deleted = job.payload()?;
        clean_up(&self.0, deleted).await.map_err(JobError::from)
    }
}

/// When nothing can be added to a list any longer that is deleted now, in Unix milliseconds.
pub(super) fn again_ms(social: &Social) -> u64 {
    let late_ms = social.store.late_bound_ms() + UNDER_WAY_MS_MAX;
    social.clock.now_ms() + late_ms
}

async fn clean_up(social: &Social, Deleted { owner, list }: Deleted) -> Result<()> {
    let known = rows(&social.store, owner).await?;
    if AccountListView::one_of(&known, list).is_some() {
        return Ok(());
    }
    let members = (owner, list);
    social
        .store
        .delete_partition::<AccountListMembers>(&members)
        .await?;
    // A change of its title that met the deletion has left this.
    let left = known.iter().find(|row| row.sort == settings_of(list));
    if let Some(left) = left {
        let mut batch = social.store.batch();
        batch.note(left.revision);
        batch.delete::<AccountLists>(&owner, &left.sort);
        batch.commit().await?;
    }
    Ok(())
}

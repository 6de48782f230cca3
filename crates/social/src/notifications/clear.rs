//! Clearing: one row says up to where; a job removes what it covers.

use std::sync::Arc;

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue, enqueue};
use petrel_model::id::{AccountId, Id, NotificationId};
use petrel_model::limits::PAGE_ROWS_MAX;
use petrel_model::scope::Scope;

use crate::accounts::table::{AccountRow, AccountSort, Accounts};
use crate::context::{Ctx, Social};
use crate::error::Result;
use crate::lists::{List, Owner, chapters};
use crate::notifications::list::read_with_chapters;
use crate::notifications::table::Notifications;
use crate::page::PageRequest;

/// Ids younger than this may still be overtaken; clearing switches them off singly. Milliseconds.
const SETTLED_AFTER_MS: u64 = 3_000;
/// Notifications that are taken away singly in one batch; on several nodes it says besides whose
/// latest it is, and tells the others of itself.
const CLEARED_AT_ONCE: usize = 90;
/// The name of the job, for ever.
const KIND: &str = "notifications.remove_cleared";

/// One "cleared up to" row; what is younger than a few seconds is taken away singly.
pub async fn clear(ctx: &Ctx) -> Result<()> {
    let account = ctx.require_user(Scope::WriteNotifications)?;
    let settled_ms = ctx.clock().now_ms().saturating_sub(SETTLED_AFTER_MS);
    let up_to = Id::first_at(settled_ms);
    let mut batch = ctx.batch();
    let key = AccountSort::NotificationsCleared;
    batch.get::<Accounts>(&account, &key).await?;
    batch.put::<Accounts>(&account, &key, &AccountRow::NotificationsCleared(up_to));
    enqueue(
        &mut batch,
        ctx.clock(),
        NewJob::of(Queue::Background, KIND, &account),
    );
    batch.commit().await?;
    let page = PageRequest {
        since_id: Some(up_to),
        ..PageRequest::first(PAGE_ROWS_MAX)
    };
    let young = read_with_chapters(ctx, account, &page).await?;
    for step in young.chunks(CLEARED_AT_ONCE) {
        let mut batch = ctx.batch();
        for (chapter, row) in step {
            batch.note(row.revision);
            batch.delete::<Notifications>(&(account, *chapter), &row.sort);
        }
        batch.commit().await?;
    }
    Ok(())
}

/// Removes the rows that a "cleared up to" row covers. Nobody is shown them any more.
pub struct RemoveCleared(pub Arc<Social>);

#[async_trait]
impl Handler for RemoveCleared {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let account: AccountId = job.payload()?;
        remove_cleared(&self.0, account)
            .await
            .map_err(JobError::from)
    }
}

async fn remove_cleared(social: &Social, account: AccountId) -> Result<()> {
    let store = &social.store;
    let cleared = store
        .get::<Accounts>(&account, &AccountSort::NotificationsCleared)
        .await?;
    let Some(AccountRow::NotificationsCleared(up_to)) = cleared.map(|row| row.value) else {
        return Ok(());
    };
    let beyond = NotificationId(Id(up_to.0.saturating_add(1)));
    for chapter in chapters(store, List::Notifications, &Owner::Account(account)).await? {
        loop {
            let mut batch = store.batch();
            let rows = batch
                .scan::<Notifications>(&(account, chapter), |scan| {
                    scan.before(&beyond).limit(CLEARED_AT_ONCE)
                })
                .await?;
            for row in &rows {
                batch.delete::<Notifications>(&(account, chapter), &row.sort);
            }
            if !rows.is_empty() {
                batch.commit().await?;
            }
            if rows.len() < CLEARED_AT_ONCE {
                break;
            }
        }
    }
    Ok(())
}

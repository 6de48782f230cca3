//! What a deletion leaves to a job: the content itself, and the lists that the status owned.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::id::{AccountId, MediaId, StatusId};
use petrel_store::Row;

use crate::context::{Ctx, Social};
use crate::conversations;
use crate::error::Result;
use crate::lists::{self, List, Lists, Owner, chapters};
use crate::marks;
use crate::media::{self, MediaFacts, Place};
use crate::page::PageRequest;
use crate::statuses::table::{StatusRow, StatusSort, Statuses};

pub const KIND: &str = "status.clean_up";
/// Reblogs that are taken back, and rows that are removed, in one step.
const STEP: usize = 100;

/// What a deletion leaves.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Left {
    #[n(0)]
    pub status: StatusId,
    /// Files that it let go of: their author's again, also where the rows that say so are not seen
    /// yet.
    #[n(1)]
    pub let_go: Vec<MediaId>,
}

impl Left {
    /// Also of a job from when its payload was the status alone.
    fn of(job: &Job) -> Result<Left, JobError> {
        job.payload().or_else(|_| {
            Ok(Left {
                status: job.payload()?,
                let_go: Vec::new(),
            })
        })
    }
}

/// Removes what is left of a deleted status. Running it twice is the same as once.
pub struct CleanUp(pub Arc<Social>);

#[async_trait]
impl Handler for CleanUp {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        clean_up(&self.0, Left::of(job)?)
            .await
            .map_err(JobError::from)
    }
}

async fn clean_up(social: &Arc<Social>, left: Left) -> Result<()> {
    let status = left.status;
    let rows = social.store.partition::<Statuses>(&status).await?;
    if !rows.iter().any(|row| row.sort == StatusSort::Deleted) {
        return Ok(());
    }
    let owner = Owner::Status(status);
    take_reblogs_back(social, status).await?;
    for list in [
        List::FavouritesByStatus,
        List::ReblogsByStatus,
        List::VotesByStatus,
    ] {
        for begin in chapters(&social.store, list, &owner).await? {
            let partition = (list, owner.clone(), begin);
            social.store.delete_partition::<Lists>(&partition).await?;
        }
    }
    remove_media(social, &left, &rows).await?;
    conversations::clear(social, status, &rows).await?;
    let rest = rows.iter().filter(|row| row.sort != StatusSort::Deleted);
    let rest: Vec<_> = rest.collect();
    for step in rest.chunks(STEP) {
        let mut batch = social.store.batch();
        for row in step {
            batch.note(row.revision);
            batch.delete::<Statuses>(&status, &row.sort);
        }
        batch.commit().await?;
    }
    Ok(())
}

/// What any version attached and the status still holds, as far as the deletion itself did not see
/// to it.
async fn remove_media(social: &Arc<Social>, left: &Left, rows: &[Row<Statuses>]) -> Result<()> {
    let contents = rows.iter().filter_map(|row| match &row.value {
        StatusRow::Created(created) => Some(&created.content),
        StatusRow::Edit(content) => Some(content),
        _ => None,
    });
    let all = contents.flat_map(|content| content.media.iter().map(|media| media.id));
    let all = all.filter(|id| !left.let_go.contains(id));
    for id in all.collect::<BTreeSet<_>>() {
        let mut batch = social.store.batch();
        let facts = MediaFacts::read(&mut batch, id).await?;
        if facts.is_some_and(|facts| facts.place == Place::Status(left.status)) {
            media::put_removal(social, &mut batch, id);
            batch.commit().await?;
        }
    }
    Ok(())
}

/// Nobody reblogs what is gone: each reblogger's own list and count let go of it.
async fn take_reblogs_back(social: &Arc<Social>, status: StatusId) -> Result<()> {
    let owner = Owner::Status(status);
    let mut page = PageRequest::first(STEP);
    loop {
        let rows = lists::read(&social.store, List::ReblogsByStatus, &owner, &page).await?;
        for row in &rows {
            let reblogger = Ctx::acting_for(social.clone(), AccountId(row.value.id));
            marks::take_back_reblog(&reblogger, status).await?;
        }
        match rows.last() {
            Some(last) if rows.len() == STEP => page.max_id = Some(last.sort),
            _ => return Ok(()),
        }
    }
}

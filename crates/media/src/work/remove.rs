use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use petrel_jobs::{Handler, Job, JobError};
use petrel_social::Ctx;
use petrel_social::context::Social;
use petrel_social::media::{self, REMOVE, Removal};

use super::folder_of;
use crate::depot::{Depot, Found};

/// Removes all that the depot has of a deleted file. The job was enqueued by the batch that
/// deletes it, so that it is deleted needs no proof, and what lies below its id is nobody's, even
/// if no row names it: an attempt to process it may have ended half-way.
pub struct RemoveMedia {
    pub social: Arc<Social>,
    pub depot: Depot,
}

#[async_trait]
impl Handler for RemoveMedia {
    fn kind(&self) -> &'static str {
        REMOVE
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let removal = Removal::of(job)?;
        let id = removal.media;
        let ctx = Ctx::system(self.social.clone());
        for key in media::removed(&ctx, id).await? {
            self.depot.delete(&key).await?;
        }
        let rest: Vec<Found> = self.depot.list(&folder_of(id)).try_collect().await?;
        for found in rest {
            self.depot.delete(&found.key).await?;
        }
        media::forget(&ctx, &removal).await.map_err(JobError::from)
    }
}

//! Taking in a file that lies in the depot: its rows, and the job that processes it, in one batch.

use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::id::MediaId;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::Result;
use crate::media::facts::MediaFacts;
use crate::media::table::{
    Focus, MediaCreated, MediaKind, MediaRow, MediaSort, MediaTable, Purpose,
};
use crate::media::update::description;
use crate::media::view::{self, MediaView};
use crate::media::{PROCESS, remove};

/// A file whose bytes are in the depot already.
#[derive(Clone, Debug)]
pub struct Upload {
    pub id: MediaId,
    pub purpose: Purpose,
    /// Its key in the depot.
    pub incoming: String,
    pub size_bytes: u64,
    /// What its first bytes look like, shown until it is processed.
    pub kind: MediaKind,
    pub description: Option<String>,
    pub focus: Option<Focus>,
}

/// Takes the caller's file in. It is processed by a job; nobody but its owner sees it until it is
/// attached to a status, and if it never is, it goes after a day.
///
/// # Errors
/// `Invalid` if the description is too long.
pub async fn create(ctx: &Ctx, upload: Upload) -> Result<MediaView> {
    let account = ctx.require_user(match upload.purpose {
        Purpose::Attachment | Purpose::Thumbnail => Scope::WriteMedia,
        Purpose::Avatar | Purpose::Header => Scope::WriteAccounts,
    })?;
    let id = upload.id;
    let mut batch = ctx.batch();
    let created = MediaCreated {
        account,
        purpose: upload.purpose,
        incoming: upload.incoming,
        size_bytes: upload.size_bytes,
        kind: upload.kind,
    };
    let row = MediaRow::Created(created);
    batch.put::<MediaTable>(&id, &MediaSort::Created, &row);
    if let Some(text) = upload.description {
        let row = MediaRow::Description(description(&text)?);
        batch.put::<MediaTable>(&id, &MediaSort::Description, &row);
    }
    if let Some(focus) = upload.focus {
        let row = MediaRow::Focus(focus);
        batch.put::<MediaTable>(&id, &MediaSort::Focus, &row);
    }
    let job = NewJob::of(Queue::Prompt, PROCESS, &id);
    enqueue(&mut batch, ctx.clock(), job);
    enqueue(
        &mut batch,
        ctx.clock(),
        remove::sweep_later(&ctx.social, id, None),
    );
    batch.commit().await?;
    let facts = MediaFacts::find(ctx.store(), id).await?;
    view::present(ctx, facts.as_deref()).await
}

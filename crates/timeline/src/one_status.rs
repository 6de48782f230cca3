//! One status, judged for one of its viewer's timelines, as streams ask it.

use petrel_model::event::{About, StatusEvent};
use petrel_model::gate::Surface;
use petrel_model::home as rules;
use petrel_model::id::{AccountId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::context::Ctx;
use petrel_social::error::{Error, Result};
use petrel_social::statuses::present;
use petrel_social::statuses::table::{StatusSort, Statuses};
use petrel_social::statuses::world::World;
use petrel_social::views::StatusView;
use petrel_store::Store;

use crate::home::{self, Descent, Judge, Timeline, Viewer};
use crate::read::{Reading, entry_of};
use crate::timelines::{JUDGED_MAX, Timelines};

/// What became of a status in one of the caller's timelines.
pub(crate) enum Found {
    View(Box<StatusView>),
    /// It is none of the caller's, or not to be shown.
    NotForViewer,
    /// It is known of but cannot be read yet.
    NotYet,
}

impl Timelines {
    /// The status, if it is in this timeline of the caller's.
    pub(crate) async fn find(
        &self,
        ctx: &Ctx,
        timeline: Timeline,
        status: &StatusEvent,
    ) -> Result<Found> {
        let Some(viewer) = ctx.viewer().filter(|viewer| is_for(*viewer, status)) else {
            return Ok(Found::NotForViewer);
        };
        let mut judged = 1;
        loop {
            let moment = self.moment(viewer);
            let found = match self.find_now(ctx, (viewer, timeline), status).await {
                // The list was deleted.
                Err(Error::NotFound) => Ok(Found::NotForViewer),
                found => found,
            };
            if judged >= JUDGED_MAX || self.moment(viewer) == moment {
                return found;
            }
            judged += 1;
        }
    }

    async fn find_now(
        &self,
        ctx: &Ctx,
        (viewer, timeline): (AccountId, Timeline),
        status: &StatusEvent,
    ) -> Result<Found> {
        let reading = self.reading(ctx);
        let viewer = self.viewer(ctx.store(), viewer, timeline).await?;
        let judge = judge(&reading, &viewer, status).await?;
        let entries = [entry_of(status)];
        if !rules::belongs(&entries[0], &judge) {
            return Ok(Found::NotForViewer);
        }
        if matches!(status.about, About::Reblog { .. }) {
            let mut below = Descent::new(&reading, viewer.clone(), Some(status.id));
            if rules::is_repeated(&entries[0], &below.neighbours().await?) {
                return Ok(Found::NotForViewer);
            }
        }
        let (world, ids) = home::passing(ctx, &reading, &judge, &entries).await?;
        if self.is_missing(ctx.store(), &world, status.id).await? {
            return Ok(Found::NotYet);
        }
        let view = present(ctx, &world, &ids, Surface::Timeline).await?.pop();
        Ok(view.map_or(Found::NotForViewer, |view| Found::View(Box::new(view))))
    }

    /// Whether the status, without its text, belongs to this timeline of the caller's.
    pub(crate) async fn belongs(
        &self,
        ctx: &Ctx,
        timeline: Timeline,
        status: &StatusEvent,
    ) -> Result<bool> {
        let Some(viewer) = ctx.viewer().filter(|viewer| is_for(*viewer, status)) else {
            return Ok(false);
        };
        let viewer = match self.viewer(ctx.store(), viewer, timeline).await {
            Err(Error::NotFound) => return Ok(false),
            viewer => viewer?,
        };
        let judge = judge(&self.reading(ctx), &viewer, status).await?;
        Ok(rules::belongs(&entry_of(status), &judge))
    }

    /// Whether the status is known of but cannot be read: the batch that tells of it is being
    /// written.
    pub(crate) async fn is_missing(
        &self,
        store: &Store,
        world: &World,
        status: StatusId,
    ) -> Result<bool> {
        if world.statuses.contains_key(&status) || self.log().is_deleted(status) {
            return Ok(false);
        }
        let rows = store.partition::<Statuses>(&status).await?;
        let mut sorts = rows.iter().map(|row| row.sort);
        Ok(!sorts.any(|sort| matches!(sort, StatusSort::Created | StatusSort::Deleted)))
    }
}

/// As a page is judged; but its hashtags are those that the event tells of, for it may not be there
/// yet, or no more.
async fn judge<'v>(
    reading: &Reading<'_>,
    viewer: &'v Viewer,
    status: &StatusEvent,
) -> Result<Judge<'v>> {
    let mut judge = reading.judge(viewer, &[entry_of(status)]).await?;
    if status.tags.iter().any(|tag| viewer.follows_tag(tag)) {
        judge.tagged.insert(status.id);
    }
    Ok(judge)
}

/// Direct statuses are for their author and for those they name.
fn is_for(viewer: AccountId, status: &StatusEvent) -> bool {
    let is_named = || status.account == viewer || status.mentions.contains(&viewer);
    status.visibility != Visibility::Direct || is_named()
}

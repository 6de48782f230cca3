//! Single statuses in a filter.

use petrel_model::gate::Surface;
use petrel_model::id::{Id, StatusId};
use petrel_model::limits::FILTER_STATUSES_MAX;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::filters::command::Command;
use crate::filters::table::{FilterRow, FilterSort};
use crate::statuses::world::World;
use crate::views::FilterStatusView;

/// # Errors
/// `Invalid` if the caller may not see the status, whether it is there or not.
pub async fn add_status(
    ctx: &Ctx,
    filter: Id,
    status: Option<StatusId>,
) -> Result<FilterStatusView> {
    let mut command = Command::begin(ctx).await?;
    let view = command.require(filter)?;
    let unknown = || Error::invalid("Status must exist");
    let status = status.ok_or_else(unknown)?;
    let world = World::load(ctx, &[status]).await?;
    command.batch.note(world.revision());
    if !world.may_see(status, Surface::ById) {
        return Err(unknown());
    }
    if view.bears(status) {
        return Err(Error::invalid("Status has already been taken"));
    }
    if command.facts.statuses_count() >= FILTER_STATUSES_MAX {
        return Err(Error::invalid(format!(
            "You cannot filter more than {FILTER_STATUSES_MAX} statuses"
        )));
    }
    let id = command.fresh_id();
    command.put(
        FilterSort::Status(id),
        &FilterRow::Status { filter, status },
    );
    let facts = command.finish().await?;
    facts.status(id).cloned().ok_or(Error::NotFound)
}

/// By the id of its being in the filter.
pub async fn remove_status(ctx: &Ctx, id: Id) -> Result<()> {
    let mut command = Command::begin(ctx).await?;
    command.facts.status(id).ok_or(Error::NotFound)?;
    command.delete(FilterSort::Status(id));
    command.finish().await?;
    Ok(())
}

//! Who may fetch a file: asked anew for every fetch.

use petrel_model::gate::{self, Surface};
use petrel_model::id::{AccountId, MediaId, StatusId};
use petrel_model::scope::Scope;

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::Accounts;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::media::facts::{MediaFacts, Place};
use crate::media::links::{Ticket, is_open};
use crate::media::picture;
use crate::media::table::{Purpose, Variant};
use crate::statuses::world::World;

/// A file that whoever asked may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub variant: Variant,
    /// Anybody at all may have it.
    pub is_open: bool,
}

/// The variant of a file, if the gate lets the caller have it, or the bearer of the ticket.
///
/// # Errors
/// `NotFound` if there is no such thing, and to whom the gate refuses it.
pub async fn fetch(ctx: &Ctx, id: MediaId, file: &str, ticket: Option<Ticket>) -> Result<Fetched> {
    let viewer = viewer(ctx, id, ticket).await?;
    match judge(ctx, id, file, viewer).await {
        // What another node did a moment ago may be the reason why they may have it. Ids that
        // somebody unknown made up keep nobody busy.
        Err(Error::NotFound)
            if ctx.store().peers().is_some()
                && (viewer.is_some() || MediaFacts::find(ctx.store(), id).await?.is_some()) =>
        {
            ctx.store().catch_up().await?;
            judge(ctx, id, file, viewer).await
        }
        known => known,
    }
}

async fn judge(ctx: &Ctx, id: MediaId, file: &str, viewer: Option<AccountId>) -> Result<Fetched> {
    let facts = MediaFacts::find(ctx.store(), id).await?;
    let facts = facts.ok_or(Error::NotFound)?;
    // Judged by a world that is no older than what is known of the file.
    ctx.fresh_for(std::iter::once(facts.revision)).await?;
    let variant = facts.variants().find(|variant| variant.file() == file);
    let variant = variant.ok_or(Error::NotFound)?.clone();
    let judged = match (facts.created.purpose, facts.place) {
        (Purpose::Attachment, Place::Status(status)) => of_status(ctx, viewer, status).await?,
        (Purpose::Attachment | Purpose::Thumbnail, _) => {
            of_owner(ctx, viewer, facts.created.account).await?
        }
        (Purpose::Avatar | Purpose::Header, _) => of_account(ctx, viewer, &facts).await?,
    };
    let is_open = judged.ok_or(Error::NotFound)?;
    Ok(Fetched { variant, is_open })
}

/// Through whose eyes it is judged. A ticket that is no good says nothing.
async fn viewer(ctx: &Ctx, id: MediaId, ticket: Option<Ticket>) -> Result<Option<AccountId>> {
    match ticket {
        Some(ticket) if ticket.is_good(ctx, id).await? => {
            // As with every request of theirs: what they did, and what was taken from them, is known.
            ctx.store().attend(Some(ticket.viewer)).await?;
            Ok(Some(ticket.viewer))
        }
        // A token that may not read a status does not read its files either.
        _ => Ok(ctx.require_user(Scope::ReadStatuses).ok()),
    }
}

/// None if it is refused; else whether it is open to everybody.
async fn of_status(ctx: &Ctx, viewer: Option<AccountId>, status: StatusId) -> Result<Option<bool>> {
    let eyes = Eyes::open(ctx.store(), viewer, ctx.clock().now_ms()).await?;
    let world = World::load_with(ctx.store(), eyes, &[status]).await?;
    if !world.may_see(status, Surface::ById) || is_suspended(ctx, viewer).await? {
        return Ok(None);
    }
    let facts = world.statuses.get(&status);
    Ok(facts.map(|facts| is_open(facts.created.visibility)))
}

/// What is attached to nothing yet is for its owner alone.
async fn of_owner(ctx: &Ctx, viewer: Option<AccountId>, owner: AccountId) -> Result<Option<bool>> {
    let is_own = viewer == Some(owner) && !is_suspended(ctx, viewer).await?;
    Ok(is_own.then_some(false))
}

/// An avatar or a header goes with the account that shows it.
async fn of_account(
    ctx: &Ctx,
    viewer: Option<AccountId>,
    facts: &MediaFacts,
) -> Result<Option<bool>> {
    let owner = facts.created.account;
    let eyes = Eyes::open(ctx.store(), viewer, ctx.clock().now_ms()).await?;
    let seen = eyes.accounts(ctx.store(), &[owner]).await?;
    let Some(seen) = seen.get(&owner) else {
        return Ok(None);
    };
    let may = gate::may_see_account(eyes.viewer(), &seen.gate, Surface::ById);
    Ok((may && picture::shows(&seen.facts, facts)).then_some(true))
}

/// A ticket outlives its viewer's tokens; that it is nobody's any more is asked here.
async fn is_suspended(ctx: &Ctx, viewer: Option<AccountId>) -> Result<bool> {
    let Some(viewer) = viewer else {
        return Ok(false);
    };
    let rows = ctx.store().partition::<Accounts>(&viewer).await?;
    let facts = AccountFacts::of(viewer, &rows);
    Ok(facts.is_none_or(|facts| facts.suspended || facts.deleted))
}

//! What the caller and others are to each other.

use petrel_model::event::RelationKind;
use petrel_model::gate::{Known, Tie, tie};
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;
use petrel_store::Row;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::page::require_few;
use crate::relations::table::Relations;
use crate::views::RelationshipView;

/// One for each account that exists, in order.
pub async fn relationships(ctx: &Ctx, ids: &[AccountId]) -> Result<Vec<RelationshipView>> {
    ctx.require_user(Scope::ReadFollows)?;
    of(ctx, ids).await
}

pub(super) async fn one(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    of(ctx, &[other]).await?.pop().ok_or(Error::NotFound)
}

async fn of(ctx: &Ctx, ids: &[AccountId]) -> Result<Vec<RelationshipView>> {
    require_few(ids)?;
    let eyes = Eyes::of(ctx).await?;
    let viewer = eyes.id().ok_or(Error::Unauthenticated)?;
    let seen = eyes.accounts(ctx.store(), ids).await?;
    let keys: Vec<_> = ids
        .iter()
        .flat_map(|id| {
            let key = move |kind| (*id, (viewer, kind));
            [key(RelationKind::Follow), key(RelationKind::FollowRequest)]
        })
        .collect();
    let theirs = ctx.store().get_many::<Relations>(&keys).await?;
    let mut views = Vec::with_capacity(ids.len());
    for (id, theirs) in ids.iter().zip(theirs.chunks(2)) {
        let Some(seen) = seen.get(id) else { continue };
        let tie = tie(eyes.viewer(), &seen.gate);
        // A block either way overrules a follow that is on all the same, and that a suspension
        // overrules the block in turn changes nothing about it.
        let relation = seen.gate.relation;
        let is_open = [relation.blocks, relation.blocked_by] == [Known::No; 2];
        views.push(view(&eyes, *id, tie, theirs, is_open));
    }
    Ok(views)
}

fn view(
    eyes: &Eyes,
    id: AccountId,
    tie: Tie,
    theirs: &[Option<Row<Relations>>],
    is_open: bool,
) -> RelationshipView {
    let (blocking, blocked_by) = match tie {
        Tie::Blocked {
            by_viewer,
            by_account,
        } => (by_viewer, by_account),
        _ => (false, false),
    };
    let theirs_on = |place: usize| {
        let row = theirs.get(place).and_then(Option::as_ref);
        is_open && row.is_some_and(|row| row.value.on)
    };
    let settings = eyes.follow_settings(id);
    let following = tie.follows();
    let wanted = following || tie.requested();
    let mute = eyes.on(id, RelationKind::Mute);
    let mute_settings = mute.and_then(|mute| mute.mute.clone());
    RelationshipView {
        id,
        following,
        showing_reblogs: wanted && settings.reblogs,
        notifying: wanted && settings.notify,
        languages: (wanted && !settings.languages.is_empty()).then_some(settings.languages),
        followed_by: theirs_on(0),
        blocking,
        blocked_by,
        muting: mute.is_some(),
        muting_notifications: mute.is_some()
            && mute_settings.as_ref().is_none_or(|mute| mute.notifications),
        muting_expires_at_ms: mute_settings.and_then(|mute| mute.expires_at_ms),
        requested: tie.requested(),
        requested_by: theirs_on(1),
        note: eyes
            .on(id, RelationKind::Note)
            .and_then(|relation| relation.note.clone())
            .unwrap_or_default(),
    }
}

use petrel_model::event::RelationKind;
use petrel_model::id::AccountId;
use petrel_model::limits::MUTES_MAX;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::relations::facts::{fresh, put_off, put_on, require_other, require_room};
use crate::relations::table::{MuteSettings, Relation};
use crate::relations::view::one;
use crate::views::RelationshipView;

/// Longest mute that ends by itself, in seconds: ten years.
pub const MUTE_DURATION_S_MAX: u64 = 10 * 365 * 24 * 3_600;

#[derive(Clone, Copy, Debug)]
pub struct MuteOptions {
    /// Also hides notifications.
    pub notifications: bool,
    /// Seconds; 0 is for ever.
    pub duration_s: u64,
}

pub async fn mute(ctx: &Ctx, other: AccountId, options: MuteOptions) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteMutes)?;
    if account == other {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    if options.duration_s > MUTE_DURATION_S_MAX {
        return Err(Error::invalid(format!(
            "Duration is longer than {MUTE_DURATION_S_MAX} seconds"
        )));
    }
    let _turn = ctx.turns().accounts(account, other).await;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    if eyes.on(other, RelationKind::Mute).is_none() {
        require_room(&eyes, RelationKind::Mute, MUTES_MAX, "mute")?;
    }
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    let expires_at_ms =
        (options.duration_s > 0).then(|| ctx.clock().now_ms() + options.duration_s * 1_000);
    let relation = Relation {
        mute: Some(MuteSettings {
            notifications: options.notifications,
            expires_at_ms,
        }),
        ..fresh(ctx.clock().next_id())
    };
    put_on(&mut batch, (account, other, RelationKind::Mute), relation).await?;
    batch.commit().await?;
    one(ctx, other).await
}

pub async fn unmute(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteMutes)?;
    let _turn = ctx.turns().accounts(account, other).await;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    put_off(&mut batch, (account, other, RelationKind::Mute)).await?;
    batch.commit().await?;
    one(ctx, other).await
}

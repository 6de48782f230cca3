use petrel_model::event::RelationKind;
use petrel_model::id::AccountId;
use petrel_model::limits::{RELATION_NOTE_CHARS_MAX, RELATION_NOTES_MAX};
use petrel_model::scope::Scope;
use petrel_model::text::count;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::relations::facts::{fresh, put_off, put_on, require_other, require_room};
use crate::relations::table::Relation;
use crate::relations::view::one;
use crate::views::RelationshipView;

/// A private note about another account; an empty one takes it away.
pub async fn set_note(ctx: &Ctx, other: AccountId, note: String) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    if count::chars(&note) > RELATION_NOTE_CHARS_MAX || note.len() > 4 * RELATION_NOTE_CHARS_MAX {
        return Err(Error::invalid(format!(
            "Comment is longer than {RELATION_NOTE_CHARS_MAX} characters"
        )));
    }
    let _turn = ctx.turns().accounts(account, other).await;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    let fact = (account, other, RelationKind::Note);
    if note.is_empty() {
        put_off(&mut batch, fact).await?;
    } else {
        if eyes.on(other, RelationKind::Note).is_none() {
            require_room(
                &eyes,
                RelationKind::Note,
                RELATION_NOTES_MAX,
                "keep notes about",
            )?;
        }
        let relation = Relation {
            note: Some(note),
            ..fresh(ctx.clock().next_id())
        };
        put_on(&mut batch, fact, relation).await?;
    }
    batch.commit().await?;
    one(ctx, other).await
}

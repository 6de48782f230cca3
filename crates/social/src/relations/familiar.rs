//! Who of those that the caller follows follows somebody else as well.

use std::sync::Arc;

use petrel_model::event::RelationKind;
use petrel_model::gate::Surface;
use petrel_model::id::AccountId;
use petrel_model::limits::{FAMILIAR_ACCOUNTS_MAX, PAGE_ROWS_MAX};
use petrel_model::scope::Scope;

use crate::accounts::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::{Eyes, is_on};
use crate::relations::lists::may_see_network;
use crate::relations::table::Relations;
use crate::views::AccountView;

/// For each of the accounts that the caller may know of: its followers among the newest
/// [`PAGE_ROWS_MAX`] that the caller follows, but those who keep to themselves whom they follow.
pub async fn familiar_followers(
    ctx: &Ctx,
    ids: &[AccountId],
) -> Result<Vec<(AccountId, Vec<Arc<AccountView>>)>> {
    ctx.require_user(Scope::ReadFollows)?;
    if ids.len() > FAMILIAR_ACCOUNTS_MAX {
        return Err(Error::invalid(format!(
            "More than {FAMILIAR_ACCOUNTS_MAX} ids at once"
        )));
    }
    // Whoever may see whom they follow may be shown those accounts.
    let own = ctx
        .viewer()
        .map(|viewer| Ctx::acting_for(ctx.social.clone(), viewer));
    let ctx = own.as_ref().unwrap_or(ctx);
    let eyes = Eyes::of(ctx).await?;
    let followed = followed(&eyes);
    let mut answers = Vec::with_capacity(ids.len());
    for id in ids {
        match may_see_network(ctx, *id).await {
            Ok(true) => answers.push((*id, familiar(ctx, &eyes, &followed, *id).await?)),
            Ok(false) => answers.push((*id, Vec::new())),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// Newest first.
fn followed(eyes: &Eyes) -> Vec<AccountId> {
    let follows = eyes
        .relations()
        .iter()
        .filter(|row| row.sort.1 == RelationKind::Follow && is_on(&row.value, eyes.now_ms()));
    let mut follows: Vec<_> = follows.map(|row| (row.value.id, row.sort.0)).collect();
    follows.sort_unstable_by(|a, b| b.cmp(a));
    follows.truncate(PAGE_ROWS_MAX);
    follows.into_iter().map(|(_, account)| account).collect()
}

async fn familiar(
    ctx: &Ctx,
    eyes: &Eyes,
    followed: &[AccountId],
    of: AccountId,
) -> Result<Vec<Arc<AccountView>>> {
    let keys: Vec<_> = followed
        .iter()
        .map(|account| (*account, (of, RelationKind::Follow)))
        .collect();
    let rows = ctx.store().get_many::<Relations>(&keys).await?;
    let both = followed.iter().zip(rows);
    let both: Vec<_> = both
        .filter(|(_, row)| row.as_ref().is_some_and(|row| row.value.on))
        .map(|(account, _)| *account)
        .collect();
    let mut shown = view::shown(ctx, eyes, &both, Surface::Timeline).await?;
    shown.retain(|view| view.profile.hide_collections != Some(true));
    Ok(shown)
}

//! Turning relations on and off, shared by all commands.

use petrel_model::event::{Event, RelationKind};
use petrel_model::gate::{self, Surface};
use petrel_model::id::{AccountId, Id};
use petrel_store::{Batch, Row};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::expiry;
use crate::eyes::{Eyes, Seen};
use crate::lists::{Entry, List, ListRow, Owner, chapter_for};
use crate::notifications::write::untell;
use crate::relations::table::{Relation, Relations};

/// The one function that lists a relation's list rows. The commands, the take-backs, repairs and
/// `petrel check` all call it.
pub fn index_rows(
    account: AccountId,
    other: AccountId,
    kind: RelationKind,
    relation: &Relation,
) -> Vec<ListRow> {
    let list = match kind {
        RelationKind::Follow => List::Followers,
        RelationKind::FollowRequest => List::FollowRequests,
        RelationKind::FollowSettings
            if relation.follow.as_ref().is_some_and(|follow| follow.notify) =>
        {
            List::Bells
        }
        _ => return Vec::new(),
    };
    vec![ListRow {
        list,
        owner: Owner::Account(other),
        chapter: relation.chapter,
        id: relation.id,
        entry: Entry::of(account),
    }]
}

/// The other account as the caller may know of it.
pub(super) async fn require_other(ctx: &Ctx, eyes: &Eyes, other: AccountId) -> Result<Seen> {
    let mut seen = eyes.accounts(ctx.store(), &[other]).await?;
    let seen = seen
        .remove(&other)
        .filter(|seen| gate::may_see_account(eyes.viewer(), &seen.gate, Surface::ById))
        .ok_or(Error::NotFound)?;
    // Rows of a sign-up that was never finished are nobody.
    if !seen.facts.exists(&ctx.social).await? {
        return Err(Error::NotFound);
    }
    Ok(seen)
}

/// Refuses what would exceed the cap of a kind, so that the partition stays bounded.
pub(super) fn require_room(eyes: &Eyes, kind: RelationKind, max: usize, what: &str) -> Result<()> {
    let on = |row: &&Row<Relations>| row.sort.1 == kind && row.value.on;
    if eyes.relations().iter().filter(on).count() >= max {
        return Err(Error::invalid(format!(
            "You cannot {what} more than {max} accounts"
        )));
    }
    Ok(())
}

/// The batch is the latest of whoever is given a right, or is taken one, by a relation that they
/// have or that somebody has to them.
fn note_rights(
    batch: &mut Batch<'_>,
    (account, other, kind): (AccountId, AccountId, RelationKind),
) {
    batch.latest(account);
    match kind {
        RelationKind::Follow | RelationKind::FollowRequest | RelationKind::Block => {
            batch.latest(other);
        }
        // Of these the other knows nothing.
        RelationKind::FollowSettings | RelationKind::Mute | RelationKind::Note => {}
    }
}

/// Writes `on` with its list rows and the event.
pub(super) async fn put_on(
    batch: &mut Batch<'_>,
    (account, other, kind): (AccountId, AccountId, RelationKind),
    mut relation: Relation,
) -> Result<()> {
    let list = match kind {
        RelationKind::FollowRequest => List::FollowRequests,
        RelationKind::FollowSettings => List::Bells,
        _ => List::Followers,
    };
    relation.on = true;
    note_rights(batch, (account, other, kind));
    let owner = Owner::Account(other);
    relation.chapter = chapter_for(batch, list, &owner, relation.id).await?;
    batch.put::<Relations>(&account, &(other, kind), &relation);
    for row in index_rows(account, other, kind, &relation) {
        row.put(batch);
    }
    batch.emit(Event::Related {
        account,
        other,
        kind,
        on: true,
        unseen: None,
    });
    Ok(())
}

/// Writes `off` whatever was read, and takes away the list rows and the notification of what was on.
pub(super) async fn put_off(
    batch: &mut Batch<'_>,
    (account, other, kind): (AccountId, AccountId, RelationKind),
) -> Result<()> {
    let known = batch.get::<Relations>(&account, &(other, kind)).await?;
    put_known_off(batch, (account, other, kind), known.map(|row| row.value));
    Ok(())
}

/// As [`put_off`], of what was read before; its revision must have been noted.
pub(super) fn put_known_off(
    batch: &mut Batch<'_>,
    (account, other, kind): (AccountId, AccountId, RelationKind),
    known: Option<Relation>,
) {
    note_rights(batch, (account, other, kind));
    let off = Relation::default();
    let expires_at_s = expiry::of_off(batch.store());
    batch.put_until::<Relations>(&account, &(other, kind), &off, expires_at_s);
    let known = known.filter(|relation| relation.on);
    // Of the other kinds nobody keeps a count.
    if known.is_some() || kind == RelationKind::Follow {
        batch.emit(Event::Related {
            account,
            other,
            kind,
            on: false,
            unseen: known.is_none().then_some(true),
        });
    }
    let Some(relation) = known else {
        return;
    };
    for row in index_rows(account, other, kind, &relation) {
        row.delete(batch);
    }
    untell(batch, other, relation.notification_chapter, relation.id);
}

/// Switches off the follow, its settings and the request of `account` to `other`.
pub(super) async fn put_follow_off(
    batch: &mut Batch<'_>,
    account: AccountId,
    other: AccountId,
) -> Result<()> {
    put_off(batch, (account, other, RelationKind::Follow)).await?;
    put_off(batch, (account, other, RelationKind::FollowRequest)).await?;
    put_off(batch, (account, other, RelationKind::FollowSettings)).await
}

/// A relation that is about to be turned on.
pub(super) fn fresh(id: Id) -> Relation {
    Relation {
        id,
        ..Relation::default()
    }
}

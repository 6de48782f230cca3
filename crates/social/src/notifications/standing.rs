//! A notification of a favourite, reblog, follow or request counts only while its fact is on and
//! bears its id, as a list row does: two at once, or a take-back, leave no second telling.

use petrel_model::event::{MarkKind, RelationKind};
use petrel_model::id::{AccountId, StatusId};
use petrel_store::{Row, Store};

use crate::error::Result;
use crate::marks::table::{Marks, partition};
use crate::notifications::table::{NotificationKind, Notifications};
use crate::relations::table::Relations;

type Relation = (AccountId, (AccountId, RelationKind));
type Mark = ((AccountId, u32), (StatusId, MarkKind));

/// For each notification of `account`, whether what it tells of still stands.
pub async fn standing(
    store: &Store,
    account: AccountId,
    rows: &[&Row<Notifications>],
) -> Result<Vec<bool>> {
    let mut stands = vec![true; rows.len()];
    let (mut marks, mut marked_at) = (Vec::new(), Vec::new());
    let (mut relations, mut related_at) = (Vec::new(), Vec::new());
    for (at, row) in rows.iter().enumerate() {
        if let Some(key) = mark_of(row) {
            marks.push(key);
            marked_at.push(at);
        }
        if let Some(key) = relation_of(account, row) {
            relations.push(key);
            related_at.push(at);
        }
    }
    let found = store.get_many::<Marks>(&marks).await?;
    for (at, mark) in marked_at.into_iter().zip(found) {
        let id = rows[at].sort.0;
        stands[at] = mark.is_some_and(|mark| mark.value.on && mark.value.id == id);
    }
    let found = store.get_many::<Relations>(&relations).await?;
    for (at, relation) in related_at.into_iter().zip(found) {
        let id = rows[at].sort.0;
        stands[at] = relation.is_some_and(|row| row.value.on && row.value.id == id);
    }
    Ok(stands)
}

fn mark_of(row: &Row<Notifications>) -> Option<Mark> {
    let kind = match row.value.kind {
        NotificationKind::Favourite => MarkKind::Favourite,
        NotificationKind::Reblog => MarkKind::Reblog,
        _ => return None,
    };
    let status = row.value.status?;
    Some((partition(row.value.from, status), (status, kind)))
}

fn relation_of(account: AccountId, row: &Row<Notifications>) -> Option<Relation> {
    let kind = match row.value.kind {
        NotificationKind::Follow => RelationKind::Follow,
        NotificationKind::FollowRequest => RelationKind::FollowRequest,
        _ => return None,
    };
    Some((row.value.from, (account, kind)))
}

//! Counting a list by reading it.

use petrel_model::clock::Stamp;
use petrel_model::event::RelationKind;
use petrel_model::id::{AccountId, Id};
use petrel_model::visibility::Visibility;
use petrel_store::Store;

use crate::error::Result;
use crate::lists::{List, Lists, Owner, chapters};
use crate::relations::table::Relations;

/// Rows up to which a count is exact on every node.
pub const EXACT_ROWS_MAX: usize = 1_000;
/// Rows of a long list read at a time.
const STEP_ROWS: usize = 5_000;

/// Who stands in the list since when, up to [`EXACT_ROWS_MAX`] of them, and how many more there are.
pub type Counted = (Vec<(Id, Stamp)>, u64);

/// Those whom the account follows. Their number is capped.
pub async fn following(store: &Store, account: AccountId) -> Result<Counted> {
    let rows = store.partition::<Relations>(&account).await?;
    let on = rows
        .iter()
        .filter(|row| row.sort.1 == RelationKind::Follow && row.value.on)
        .map(|row| (row.sort.0.into(), row.revision));
    Ok((on.collect(), 0))
}

pub async fn list(store: &Store, list: List, owner: &Owner) -> Result<Counted> {
    let mut known = Vec::new();
    let mut rest = 0;
    for begin in chapters(store, list, owner).await?.into_iter().rev() {
        let partition = (list, owner.clone(), begin);
        let mut before: Option<Id> = None;
        loop {
            let mut scan = store
                .scan::<Lists>(&partition)
                .descending()
                .limit(STEP_ROWS);
            if let Some(before) = before {
                scan = scan.before(&before);
            }
            let rows = scan.await?;
            let full = rows.len() == STEP_ROWS;
            before = rows.last().map(|row| row.sort);
            for row in rows {
                if !is_counted(list, row.value.visibility) {
                    continue;
                }
                if known.len() < EXACT_ROWS_MAX {
                    let who = match list {
                        List::StatusesByAccount => row.sort,
                        _ => row.value.id,
                    };
                    known.push((who, row.revision));
                } else {
                    rest += 1;
                }
            }
            if !full {
                break;
            }
        }
    }
    Ok((known, rest))
}

/// Only open replies are counted, and no direct statuses: a figure must not tell of what its
/// reader may not see.
fn is_counted(list: List, visibility: Option<Visibility>) -> bool {
    match list {
        List::RepliesByStatus => visibility.is_some_and(Visibility::is_open),
        List::StatusesByAccount => visibility != Some(Visibility::Direct),
        _ => true,
    }
}

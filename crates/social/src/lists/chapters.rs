//! Where the chapters of a list begin: plain rows in the partition of whoever owns the list.

use petrel_model::id::Id;
use petrel_store::{Batch, Store};

use super::{List, Owner};
use crate::accounts::table::{AccountRow, AccountSort, Accounts};
use crate::error::Result;
use crate::statuses::table::{StatusRow, StatusSort, Statuses};
use crate::tags::{TagRow, TagSort, Tags};

/// Where the chapters of a list begin, oldest first; always begins with [`Id::MIN`].
pub async fn chapters(store: &Store, list: List, owner: &Owner) -> Result<Vec<Id>> {
    let mut begins = vec![Id::MIN];
    match owner {
        Owner::Account(account) => {
            let rows = store.partition::<Accounts>(account).await?;
            begins.extend(rows.iter().filter_map(|row| match row.sort {
                AccountSort::Chapter(of, begin) if of == list => Some(begin),
                _ => None,
            }));
        }
        Owner::Status(status) => {
            let rows = store.partition::<Statuses>(status).await?;
            begins.extend(rows.iter().filter_map(|row| match row.sort {
                StatusSort::Chapter(of, begin) if of == list => Some(begin),
                _ => None,
            }));
        }
        Owner::Tag(tag) => {
            let rows = store.partition::<Tags>(tag).await?;
            begins.extend(rows.iter().filter_map(|row| match row.sort {
                TagSort::Chapter(begin) => Some(begin),
                TagSort::Created => None,
            }));
        }
    }
    begins.sort_unstable();
    Ok(begins)
}

/// The chapter that a new row with this id belongs to.
pub async fn chapter_for(store: &Store, list: List, owner: &Owner, id: Id) -> Result<Id> {
    let begins = chapters(store, list, owner).await?;
    Ok(begins
        .into_iter()
        .rfind(|begin| *begin <= id)
        .unwrap_or(Id::MIN))
}

/// Adds a beginning in the partition of the list's owner.
pub fn put_chapter(batch: &mut Batch<'_>, list: List, owner: &Owner, begin: Id) {
    match owner {
        Owner::Account(account) => batch.put::<Accounts>(
            account,
            &AccountSort::Chapter(list, begin),
            &AccountRow::Chapter,
        ),
        Owner::Status(status) => batch.put::<Statuses>(
            status,
            &StatusSort::Chapter(list, begin),
            &StatusRow::Chapter,
        ),
        Owner::Tag(tag) => {
            batch.put::<Tags>(tag, &TagSort::Chapter(begin), &TagRow::Chapter);
        }
    }
}

//! Where the chapters of a list begin: plain rows in the partition of whoever owns the list.

use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Batch, Row, Store};

use super::{List, Owner};
use crate::accounts::table::{AccountRow, AccountSort, Accounts};
use crate::error::Result;
use crate::statuses::table::{StatusRow, StatusSort, Statuses};
use crate::tags::{TagRow, TagSort, Tags};

/// Where the chapters of a list begin, oldest first; always begins with [`Id::MIN`].
pub async fn chapters(store: &Store, list: List, owner: &Owner) -> Result<Vec<Id>> {
    Ok(match owner {
        Owner::Account(account) => of_account(&store.partition(account).await?, list),
        Owner::Status(status) => of_status(&store.partition(status).await?, list),
        Owner::Tag(tag) => of_tag(&store.partition(tag).await?),
    })
}

/// As [`chapters`], for a command.
pub(super) async fn begins(batch: &mut Batch<'_>, list: List, owner: &Owner) -> Result<Vec<Id>> {
    Ok(match owner {
        Owner::Account(account) => of_account(&batch.partition(account).await?, list),
        Owner::Status(status) => of_status(&batch.partition(status).await?, list),
        Owner::Tag(tag) => of_tag(&batch.partition(tag).await?),
    })
}

/// As [`chapters`], of several lists of accounts and statuses, in order.
pub async fn chapters_of_each(store: &Store, lists: &[(List, Owner)]) -> Result<Vec<Vec<Id>>> {
    let (mut accounts, mut statuses) = (Vec::<AccountId>::new(), Vec::<StatusId>::new());
    for (_, owner) in lists {
        match owner {
            Owner::Account(account) => accounts.push(*account),
            Owner::Status(status) => statuses.push(*status),
            Owner::Tag(_) => {}
        }
    }
    accounts.dedup();
    statuses.dedup();
    let (of_accounts, of_statuses) = tokio::try_join!(
        store.partitions::<Accounts>(&accounts),
        store.partitions::<Statuses>(&statuses)
    )?;
    let mut found = Vec::with_capacity(lists.len());
    for (list, owner) in lists {
        let place = match owner {
            Owner::Account(account) => accounts.iter().position(|known| known == account),
            Owner::Status(status) => statuses.iter().position(|known| known == status),
            Owner::Tag(_) => None,
        };
        found.push(match (owner, place) {
            (Owner::Account(_), Some(place)) => of_account(&of_accounts[place], *list),
            (Owner::Status(_), Some(place)) => of_status(&of_statuses[place], *list),
            _ => chapters(store, *list, owner).await?,
        });
    }
    Ok(found)
}

fn of_account(rows: &[Row<Accounts>], list: List) -> Vec<Id> {
    from_first(rows.iter().filter_map(|row| match row.sort {
        AccountSort::Chapter(of, begin) if of == list => Some(begin),
        _ => None,
    }))
}

fn of_status(rows: &[Row<Statuses>], list: List) -> Vec<Id> {
    from_first(rows.iter().filter_map(|row| match row.sort {
        StatusSort::Chapter(of, begin) if of == list => Some(begin),
        _ => None,
    }))
}

fn of_tag(rows: &[Row<Tags>]) -> Vec<Id> {
    from_first(rows.iter().filter_map(|row| match row.sort {
        TagSort::Chapter(begin) => Some(begin),
        TagSort::Created => None,
    }))
}

fn from_first(begun: impl Iterator<Item = Id>) -> Vec<Id> {
    let mut begins: Vec<Id> = std::iter::once(Id::MIN).chain(begun).collect();
    begins.sort_unstable();
    begins
}

/// The chapter that a new row with this id belongs to.
pub async fn chapter_for(batch: &mut Batch<'_>, list: List, owner: &Owner, id: Id) -> Result<Id> {
    let begins = begins(batch, list, owner).await?;
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

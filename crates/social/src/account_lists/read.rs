use std::sync::Arc;

use petrel_model::gate::Surface;
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{AccountId, Id};
use petrel_model::scope::Scope;
use petrel_store::{Partition, Row, Store};

use super::members::Counting;
use super::table::{
    AccountListMembers, AccountListRow, AccountListSort, AccountLists, ListSettings,
};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;

/// A list of accounts as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountListView {
    pub id: Id,
    pub title: String,
    pub replies_policy: RepliesPolicy,
    pub exclusive: bool,
}

impl AccountListView {
    pub(super) fn new(id: Id, settings: ListSettings) -> AccountListView {
        AccountListView {
            id,
            title: settings.title,
            replies_policy: settings.replies_policy,
            exclusive: settings.exclusive,
        }
    }

    /// All lists that these rows of one account say there are, oldest first. Sorted by list, and
    /// whether there is one comes before how it is shown.
    pub fn all_of(rows: &[Row<AccountLists>]) -> Vec<AccountListView> {
        let mut lists: Vec<AccountListView> = Vec::new();
        for row in rows {
            let (id, _) = row.sort;
            match &row.value {
                AccountListRow::Existence { on: true } => {
                    lists.push(AccountListView::new(id, ListSettings::default()));
                }
                AccountListRow::Settings(settings) => {
                    if let Some(list) = lists.last_mut().filter(|list| list.id == id) {
                        *list = AccountListView::new(id, settings.clone());
                    }
                }
                AccountListRow::Existence { on: false } => {}
            }
        }
        lists
    }

    /// The one of this id.
    pub fn one_of(rows: &[Row<AccountLists>], id: Id) -> Option<AccountListView> {
        let of_list: Vec<_> = rows
            .iter()
            .filter(|row| row.sort.0 == id)
            .cloned()
            .collect();
        AccountListView::all_of(&of_list).pop()
    }
}

/// The caller's lists, oldest first.
pub async fn all(ctx: &Ctx) -> Result<Vec<AccountListView>> {
    let owner = ctx.require_user(Scope::ReadLists)?;
    Ok(AccountListView::all_of(&rows(ctx.store(), owner).await?))
}

pub async fn get(ctx: &Ctx, id: Id) -> Result<AccountListView> {
    let owner = ctx.require_user(Scope::ReadLists)?;
    require(ctx.store(), owner, id).await
}

/// The caller's lists that the account is on.
pub async fn of_account(ctx: &Ctx, account: AccountId) -> Result<Vec<AccountListView>> {
    let owner = ctx.require_user(Scope::ReadLists)?;
    let eyes = Eyes::of(ctx).await?;
    let known = crate::accounts::view::shown(ctx, &eyes, &[account], Surface::ById).await?;
    if known.is_empty() {
        return Err(Error::NotFound);
    }
    let mut lists = AccountListView::all_of(&rows(ctx.store(), owner).await?);
    let keys: Vec<_> = lists
        .iter()
        .map(|list| ((owner, list.id), account))
        .collect();
    let members = ctx.store().get_many::<AccountListMembers>(&keys).await?;
    ctx.fresh_for(members.iter().flatten().map(|row| row.revision))
        .await?;
    let counting = Counting::of(&eyes);
    let mut is_on = members
        .iter()
        .map(|row| row.as_ref().is_some_and(|row| counting.counts(row)));
    lists.retain(|_| is_on.next() == Some(true));
    Ok(lists)
}

pub(super) async fn rows(store: &Store, owner: AccountId) -> Result<Arc<Partition<AccountLists>>> {
    Ok(store.partition::<AccountLists>(&owner).await?)
}

pub(super) async fn require(store: &Store, owner: AccountId, id: Id) -> Result<AccountListView> {
    let rows = rows(store, owner).await?;
    AccountListView::one_of(&rows, id).ok_or(Error::NotFound)
}

/// The settings' sort key.
pub(super) fn settings_of(id: Id) -> (Id, AccountListSort) {
    (id, AccountListSort::Settings)
}

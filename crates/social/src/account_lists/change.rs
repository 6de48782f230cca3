//! Making, changing and deleting lists.

use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::event::Event;
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{ACCOUNT_LIST_TITLE_CHARS_MAX, ACCOUNT_LISTS_MAX};
use petrel_model::scope::Scope;

use super::clean_up::{self, Deleted};
use super::read::{AccountListView, require, settings_of};
use super::table::{AccountListRow, AccountListSort, AccountLists, ListSettings};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::expiry;

#[derive(Clone, Debug, Default)]
pub struct NewList {
    pub title: String,
    pub replies_policy: RepliesPolicy,
    pub exclusive: bool,
}

/// What is not said stays.
#[derive(Clone, Debug, Default)]
pub struct ListUpdate {
    pub title: Option<String>,
    pub replies_policy: Option<RepliesPolicy>,
    pub exclusive: Option<bool>,
}

pub async fn create(ctx: &Ctx, new: NewList) -> Result<AccountListView> {
    let owner = ctx.require_user(Scope::WriteLists)?;
    let settings = checked(new.title, new.replies_policy, new.exclusive)?;
    let _turn = turn(ctx, owner).await;
    let mut batch = ctx.batch();
    let known = batch.partition::<AccountLists>(&owner).await?;
    if AccountListView::all_of(&known).len() >= ACCOUNT_LISTS_MAX {
        return Err(Error::invalid(
            "You have reached the maximum number of lists",
        ));
    }
    let list = ctx.clock().next_id();
    let exists = AccountListRow::Existence { on: true };
    batch.put::<AccountLists>(&owner, &(list, AccountListSort::Existence), &exists);
    let row = AccountListRow::Settings(settings.clone());
    batch.put::<AccountLists>(&owner, &settings_of(list), &row);
    batch.emit(changed(owner, list));
    batch.commit().await?;
    Ok(AccountListView::new(list, settings))
}

pub async fn update(ctx: &Ctx, id: Id, update: ListUpdate) -> Result<AccountListView> {
    let owner = ctx.require_user(Scope::WriteLists)?;
    let _turn = turn(ctx, owner).await;
    let mut batch = ctx.batch();
    let known = batch.partition::<AccountLists>(&owner).await?;
    let before = AccountListView::one_of(&known, id).ok_or(Error::NotFound)?;
    let settings = checked(
        update.title.unwrap_or_else(|| before.title.clone()),
        update.replies_policy.unwrap_or(before.replies_policy),
        update.exclusive.unwrap_or(before.exclusive),
    )?;
    let after = AccountListView::new(id, settings.clone());
    if after == before {
        return Ok(after);
    }
    let row = AccountListRow::Settings(settings);
    batch.put::<AccountLists>(&owner, &settings_of(id), &row);
    batch.emit(changed(owner, id));
    batch.commit().await?;
    Ok(after)
}

/// Who was on it is removed by a job, and once more when nothing can be added to it any longer.
pub async fn delete(ctx: &Ctx, id: Id) -> Result<()> {
    let owner = ctx.require_user(Scope::WriteLists)?;
    let _turn = turn(ctx, owner).await;
    require(ctx.store(), owner, id).await?;
    let mut batch = ctx.batch();
    batch.partition::<AccountLists>(&owner).await?;
    let gone = AccountListRow::Existence { on: false };
    let expires_at_s = expiry::of_off(ctx.store());
    let existence = (id, AccountListSort::Existence);
    batch.put_until::<AccountLists>(&owner, &existence, &gone, expires_at_s);
    batch.delete::<AccountLists>(&owner, &settings_of(id));
    let job = NewJob::of(
        Queue::Background,
        clean_up::KIND,
        &Deleted { owner, list: id },
    );
    enqueue(&mut batch, ctx.clock(), job.clone());
    let again_ms = clean_up::again_ms(&ctx.social);
    enqueue(&mut batch, ctx.clock(), job.due_at_ms(again_ms));
    batch.emit(changed(owner, id));
    batch.commit().await?;
    Ok(())
}

pub(super) fn changed(account: AccountId, list: Id) -> Event {
    Event::AccountListChanged { account, list }
}

/// Commands about the lists of one account take turns.
pub(super) async fn turn(ctx: &Ctx, owner: AccountId) -> crate::turns::Turn<'_> {
    ctx.turns().key(owner, "account lists").await
}

fn checked(title: String, policy: RepliesPolicy, exclusive: bool) -> Result<ListSettings> {
    if title.trim().is_empty() {
        return Err(Error::invalid("Title can't be blank"));
    }
    if title.chars().count() > ACCOUNT_LIST_TITLE_CHARS_MAX {
        return Err(Error::invalid(format!(
            "Title is too long (maximum is {ACCOUNT_LIST_TITLE_CHARS_MAX} characters)"
        )));
    }
    Ok(ListSettings {
        title,
        replies_policy: policy,
        exclusive,
    })
}

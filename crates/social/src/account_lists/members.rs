//! Who is on a list.

use std::sync::Arc;

use petrel_model::event::RelationKind;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{ACCOUNT_LIST_CHANGES_MAX, ACCOUNT_LIST_MEMBERS_MAX};
use petrel_model::scope::Scope;
use petrel_store::{Batch, Row};

use super::change::{changed, turn};
use super::read::{AccountListView, require};
use super::table::{AccountListMembers, AccountLists, Member};
use crate::accounts::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::expiry;
use crate::eyes::Eyes;
use crate::page::{Page, PageRequest};
use crate::views::AccountView;

/// Rows of a list, those of whoever was taken off it lately among them.
const ROWS_MAX: usize = 2 * ACCOUNT_LIST_MEMBERS_MAX;

/// Which members are asked for. They stand in the order of their ids, newest account first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberPage {
    All,
    Some(PageRequest),
}

/// Says which members of the viewer's lists count: those upon whose follow they stand still, and
/// the viewer.
pub struct Counting<'a> {
    eyes: &'a Eyes,
}

impl Counting<'_> {
    pub fn of(eyes: &Eyes) -> Counting<'_> {
        Counting { eyes }
    }

    /// A member in effect, one who was asked and has not answered yet among them.
    pub fn counts(&self, row: &Row<AccountListMembers>) -> bool {
        row.value.on && self.stands(row.sort, row.value.follow)
    }

    /// A member whose statuses the list shows.
    pub fn is_read(&self, row: &Row<AccountListMembers>) -> bool {
        let is_viewer = self.eyes.id() == Some(row.sort);
        let follows = || self.eyes.on(row.sort, RelationKind::Follow).is_some();
        self.counts(row) && (is_viewer || follows())
    }

    fn stands(&self, member: AccountId, follow: Id) -> bool {
        self.eyes.id() == Some(member) || self.ties(member).any(|tie| tie == follow)
    }

    /// What a membership may stand upon now: a follow, the request that it came of, or a request.
    fn ties(&self, other: AccountId) -> impl Iterator<Item = Id> {
        let follow = self.eyes.on(other, RelationKind::Follow);
        let request = self.eyes.on(other, RelationKind::FollowRequest);
        let asked = follow.and_then(|follow| follow.asked);
        let ids = [follow.map(|on| on.id), asked, request.map(|on| on.id)];
        ids.into_iter().flatten()
    }
}

/// The accounts on one of the caller's lists.
pub async fn accounts(ctx: &Ctx, list: Id, page: MemberPage) -> Result<Page<Arc<AccountView>>> {
    let owner = ctx.require_user(Scope::ReadLists)?;
    require(ctx.store(), owner, list).await?;
    let rows = ctx
        .store()
        .partition::<AccountListMembers>(&(owner, list))
        .await?;
    ctx.fresh_for(rows.iter().map(|row| row.revision)).await?;
    let eyes = Eyes::of(ctx).await?;
    let counting = Counting::of(&eyes);
    let counted = rows.iter().rev().filter(|row| counting.counts(row));
    let members: Vec<AccountId> = counted.map(|row| row.sort).collect();
    let (members, limit) = match page {
        MemberPage::All => (members, usize::MAX),
        MemberPage::Some(page) => {
            let chosen = page.cursor().select(members, |id| id.0, page.limit);
            (chosen, page.limit)
        }
    };
    let ids: Vec<Id> = members.iter().map(|id| id.0).collect();
    let shown = view::shown(ctx, &eyes, &members, Surface::Kept).await?;
    Ok(match page {
        MemberPage::All => Page {
            items: shown,
            ..Page::empty()
        },
        MemberPage::Some(_) => Page::of(shown, &ids, limit),
    })
}

/// Puts accounts on the list that the caller follows, or has asked to, or the caller. All or none.
pub async fn add(ctx: &Ctx, list: Id, accounts: &[AccountId]) -> Result<()> {
    let owner = ctx.require_user(Scope::WriteLists)?;
    let accounts = distinct(accounts)?;
    let _turn = turn(ctx, owner).await;
    let mut batch = ctx.batch();
    let lists = batch.partition::<AccountLists>(&owner).await?;
    AccountListView::one_of(&lists, list).ok_or(Error::NotFound)?;
    let members = batch
        .partition::<AccountListMembers>(&(owner, list))
        .await?;
    let eyes = Eyes::of(ctx).await?;
    batch.note(eyes.revision);
    require_there(ctx, &eyes, &accounts).await?;
    let counting = Counting::of(&eyes);
    let (standing, stale): (Vec<_>, Vec<_>) = members
        .iter()
        .filter(|row| row.value.on)
        .partition(|row| counting.counts(row));
    if standing.iter().any(|row| accounts.contains(&row.sort)) {
        return Err(Error::invalid("Account has already been taken"));
    }
    // Those who count no longer make room for others.
    let spare = ACCOUNT_LIST_CHANGES_MAX - accounts.len();
    let stale = stale.iter().map(|row| row.sort);
    let stale: Vec<_> = stale.filter(|id| !accounts.contains(id)).collect();
    require_room(&members, &accounts)?;
    let kept = members.iter().filter(|row| row.value.on).count() - stale.len().min(spare);
    if kept + accounts.len() > ACCOUNT_LIST_MEMBERS_MAX {
        return Err(Error::invalid(format!(
            "A list holds at most {ACCOUNT_LIST_MEMBERS_MAX} accounts"
        )));
    }
    for account in &accounts {
        let follow = match *account == owner {
            true => Id::MIN,
            false => counting.ties(*account).next().ok_or(Error::NotFound)?,
        };
        let member = Member { on: true, follow };
        batch.put::<AccountListMembers>(&(owner, list), account, &member);
    }
    let expires_at_s = expiry::of_off(ctx.store());
    for account in stale.iter().take(spare) {
        let off = Member::default();
        batch.put_until::<AccountListMembers>(&(owner, list), account, &off, expires_at_s);
    }
    commit(batch, owner, list, &accounts).await
}

/// Takes accounts off the list; those who are not on it stay off.
pub async fn remove(ctx: &Ctx, list: Id, accounts: &[AccountId]) -> Result<()> {
    let owner = ctx.require_user(Scope::WriteLists)?;
    let accounts = distinct(accounts)?;
    let _turn = turn(ctx, owner).await;
    let mut batch = ctx.batch();
    let lists = batch.partition::<AccountLists>(&owner).await?;
    AccountListView::one_of(&lists, list).ok_or(Error::NotFound)?;
    let members = batch
        .partition::<AccountListMembers>(&(owner, list))
        .await?;
    let expires_at_s = expiry::of_off(ctx.store());
    // Off is written for whoever may have been put on it, known here or not; but not for numbers
    // that are nobody's.
    let there = Eyes::of(ctx)
        .await?
        .accounts(ctx.store(), &accounts)
        .await?;
    let is_known = |account: &AccountId| members.iter().any(|row| row.sort == *account);
    let accounts: Vec<AccountId> = accounts
        .into_iter()
        .filter(|account| there.contains_key(account) || is_known(account))
        .collect();
    require_room(&members, &accounts)?;
    for account in &accounts {
        let off = Member::default();
        batch.put_until::<AccountListMembers>(&(owner, list), account, &off, expires_at_s);
    }
    commit(batch, owner, list, &accounts).await
}

/// What was switched off is remembered for a while, so changes in a row are bounded too.
fn require_room(members: &[Row<AccountListMembers>], accounts: &[AccountId]) -> Result<()> {
    let is_new = |account: &&AccountId| members.iter().all(|row| row.sort != **account);
    match members.len() + accounts.iter().filter(is_new).count() <= ROWS_MAX {
        true => Ok(()),
        false => Err(Error::TooMany),
    }
}

async fn commit(
    mut batch: Batch<'_>,
    owner: AccountId,
    list: Id,
    accounts: &[AccountId],
) -> Result<()> {
    if !accounts.is_empty() {
        batch.emit(changed(owner, list));
        batch.commit().await?;
    }
    Ok(())
}

fn distinct(accounts: &[AccountId]) -> Result<Vec<AccountId>> {
    let mut accounts = accounts.to_vec();
    accounts.sort_unstable();
    accounts.dedup();
    if accounts.len() > ACCOUNT_LIST_CHANGES_MAX {
        return Err(Error::invalid(format!(
            "More than {ACCOUNT_LIST_CHANGES_MAX} accounts at once"
        )));
    }
    Ok(accounts)
}

/// All of the accounts are there for the caller.
async fn require_there(ctx: &Ctx, eyes: &Eyes, accounts: &[AccountId]) -> Result<()> {
    let shown = view::shown(ctx, eyes, accounts, Surface::ById).await?;
    match shown.len() == accounts.len() {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}
